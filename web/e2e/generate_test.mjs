// Generate: from the first visit's sheet to a queue of batches.
import assert from 'node:assert/strict';
import test from 'node:test';
import { main_button, make_picture, open_generate, open_page, prompt_of, real_url, use_browser } from './browser.mjs';

const world = use_browser({ step_ms: 25 });

test('first visit: one click on a sheet develops it in its place', { skip: real_url !== undefined }, async () => {
  const page = await open_page(world);
  await page.getByRole('heading', { name: 'Eight sheets of paper. Click one.' }).waitFor();
  await page.getByRole('button', { name: /^Make a red apple/ }).click();
  await page.getByRole('button', { name: /^Picture: a red apple/ }).waitFor();
  assert.match(await prompt_of(page).inputValue(), /^a red apple/);
  await page.getByText('Same seed, other words').waitFor();
  await prompt_of(page).fill('a green pear, noto style');
  await prompt_of(page).press('Control+Enter');
  await page.getByRole('img', { name: /^Picture: a green pear/ }).waitFor();
  assert.equal(await page.getByRole('heading', { name: /sheets of paper/ }).count(), 0, 'own words give way to the stage');
  assert.deepEqual(page.problems, []);
  await page.context().close();
});

test('Ctrl Enter makes a picture, and its recipe stands beside it', async () => {
  const page = await open_generate(world);
  await make_picture(page, 'a red ball on a table');
  await page.getByRole('tab', { name: 'Recipe' }).click();
  await page.getByRole('row', { name: /Prompt a red ball on a table/ }).waitFor();
  assert.ok(await page.getByRole('button', { name: 'Copy infotext' }).isVisible());
  assert.deepEqual(page.problems, []);
  await page.context().close();
});

test('weights: Ctrl Up writes brackets, Ctrl Z takes them back one by one', async () => {
  const page = await open_generate(world);
  const box = prompt_of(page);
  await box.click();
  await page.keyboard.type('a red apple');
  for (let i = 0; i < 6; ++i) await page.keyboard.press('ArrowLeft');
  await page.keyboard.press('ArrowLeft');
  await page.keyboard.press('Control+ArrowUp');
  assert.equal(await box.inputValue(), 'a (red:1.1) apple');
  await page.keyboard.press('Control+ArrowUp');
  assert.equal(await box.inputValue(), 'a (red:1.2) apple');
  await page.keyboard.press('Control+z');
  assert.equal(await box.inputValue(), 'a (red:1.1) apple');
  await page.keyboard.press('Control+z');
  assert.equal(await box.inputValue(), 'a red apple');
  await box.fill('one, two, three');
  await page.keyboard.press('Alt+ArrowLeft');
  assert.equal(await box.inputValue(), 'one, three, two');
  assert.deepEqual(page.problems, []);
  await page.context().close();
});

test('LoRA: completion, card, slider and text are one thing', { skip: real_url !== undefined }, async () => {
  const page = await open_generate(world);
  const box = prompt_of(page);
  await box.click();
  await page.keyboard.type('a cat <dus');
  await page.getByRole('listbox', { name: 'Completions' }).waitFor();
  await page.keyboard.press('Tab');
  assert.equal(await box.inputValue(), 'a cat <lora:dusk_film:1>');
  await page.getByRole('radio', { name: 'All settings' }).click();
  const weight = page.getByRole('spinbutton', { name: 'Weight of dusk_film' });
  await weight.fill('0.6');
  await weight.press('Enter');
  assert.equal(await box.inputValue(), 'a cat <lora:dusk_film:0.6>');
  await page.getByRole('slider', { name: 'Weight of dusk_film' }).press('ArrowRight');
  assert.equal(await box.inputValue(), 'a cat <lora:dusk_film:0.65>');
  await page.getByRole('tab', { name: /^LoRA/ }).click();
  await page.getByRole('option', { name: /^sea_mist/ }).click();
  assert.equal(await box.inputValue(), 'a cat <lora:dusk_film:0.65> <lora:sea_mist:1>');
  await page.getByRole('button', { name: 'Remove dusk_film from the prompt' }).click();
  assert.equal(await box.inputValue(), 'a cat <lora:sea_mist:1>');
  assert.deepEqual(page.problems, []);
  await page.context().close();
});

test('rows: arithmetic, arrows, slider, explanation, the dot that resets', async () => {
  const page = await open_generate(world);
  await page.getByRole('radio', { name: 'All settings' }).click();
  const width = page.getByRole('spinbutton', { name: 'Width', exact: true });
  await width.fill('64*4');
  await width.press('Enter');
  assert.equal(await width.inputValue(), '256');
  const steps = page.getByRole('spinbutton', { name: 'Steps', exact: true });
  const before = Number(await steps.inputValue());
  await steps.press('ArrowUp');
  assert.equal(await steps.inputValue(), String(before + 1));
  await steps.press('Shift+ArrowUp');
  assert.equal(await steps.inputValue(), String(before + 11));
  await page.getByRole('button', { name: 'Reset Steps' }).click();
  assert.equal(await steps.inputValue(), String(before));
  await page.getByRole('slider', { name: 'CFG scale' }).press('ArrowRight');
  await page.getByRole('button', { name: 'Explain CFG scale' }).click();
  const dialog = page.getByRole('dialog', { name: 'CFG scale, explained' });
  await dialog.waitFor();
  await page.keyboard.press('Escape');
  assert.equal(await dialog.count(), 0);
  await page.getByRole('textbox', { name: 'Prompt', exact: true }).fill('a red lighthouse');
  await page.getByRole('button', { name: 'Explain CFG scale' }).click();
  await dialog.getByRole('link', { name: 'Measure it on this prompt' }).click();
  await page.getByRole('heading', { name: 'New report: Guidance' }).waitFor();
  assert.equal(await page.getByRole('textbox', { name: 'Prompt', exact: true }).inputValue(), 'a red lighthouse');
  assert.deepEqual(page.problems, []);
  await page.context().close();
});

test('a sampler is found by typing; seeds take a list; sizes swap', async () => {
  const page = await open_generate(world);
  await page.getByRole('radio', { name: 'All settings' }).click();
  await page.getByRole('combobox', { name: 'Sampler', exact: true }).click();
  await page.getByRole('combobox', { name: 'Search Sampler' }).fill('heun');
  await page.keyboard.press('Enter');
  assert.match(await page.getByRole('combobox', { name: 'Sampler', exact: true }).innerText(), /Heun/);
  await page.getByText(/calls of the model/).waitFor();
  const seed = page.getByRole('spinbutton', { name: 'Seed', exact: true });
  await seed.fill('12, 15, 20-21');
  await seed.press('Enter');
  await page.getByRole('button', { name: 'Generate 4' }).waitFor();
  await page.getByRole('button', { name: 'Random seed' }).click();
  assert.equal(await seed.inputValue(), 'Random');
  const [width, height] = [page.getByRole('spinbutton', { name: 'Width', exact: true }), page.getByRole('spinbutton', { name: 'Height', exact: true })];
  await width.fill('192');
  await width.press('Enter');
  await page.getByRole('button', { name: 'Swap width and height' }).click();
  assert.equal(await height.inputValue(), '192');
  assert.deepEqual(page.problems, []);
  await page.context().close();
});

test('while it runs the button queues; a reload in the middle brings all back', { skip: real_url !== undefined }, async () => {
  const page = await open_generate(world);
  await page.getByRole('button', { name: '4', exact: true }).click();
  await prompt_of(page).fill('a ship at sea');
  await prompt_of(page).press('Control+Enter');
  await page.getByRole('button', { name: 'Queue 4 more' }).waitFor();
  await page.getByRole('progressbar', { name: 'Progress', exact: true }).waitFor();
  await page.getByRole('option', { name: /^Picture: a ship at sea/ }).first().waitFor();
  await page.reload();
  assert.equal(await prompt_of(page).inputValue(), 'a ship at sea');
  await page.getByRole('progressbar', { name: 'Progress', exact: true }).waitFor();
  await page.getByRole('button', { name: 'Queue 4 more' }).waitFor();
  await page.waitForFunction(() => document.querySelectorAll('.filmstrip img').length >= 4);
  await page.getByRole('button', { name: 'Generate 4' }).waitFor();
  assert.equal(world.server.jobs.filter((job) => job.request.prompt === 'a ship at sea').length, 1);
  assert.deepEqual(page.problems, []);
  await page.context().close();
});

test('Escape interrupts, finished pictures stay; a refused job tells its reason', { skip: real_url !== undefined }, async () => {
  const page = await open_generate(world);
  await page.getByRole('button', { name: '9', exact: true }).click();
  await prompt_of(page).fill('many boats');
  await prompt_of(page).press('Control+Enter');
  await page.getByRole('option', { name: /^Picture: many boats/ }).first().waitFor();
  await page.getByRole('button', { name: 'Skip this picture' }).click();
  await prompt_of(page).press('Escape');
  await page.getByRole('button', { name: 'Generate 9' }).waitFor();
  const job = world.server.jobs.find((other) => other.request.prompt === 'many boats');
  assert.equal(job.state, 'cancelled');
  assert.ok(job.pictures.length >= 1);
  await page.getByRole('button', { name: '1', exact: true }).click();
  await prompt_of(page).fill('(refuse me)');
  await prompt_of(page).press('Control+Enter');
  await page.getByRole('alert').filter({ hasText: 'a whole number from 1 to 1000 is needed' }).waitFor();
  await prompt_of(page).fill('boats (fail)');
  await prompt_of(page).press('Control+Enter');
  await page.getByText('the latent must be finite').first().waitFor();
  await page.getByRole('button', { name: 'Try again' }).waitFor();
  assert.deepEqual(page.problems, []);
  await page.context().close();
});

test('what was typed survives a reload, and a new tab begins with it', async () => {
  const page = await open_generate(world);
  await prompt_of(page).fill('words that stay');
  await page.getByRole('textbox', { name: 'Negative prompt' }).fill('others');
  await page.reload();
  assert.equal(await prompt_of(page).inputValue(), 'words that stay');
  const other = await page.context().newPage();
  await other.goto(world.url);
  await prompt_of(other).waitFor();
  assert.equal(await prompt_of(other).inputValue(), 'words that stay');
  await other.getByRole('button', { name: 'Clear prompts' }).click();
  assert.equal(await prompt_of(other).inputValue(), '');
  await other.getByRole('button', { name: 'Undo' }).click();
  assert.equal(await prompt_of(other).inputValue(), 'words that stay');
  assert.ok(await main_button(other).isVisible());
  await page.context().close();
});

test('LoRA cards: the picture beside the file, what was trained here, a preview of the picture shown', { skip: real_url !== undefined }, async () => {
  const page = await open_generate(world);
  await make_picture(page, 'a harbour');
  await page.getByRole('tab', { name: /^LoRA/ }).click();
  const shelf = page.getByRole('listbox', { name: 'LoRA files' });
  await page.waitForFunction(() => document.querySelector('.lora-cover img')?.naturalWidth > 0);
  assert.equal(await shelf.locator('img').count(), 1);
  await page.getByRole('button', { name: 'Trained here' }).click();
  assert.equal(await shelf.getByRole('option').count(), 1);
  await page.getByRole('button', { name: 'Trained here' }).click();
  await shelf.getByRole('option', { name: /^sea_mist/ }).click({ button: 'right' });
  assert.equal(await page.getByRole('menuitem', { name: /^Open run/ }).count(), 0, 'it came from elsewhere');
  await page.getByRole('menuitem', { name: 'Use this picture as preview' }).click();
  await page.getByText('Preview of sea_mist kept beside its file').waitFor();
  await page.waitForFunction(() => document.querySelectorAll('.lora-cover img').length === 2);
  await shelf.getByRole('option', { name: /^silver_gelatin/ }).focus();
  await page.keyboard.press('Shift+F10');
  await page.getByRole('menuitem', { name: 'Open run silver_gelatin-03' }).click();
  await page.waitForURL(/\/train\/silver_gelatin-03\/live$/);
  assert.deepEqual(page.problems, []);
  await page.context().close();
});
