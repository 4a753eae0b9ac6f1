// Plots, proofs, reports and merges on the program itself: what is started on the page is computed, kept and drawn. DARKROOM_URL names it.
import assert from 'node:assert/strict';
import test from 'node:test';
import { open_generate, open_page, prompt_of, real_url, set_number, use_browser } from './browser.mjs';

const world = use_browser();
const skip = real_url === undefined;
const words = 'a red apple, noto style, on a white background';

const api = (page, path) => page.evaluate(async (address) => (await fetch(`/api/v1${address}`)).json(), path);

async function open_quick() {
  const page = await open_generate(world);
  await page.getByRole('radio', { name: 'All settings' }).click();
  await set_number(page, 'Steps', 3);
  await prompt_of(page).fill(words);
  return page;
}

async function choose(page, name, option) {
  await page.getByRole('combobox', { name, exact: true }).click();
  await page.getByRole('combobox', { name: `Search ${name}` }).fill(option);
  await page.getByRole('option', { name: option }).first().click();
}

async function end(page) {
  assert.deepEqual(page.problems, []);
  await page.context().close();
}

test('a plot of two by two: cost before, cells after, a cell becomes a picture', { skip }, async () => {
  const page = await open_quick();
  await page.getByRole('switch', { name: 'X/Y/Z plot' }).click();
  await choose(page, 'X axis', 'Steps');
  await page.getByRole('textbox', { name: 'X values' }).fill('2, 3');
  await choose(page, 'Y axis', 'CFG scale');
  await page.getByRole('textbox', { name: 'Y values' }).fill('1, 7');
  await page.getByText('4 cells', { exact: true }).first().waitFor();
  await page.getByRole('button', { name: 'Generate 4 cells' }).click();
  await page.getByRole('button', { name: 'Cell Steps: 3, CFG scale: 7' }).waitFor();
  assert.equal(await page.getByRole('columnheader', { name: 'Steps: 2' }).count(), 1);
  const { jobs } = await api(page, '/jobs?state=finished&kind=xyz');
  assert.equal(jobs[0].pictures.length, 5);
  await page.getByRole('button', { name: 'Cell Steps: 2, CFG scale: 1' }).click();
  await page.getByRole('button', { name: 'Cell Steps: 3, CFG scale: 1' }).click();
  assert.equal(await page.getByRole('button', { name: 'Compare two' }).isEnabled(), true);
  await page.getByRole('button', { name: 'Open this cell' }).click();
  await page.getByRole('img', { name: `Picture: ${words}, seed` }).waitFor();
  await end(page);
});

test('an axis that cannot be is refused where it stands', { skip }, async () => {
  const page = await open_quick();
  await page.getByRole('switch', { name: 'X/Y/Z plot' }).click();
  await choose(page, 'X axis', 'Steps');
  await page.getByRole('textbox', { name: 'X values' }).fill('many');
  await page.getByText(/whole number from 1/).waitFor();
  await end(page);
});

test('a prompt matrix is counted, made and shown as a grid', { skip }, async () => {
  const page = await open_quick();
  await page.getByRole('switch', { name: 'X/Y/Z plot' }).click();
  await page.getByRole('radio', { name: 'Prompt matrix' }).click();
  await prompt_of(page).fill('a red apple');
  await page.getByText(/parts with \| between them/).waitFor();
  await prompt_of(page).fill('a red apple | noto style | on a black background');
  await page.getByText('4 cells', { exact: true }).first().waitFor();
  await prompt_of(page).press('Control+Enter');
  await page.getByRole('button', { name: 'Cell noto style, on a black background' }).waitFor();
  assert.equal(await page.getByRole('button', { name: /^Cell / }).count(), 4);
  await end(page);
});

test('a picture is proved: identical, byte for byte', { skip }, async () => {
  const page = await open_quick();
  await prompt_of(page).press('Control+Enter');
  await page.getByRole('img', { name: `Picture: ${words}, seed` }).waitFor();
  await page.getByRole('button', { name: 'Prove it' }).click();
  const proof = page.getByRole('region', { name: 'Proof' });
  await proof.getByText('Identical, byte for byte').waitFor();
  await proof.getByText(/fields honoured/).waitFor();
  await end(page);
});

test('a report on samplers runs, stays, and is drawn', { skip }, async () => {
  const page = await open_page(world, '/lab/new?report=samplers');
  await page.getByText('no model calls').waitFor();
  await page.getByRole('button', { name: 'Run the report' }).click();
  await page.getByRole('figure', { name: 'Error against model calls' }).waitFor();
  await page.getByRole('button', { name: 'Error against model calls as table' }).click();
  await page.getByRole('columnheader', { name: 'DPM++ 2M' }).waitFor();
  await page.getByRole('row', { name: /^LMS/ }).first().waitFor();
  await page.reload();
  await page.getByRole('figure', { name: 'Error against model calls' }).waitFor();
  await end(page);
});

test('a report on guidance costs what it says, and its page has pictures and numbers', { skip }, async () => {
  const page = await open_quick();
  await page.getByRole('link', { name: 'Lab' }).first().click();
  await page.getByRole('button', { name: 'New report' }).click();
  await page.getByRole('menuitem', { name: 'Guidance' }).click();
  await page.getByRole('textbox', { name: 'CFG scales' }).fill('1, 7');
  await page.getByText('2 pictures, 6 model calls').waitFor();
  await page.getByRole('button', { name: 'Run the report' }).click();
  await page.getByRole('img', { name: 'Pictures at CFG 1, 7' }).waitFor();
  await page.getByRole('button', { name: 'Use CFG 7' }).click();
  await page.getByRole('textbox', { name: 'Prompt', exact: true }).waitFor();
  await end(page);
});

test('a LoRA file is rescaled, another made smaller', { skip }, async () => {
  const page = await open_page(world, '/models/lora');
  const [half, small] = [`half ${Date.now()}`, `small ${Date.now()}`];
  const choose_ink = async () => {
    await page.getByRole('combobox', { name: 'File 1' }).click();
    await page.getByRole('option', { name: 'ink', exact: true }).click();
  };
  await page.getByRole('radio', { name: 'Rescale' }).click();
  await choose_ink();
  await page.getByRole('textbox', { name: 'Name', exact: true }).fill(half);
  await page.getByText('Give a weight other than 1, or an alpha.').waitFor();
  await page.getByRole('textbox', { name: 'Weight of file 1' }).fill('0.5');
  await page.getByRole('button', { name: 'Rescale', exact: true }).click();
  await page.getByRole('rowheader', { name: half }).waitFor();
  await page.getByRole('radio', { name: 'Resize' }).click();
  await page.getByRole('textbox', { name: 'Rank' }).fill('2');
  await page.getByRole('textbox', { name: 'Name', exact: true }).fill(small);
  await page.getByRole('button', { name: 'Resize', exact: true }).click();
  await page.getByText(/layers of rank 2, \d+\.\d % of the change kept/).waitFor();
  await page.getByRole('row', { name: new RegExp(`^${small} .* 2 `) }).waitFor();
  await end(page);
});

test('two LoRA files are merged into a new one, which is there at once and never written over', { skip }, async () => {
  const page = await open_page(world, '/models/lora');
  const name = `merged ${Date.now()}`;
  for (const [row, weight] of [[1, '1'], [2, '0.5']]) {
    await page.getByRole('combobox', { name: `File ${row}` }).click();
    await page.getByRole('option', { name: 'ink', exact: true }).click();
    await page.getByRole('textbox', { name: `Weight of file ${row}` }).fill(weight);
  }
  await page.getByRole('textbox', { name: 'Name', exact: true }).fill(name);
  await page.getByRole('button', { name: 'Merge', exact: true }).click();
  await page.getByText(`${name}.safetensors`).waitFor();
  await page.getByRole('rowheader', { name }).waitFor();
  await page.getByRole('button', { name: 'Merge', exact: true }).click();
  await page.getByText(/never written over/).waitFor();
  await end(page);
});
