// Train against the recorded server: the plan's memory, two runs against each other, the way there from the first visit. What takes a real
// training is in train_test.mjs.
import assert from 'node:assert/strict';
import test from 'node:test';
import { open_first_visit, open_generate, open_page, real_url, use_browser } from './browser.mjs';

const world = use_browser({ step_ms: 5 });
const skip = real_url !== undefined;

test('the plan says what a step takes besides, and warns where it is more than there is', { skip }, async () => {
  const page = await open_page(world, '/train/silver_gelatin-04/plan');
  const plan = page.getByRole('region', { name: 'Plan of the run' });
  await plan.getByRole('img', { name: 'about 17.52 GB of 16.00 GB' }).waitFor();
  await plan.getByText('a step about 13.47 GB').waitFor();
  await plan.getByText(/^About 17.5 GB of memory will be needed.*take less\.$/).waitFor();
  assert.deepEqual(page.problems, []);
  await page.context().close();
});

test('two runs: their samples of equal seeds with a divider, at a step of both', { skip }, async () => {
  const page = await open_page(world, '/train');
  for (const name of ['silver_gelatin-02', 'silver_gelatin-03']) await page.getByRole('checkbox', { name: `Compare ${name}` }).check();
  const samples = page.getByRole('region', { name: 'Samples of both' });
  await samples.getByRole('slider', { name: 'Divider between A and B, 50 %' }).focus();
  await page.keyboard.press('Shift+ArrowRight');
  await samples.getByRole('slider', { name: 'Divider between A and B, 60 %' }).waitFor();
  await samples.getByRole('combobox', { name: 'Sample compared' }).click();
  await page.getByRole('option', { name: /^step 100, a lighthouse/ }).click();
  await samples.getByRole('img', { name: 'silver_gelatin-02: sample 100, seed 7' }).waitFor();
  await samples.getByRole('img', { name: 'silver_gelatin-03: sample 100, seed 7' }).waitFor();
  assert.deepEqual(page.problems, []);
  await page.context().close();
});

/** The run as if it went on: what the recorded server does not do. */
async function open_running(more = {}) {
  const page = await open_page(world, '/train');
  const now = { id: 'live', stage: 'training', picture: 1, pictures: 1, step: 250, steps: 400, seconds_per_step: 3.5, seconds_left: 525, note: '' };
  const job = { id: 'live', number: 9, kind: 'training', state: 'running', title: 'silver_gelatin-03', owner: '', created: 0, started: Date.now() / 1000 - 900, ended: null, request: { run: 'silver_gelatin-03' }, pictures: [], progress: now, error: null, warnings: [] };
  await page.route('**/api/v1/jobs/live', (route) => route.fulfill({ json: job }));
  await page.route('**/api/v1/train/runs/silver_gelatin-03', async (route) => {
    const response = await route.fetch();
    const told = await response.json();
    await route.fulfill({ response, json: { ...told, state: 'running', job: 'live', options: { ...told.options, sample_every_n_steps: '100' }, samples: told.samples.filter(({ label }) => label !== 'last'), ...more } });
  });
  await page.goto(`${world.url}/train/silver_gelatin-03/live`);
  await page.getByText('Step 250 of 400').waitFor();
  return page;
}

test('a run that goes on: where it is, the frame to come, the pictures of a step', { skip }, async () => {
  const page = await open_running();
  const progress = page.getByRole('region', { name: 'Progress of the run' });
  await progress.getByText('epoch 7 of 10, picture 10 of 40').waitFor();
  await progress.getByText(/^15 min( \d+ s)? so far$/).waitFor();
  await progress.getByText(/^8 min 45 s left, until \d\d:\d\d$/).waitFor();
  const [bar, side] = await Promise.all([progress, page.getByRole('complementary', { name: 'Now' })].map((part) => part.boundingBox()));
  assert.ok(bar.width === 1440 && bar.y + bar.height <= side.y, 'the bar lies over the charts and what is beside them');
  await page.getByRole('columnheader', { name: '300, in 2 min 55 s' }).waitFor();
  world.server.tell('training', { run: 'silver_gelatin-03', step: 251, noted: 3, batch: { step: 251, count: 9, pictures: [{ dataset: 'silver', folder: '10_silver', name: 'print_1.png', caption: 'pine trees, fog', width: 448, height: 576, timestep: 612 }] } });
  const batch = page.getByRole('region', { name: 'In this batch' });
  await batch.getByText('448 × 576, t = 612').waitFor();
  await batch.getByText('and 8 more').waitFor();
  await page.waitForFunction(() => document.querySelector('.batch-pictures img').naturalWidth > 0);
  assert.deepEqual(page.problems, []);
  await page.context().close();
});

test('epochs, d, and what happened, beside an earlier run that is remembered', { skip }, async () => {
  const page = await open_page(world, '/train/silver_gelatin-03/live');
  await page.getByRole('region', { name: "Prodigy's d" }).getByText('settled').waitFor();
  await page.getByRole('region', { name: 'Learning rate' }).getByText('Learning rate × d').waitFor();
  const log = page.getByRole('region', { name: 'Log' }).getByRole('listitem');
  assert.match((await log.allInnerTexts()).join('\n').replace(/\s*\n\s*/g, '\n'), /^\d\d:\d\d\nFinished, file saved, step 400\n(.*\n)*\d\d:\d\d\nStarted$/);
  assert.equal(await page.getByRole('region', { name: 'Epochs' }).getByRole('row').count(), 11);
  await page.getByRole('table', { name: 'Loss, numbers' }).waitFor({ state: 'attached' });
  await page.getByRole('combobox', { name: 'Earlier run beside' }).click();
  await page.getByRole('option', { name: 'silver_gelatin-02' }).click();
  const head = page.getByRole('table', { name: 'Loss, numbers' }).getByRole('columnheader', { name: 'silver_gelatin-02', includeHidden: true });
  await head.waitFor({ state: 'attached' });
  await page.getByRole('img', { name: /^Learning rate: .*; beside it silver_gelatin-02$/ }).waitFor();
  await page.reload();
  await head.waitFor({ state: 'attached' });
  assert.deepEqual(page.problems, []);
  await page.context().close();
});

test('samples: two steps under a divider, and one at another weight where its file was kept', { skip }, async () => {
  const page = await open_page(world, '/train/silver_gelatin-03/live');
  await page.getByRole('button', { name: 'Compare two steps' }).click();
  const dialog = page.getByRole('dialog', { name: 'Compare two steps' });
  await dialog.getByRole('img', { name: 'sample start, seed 7' }).waitFor();
  await dialog.getByRole('combobox', { name: 'Step of B' }).click();
  await page.getByRole('option', { name: '200' }).click();
  await dialog.getByRole('img', { name: 'sample 200, seed 7' }).waitFor();
  await dialog.getByRole('slider', { name: 'Divider between A and B, 50 %' }).focus();
  await page.keyboard.press('ArrowRight');
  await dialog.getByRole('slider', { name: 'Divider between A and B, 51 %' }).waitFor();
  await page.keyboard.press('Escape');
  await dialog.waitFor({ state: 'detached' });
  await page.getByRole('combobox', { name: 'Weight of the samples' }).click();
  await page.getByRole('option', { name: 'Weight 0.5' }).click();
  assert.equal(await page.getByText('no file of this step was kept').count(), 2, 'of the start and of step 200');
  await page.getByRole('button', { name: /^Make Sample 100 at weight 0.5/ }).click();
  await page.getByRole('link', { name: /^Sample 100 at weight 0.5/ }).waitFor();
  const made = world.server.jobs.at(-1).request;
  assert.equal(made.prompt, 'a lighthouse on a cliff, silver gelatin print <lora:silver_gelatin-03-step00000100:0.5>');
  assert.deepEqual([made.steps, made.seed, made.width, made.model], ['6', '7', '64', 'emoji'], 'as the sample was made');
  await page.reload();
  await page.getByRole('combobox', { name: 'Weight of the samples' }).click();
  await page.getByRole('option', { name: 'Weight 0.5' }).click();
  await page.getByRole('link', { name: /^Sample 100 at weight 0.5/ }).waitFor();
  assert.deepEqual(page.problems, []);
  await page.context().close();
});

test('the columns of the table are chosen, and stay so', { skip }, async () => {
  const page = await open_page(world, '/train');
  const heads = async () => (await page.getByRole('table', { name: 'Runs' }).getByRole('columnheader').allInnerTexts()).map((head) => head.trim());
  assert.equal((await heads()).length, 15);
  await page.getByRole('button', { name: 'Columns' }).click();
  await page.getByRole('menuitemcheckbox', { name: 'Started' }).click();
  await page.getByRole('menuitemcheckbox', { name: 'Rate', exact: true }).press('Enter');
  await page.keyboard.press('Escape');
  assert.deepEqual((await heads()).slice(1, -1), ['Run', 'State', 'Steps', 'Time', 'Optimiser', 'Schedule', 'Rank / alpha', 'Loss', 'Loss, end', 'Validation', 'Sample']);
  await page.reload();
  assert.equal((await heads()).length, 13);
  await page.setViewportSize({ width: 1024, height: 768 });
  assert.equal((await heads()).length, 13, 'what was chosen holds at every width');
  await page.getByRole('button', { name: 'Columns' }).click();
  await page.getByRole('menuitem', { name: 'As the width allows' }).click();
  assert.deepEqual((await heads()).slice(1, -1), ['Run', 'State', 'Steps', 'Optimiser', 'Rank / alpha', 'Validation', 'Sample']);
  assert.deepEqual(page.problems, []);
  await page.context().close();
});

test('the third door of the first visit leads to a new run', { skip }, async () => {
  const page = await open_first_visit(world);
  await page.getByRole('link', { name: /^Train a style/ }).click();
  await page.getByRole('textbox', { name: 'Name of the run' }).waitFor();
  assert.deepEqual(page.problems, []);
  await page.context().close();
});

test('a list has the keys before the next frame: letters after Enter are its own', { skip }, async () => {
  const page = await open_generate(world);
  await page.getByRole('radio', { name: 'All settings' }).click();
  const focused = await page.getByRole('combobox', { name: 'Sampler', exact: true }).evaluate(async (button) => {
    window.requestAnimationFrame = () => 0; // a machine that has no time for frames
    button.click();
    for (let i = 0; i < 20; ++i) await null;
    return document.activeElement.getAttribute('aria-label');
  });
  assert.equal(focused, 'Search Sampler');
  await page.context().close();
});
