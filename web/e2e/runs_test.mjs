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
