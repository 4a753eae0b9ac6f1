// Train, against the program alone: a training is its own process and leaves real files. DARKROOM_URL names the program.
import assert from 'node:assert/strict';
import fs from 'node:fs';
import { createRequire } from 'node:module';
import test from 'node:test';
import { open_page, real_url, sizes, use_browser } from './browser.mjs';
import { png } from './png.mjs';

const world = use_browser();
const skip = real_url === undefined;
const axe = fs.readFileSync(createRequire(import.meta.url).resolve('axe-core/axe.min.js'), 'utf8');
const unique = Date.now().toString(36);
const [first, second, dataset] = [`first-${unique}`, `second-${unique}`, `ink-${unique}`];
const pictures = process.env.DARKROOM_PICTURES; // a folder for screenshots

async function shot(page, name) {
  if (pictures) await page.screenshot({ path: `${pictures}/${name}.png` });
}

async function findings(page) {
  await page.evaluate(axe);
  return page.evaluate(async () => {
    const { violations } = await window.axe.run(document, { resultTypes: ['violations'] });
    return violations.filter(({ impact }) => impact === 'serious' || impact === 'critical').flatMap(({ id, nodes }) => nodes.map((node) => `${id}: ${node.html.slice(0, 140)} ${node.failureSummary.split('\n')[1]?.trim() ?? ''}`));
  });
}

const api = (page, path, body) => page.evaluate(async ([address, sent]) => (await fetch(`/api/v1${address}`, sent ? { method: 'POST', body: JSON.stringify(sent) } : {})).json(), [path, body]);

/** The page's own waitForFunction takes the promise of an answer for a yes. */
async function until(what) {
  for (const end = Date.now() + world.patience; !(await what()); await new Promise((done) => setTimeout(done, 100)))
    if (Date.now() > end) throw new Error(`did not come true: ${what}`);
}

/** A dark disc, square or cross on white. */
function sign(kind, size) {
  return png(size, size + 32 * (kind % 2), (x, y) => {
    const [dx, dy] = [x - size / 2, y - size / 2];
    const is_ink = kind === 0 ? Math.hypot(dx, dy) < size / 3 : kind === 1 ? Math.max(Math.abs(dx), Math.abs(dy)) < size / 4 : Math.min(Math.abs(dx), Math.abs(dy)) < size / 10;
    return is_ink ? [20, 20, 20] : [255, 255, 255];
  });
}

async function set_option(page, label, value) {
  const field = page.getByRole('textbox', { name: label, exact: true });
  await field.fill(value);
}

async function open_tab(page, name) {
  await page.getByRole('navigation', { name: 'Parts of the run' }).getByRole('link', { name }).click();
}

test('a dataset is made, filled and captioned', { skip }, async () => {
  const page = await open_page(world, '/train');
  await page.getByRole('button', { name: 'New run' }).first().click();
  await page.getByRole('textbox', { name: 'Name of the run' }).fill(first);
  await page.getByRole('button', { name: 'Make the draft' }).click();
  await page.getByRole('textbox', { name: 'Name of the new dataset' }).fill(dataset);
  await page.getByRole('textbox', { name: 'Repeats' }).fill('4');
  await page.getByRole('textbox', { name: 'Class' }).fill('ink sign');
  await page.getByRole('button', { name: 'Add folder' }).click();
  await page.getByLabel('Add pictures to 4_ink sign').waitFor({ state: 'attached' });
  await page.reload(); // before a draft is saved by itself
  await page.getByLabel('Add pictures to 4_ink sign').setInputFiles([0, 1, 2].map((kind) => ({ name: `sign${kind}.png`, mimeType: 'image/png', buffer: Buffer.from(sign(kind, 128)) })));
  const caption = page.getByRole('textbox', { name: 'Caption of sign0.png' });
  await caption.fill('a disc, in black ink');
  await caption.press('Tab');
  await page.getByText('Caption of sign0.png saved').waitFor();
  await page.reload();
  assert.equal(await page.getByRole('textbox', { name: 'Caption of sign0.png' }).inputValue(), 'a disc, in black ink');
  await page.getByText('2 of 3 pictures have no caption').waitFor();
  await page.getByRole('complementary', { name: 'Buckets and tags' }).getByText('a disc').waitFor();
  await shot(page, 'web_train_dataset');
  const side = page.getByRole('complementary', { name: 'Buckets and tags' });
  await side.getByRole('button', { name: 'Rename a disc' }).click();
  await side.getByRole('textbox', { name: 'New name of a disc' }).fill('a round sign');
  await side.getByRole('textbox', { name: 'New name of a disc' }).press('Enter');
  await page.getByText('1 caption changed').waitFor();
  await page.waitForFunction(() => document.querySelector('[aria-label="Caption of sign0.png"]').value === 'a round sign, in black ink');
  await side.getByRole('textbox', { name: 'Tag for all captions' }).fill('sign');
  await side.getByRole('button', { name: 'Add it in front' }).click();
  await page.getByText('3 captions changed').waitFor();
  await page.waitForFunction(() => document.querySelector('[aria-label="Caption of sign2.png"]').value === 'sign');
  await page.getByRole('button', { name: 'Undo' }).last().click();
  await page.waitForFunction(() => document.querySelector('[aria-label="Caption of sign2.png"]').value === '');
  await side.getByRole('button', { name: 'Remove in black ink from all captions' }).click();
  await page.waitForFunction(() => document.querySelector('[aria-label="Caption of sign0.png"]').value === 'a round sign');
  assert.deepEqual(page.problems, []);
  await page.context().close();
});

test('options explain themselves; a contradiction is settled with one click', { skip }, async () => {
  const page = await open_page(world, `/train/${first}/options`);
  await set_option(page, 'Resolution', '64');
  await set_option(page, 'Rank', '4');
  await set_option(page, 'Steps', '240');
  await set_option(page, 'Learning rate', '0.002');
  await set_option(page, 'Samples every n steps', '80');
  await page.getByRole('textbox', { name: 'Sample prompts' }).fill('a red apple, on a white background --w 64 --h 64 --s 4');
  await page.getByText('1 / 4 = 0.25').waitFor();
  await set_option(page, 'Warm-up', '5');
  await page.getByText('1 thing to settle').waitFor();
  assert.equal(await page.getByRole('button', { name: 'Start run' }).isDisabled(), true);
  await page.getByRole('button', { name: 'Use constant with warm-up' }).click();
  await page.getByText('1 thing to settle').waitFor({ state: 'detached' });
  assert.match(await page.getByLabel('Command', { exact: true }).innerText(), /--learning_rate 0.002 --lr_scheduler constant_with_warmup .*--max_train_steps 240/);
  await page.getByRole('complementary', { name: 'Plan' }).getByText('240', { exact: true }).first().waitFor();
  await page.getByRole('searchbox', { name: 'Find an option' }).fill('snr');
  await page.getByRole('region', { name: 'Noise and loss' }).getByText('Min-SNR gamma').waitFor();
  await page.getByRole('searchbox', { name: 'Find an option' }).fill('');
  await shot(page, 'web_train_options');
  await page.waitForTimeout(1300); // the draft saves itself a second after a change
  const kept = await api(page, `/train/runs/${first}`);
  assert.equal(kept.told.lr_scheduler, 'constant_with_warmup');
  assert.deepEqual(page.problems, []);
  await page.context().close();
});

test('a run is started, watched, stopped and goes on to its end; a picture passes it', { skip }, async () => {
  const page = await open_page(world, `/train/${first}/live`);
  await page.getByRole('button', { name: 'Start run' }).click();
  await page.getByText(/Step \d+ of 240/).waitFor();
  const batch = page.getByRole('region', { name: 'In this batch' });
  await batch.getByText(/^sign[012]\.png$/).waitFor();
  await batch.getByText(/^\d+ × \d+, t = \d+$/).waitFor();
  await page.waitForFunction(() => document.querySelector('.batch-pictures img').naturalWidth > 0);
  await page.getByRole('columnheader', { name: /^(80|160)(, in .*)?$/ }).first().waitFor();
  await page.getByRole('button', { name: 'Save now' }).click();
  await page.getByRole('button', { name: new RegExp(`^Try it: ${first}-step0`) }).waitFor();
  await page.keyboard.press('n');
  await page.getByRole('button', { name: /^Sample \d+, a red apple/ }).first().waitFor();
  await page.getByRole('table', { name: 'Loss, numbers' }).waitFor({ state: 'attached' });
  await page.getByRole('button', { name: /^Stop/ }).click();
  await page.getByText('stopped, can go on').waitFor();
  const { series } = await api(page, `/train/runs/${first}/series`);
  assert.ok(series.loss.steps.length >= 1 && series.loss.steps.length < 240, `stopped at step ${series.loss.steps.length}`);
  await page.getByRole('button', { name: 'Go on' }).click();
  await page.getByText('running').first().waitFor();
  const picture = await api(page, '/jobs', { kind: 'generate', request: { prompt: 'a blue fish', steps: 2, width: 64, height: 64 } });
  await until(async () => (await api(page, `/jobs/${picture.id}`)).state === 'finished');
  await page.getByText('finished', { exact: true }).waitFor();
  await page.getByText('Step 240 of 240').waitFor();
  await page.getByRole('button', { name: /^Sample last/ }).waitFor();
  await page.getByRole('button', { name: /^Sample 80,/ }).waitFor();
  assert.equal((await api(page, `/train/runs/${first}/series`)).series.loss.steps.length, 240);
  await page.getByRole('textbox', { name: 'More steps' }).fill('5');
  await page.getByRole('button', { name: 'Go on for more' }).click();
  await page.getByText('Step 245 of 245').waitFor();
  assert.equal((await api(page, `/train/runs/${first}/series`)).series.loss.steps.length, 245);
  const log = page.getByRole('region', { name: 'Log' });
  for (const words of ['Started', 'File saved', 'State saved', 'Samples in', 'Stopped, state saved', 'Goes on from its saved state', 'Finished, file saved, step 240', 'Finished, file saved, step 245']) await log.getByText(words).first().waitFor();
  await page.getByRole('region', { name: 'Epochs' }).getByRole('row', { name: /^1 step 12 / }).waitFor();
  await page.getByRole('button', { name: /^Sample 80,/ }).click();
  await page.getByRole('dialog', { name: 'Sample 80' }).waitFor();
  await page.keyboard.press('Escape');
  await page.waitForTimeout(400);
  await shot(page, 'web_train_live');
  assert.deepEqual(page.problems, []);
  await page.context().close();
});

test('samples: two steps against each other, and the last at half its weight', { skip }, async () => {
  const page = await open_page(world, `/train/${first}/live`);
  await page.getByRole('button', { name: 'Compare two steps' }).click();
  const dialog = page.getByRole('dialog', { name: 'Compare two steps' });
  await dialog.getByRole('img', { name: /^sample last, seed / }).waitFor();
  await dialog.getByRole('slider', { name: 'Divider between A and B, 50 %' }).focus();
  await page.keyboard.press('Escape');
  await page.getByRole('combobox', { name: 'Weight of the samples' }).click();
  await page.getByRole('option', { name: 'Weight 0.5' }).click();
  await page.getByText('no file of this step was kept').first().waitFor();
  await page.getByRole('button', { name: /^Make Sample last at weight 0.5/ }).click();
  await page.getByRole('link', { name: /^Sample last at weight 0.5/ }).waitFor();
  const [made] = (await api(page, '/pictures?limit=1')).pictures;
  assert.equal(made.prompt, `a red apple, on a white background <lora:${first}:0.5>`);
  const whole = (await api(page, `/train/runs/${first}`)).samples.find(({ label }) => label === 'last');
  assert.deepEqual([made.seed, made.width, made.height], [whole.seed, 64, 64]);
  assert.deepEqual(page.problems, []);
  await page.context().close();
});

test('what Prodigy finds is drawn, beside the rate of an earlier run', { skip }, async () => {
  const page = await open_page(world, '/train');
  const name = `prodigy-${unique}`;
  await api(page, '/train/runs', { name, from: first });
  await api(page, `/train/runs/${name}/start`, { options: { ...(await api(page, `/train/runs/${name}`)).told, optimizer_type: 'Prodigy', learning_rate: '1', lr_scheduler: 'cosine', lr_warmup_steps: '', optimizer_args: 'd0=0.0001', max_train_steps: '40' } });
  await until(async () => (await api(page, `/train/runs/${name}`)).state === 'finished');
  await page.goto(`${world.url}/train/${name}/live`);
  await page.getByRole('region', { name: "Prodigy's d" }).getByRole('img', { name: /^Prodigy's d: from / }).waitFor();
  await page.getByRole('combobox', { name: 'Earlier run beside' }).click();
  await page.getByRole('option', { name: first }).click();
  await page.getByRole('table', { name: 'Loss, numbers' }).getByRole('columnheader', { name: first, includeHidden: true }).waitFor({ state: 'attached' });
  await page.getByRole('img', { name: new RegExp(`^Learning rate: .*beside it ${first}$`) }).waitFor();
  await shot(page, 'web_train_live_beside');
  assert.deepEqual(page.problems, []);
  await page.context().close();
});

test('two runs, by keys alone: what differs, with what it does', { skip }, async () => {
  const page = await open_page(world, '/train');
  await api(page, '/train/runs', { name: second, from: first });
  await api(page, `/train/runs/${second}/start`, { options: { ...(await api(page, `/train/runs/${second}`)).told, network_alpha: '4', max_train_steps: '20', lr_scheduler: 'cosine', lr_warmup_steps: '' } });
  await until(async () => (await api(page, `/train/runs/${second}`)).state === 'finished');
  await page.reload();
  for (const name of [first, second]) {
    await page.getByRole('checkbox', { name: `Compare ${name}` }).focus();
    await page.keyboard.press('Space');
  }
  const differs = page.getByRole('region', { name: 'What differs' });
  await differs.getByText('Alpha', { exact: true }).waitFor();
  assert.match(await differs.innerText(), /4 \/ 4 = 1/);
  await differs.getByText('Same pictures and captions').waitFor();
  await page.getByRole('table', { name: 'Loss of both, numbers' }).waitFor({ state: 'attached' });
  await shot(page, 'web_train_runs');
  await page.getByRole('button', { name: 'Weights 0 to 1, both' }).click();
  await page.getByText(/A plot of both at weights 0 to 1 is in the queue/).waitFor();
  await until(async () => (await api(page, '/jobs?kind=xyz&state=waiting,running,finished')).jobs.length === 1);
  const [plot] = (await api(page, '/jobs?kind=xyz&state=waiting,running,finished')).jobs;
  assert.deepEqual([plot.request.columns, plot.request.rows], [6, 2]);
  await page.evaluate((id) => fetch(`/api/v1/jobs/${id}`, { method: 'DELETE' }), plot.id);
  await page.getByRole('button', { name: 'Add from a file' }).click();
  await page.getByRole('textbox', { name: 'Command line' }).fill('accelerate launch train_network.py --network_dim 32 --optimizer_type Lion');
  await page.getByRole('button', { name: 'Read it' }).click();
  await page.getByText('kohya settings').first().waitFor();
  await page.getByRole('searchbox', { name: 'Search runs' }).fill('lion');
  await page.getByRole('cell', { name: 'Lion' }).first().waitFor();  // a second try finds the first one's too
  assert.deepEqual(page.problems, []);
  await page.context().close();
});

test('the finished file is tried in Generate', { skip }, async () => {
  const page = await open_page(world, `/train/${first}/live`);
  await page.getByRole('button', { name: `Try it: ${first}.safetensors` }).click();
  await page.getByRole('textbox', { name: 'Prompt', exact: true }).waitFor();
  assert.match(await page.getByRole('textbox', { name: 'Prompt', exact: true }).inputValue(), new RegExp(`<lora:${first}:1>`));
  assert.deepEqual(page.problems, []);
  await page.context().close();
});

for (const theme of ['dark', 'light']) {
  for (const width of ['wide', 'middle', 'phone']) {
    test(`no serious finding, nothing scrolls sideways: ${theme}, ${sizes[width].width}`, { skip }, async () => {
      const page = await open_page(world, '/train', { size: sizes[width], theme, reducedMotion: 'reduce', hasTouch: width === 'phone' });
      const found = {};
      for (const path of ['/train', `/train/${first}/dataset`, `/train/${first}/options`, `/train/${first}/plan`, `/train/${first}/live`]) {
        await page.goto(world.url + path);
        await page.waitForTimeout(700);
        const here = await findings(page);
        if (here.length > 0) found[path] = here;
        if (!(await page.evaluate(() => document.documentElement.scrollWidth <= window.innerWidth))) found[`${path} `] = 'scrolls sideways';
        await shot(page, `train${path.replace(`/train/${first}`, '').replaceAll('/', '_')}_${theme}_${sizes[width].width}`);
      }
      assert.deepEqual(found, {});
      assert.deepEqual(page.problems, []);
      await page.context().close();
    });
  }
}
