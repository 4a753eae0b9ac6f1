// Models, settings, palette, keys, dropped recipes, themes; and what must hold of every place at every width.
import assert from 'node:assert/strict';
import test from 'node:test';
import { make_picture, open_first_visit, open_generate, open_page, prompt_of, real_url, sizes, use_browser } from './browser.mjs';
import { png } from './png.mjs';

const world = use_browser({ step_ms: 5 });

test('models: unload, reload, keep, use another checkpoint', { skip: real_url !== undefined }, async () => {
  const page = await open_page(world, '/models');
  await page.getByRole('button', { name: 'Reload' }).click();
  await page.getByText('Reloaded in 0.8 s').waitFor();
  await page.getByRole('row', { name: /^UNet .*1.72 GB fp32/ }).waitFor();
  await page.getByRole('radio', { name: 'UNet in memory', checked: true }).waitFor();
  await page.getByRole('button', { name: 'Unload checkpoint' }).click();
  await page.getByText('2.30 GB returned').waitFor();
  await page.getByRole('button', { name: 'Keep in memory', exact: true }).click();
  await page.getByRole('button', { name: 'Keep in memory', exact: true, pressed: true }).waitFor();
  await page.getByText('incomplete download?').waitFor();
  await page.getByRole('button', { name: 'Use v1-5-pruned-emaonly' }).click();
  await page.getByRole('combobox', { name: 'Checkpoint' }).filter({ hasText: 'v1-5-pruned-emaonly' }).waitFor();
  await page.getByRole('link', { name: /LoRA/ }).click();
  await page.getByRole('row', { name: /silver_gelatin/ }).waitFor();
  world.server.start.model = 'emoji';
  assert.deepEqual(page.problems, []);
  await page.context().close();
});

test('models: pictures of a checkpoint, when parts were used, a VAE of its own', { skip: real_url !== undefined }, async () => {
  const page = await open_generate(world);
  await make_picture(page, 'a bell');
  await page.getByRole('link', { name: 'Models', exact: true }).first().click();
  await page.getByRole('row', { name: /^UNet .*fp32 (now|\d+ s ago)/ }).waitFor();
  await page.getByRole('link', { name: /^\d+ pictures? of Emoji 128$/ }).click();
  await page.waitForURL(/\/gallery$/);
  assert.equal(await page.getByRole('searchbox', { name: 'Search pictures' }).inputValue(), 'model:"Emoji 128"');
  await page.getByRole('checkbox', { name: /^Emoji 128/, checked: true }).waitFor();
  await page.goBack();
  await page.getByRole('link', { name: /^VAE/ }).click();
  await page.getByText("Pictures are decoded by the checkpoint's own VAE.").waitFor();
  await page.getByRole('button', { name: 'Use vae-ft-mse.safetensors' }).click();
  await page.getByText('Pictures of Generate are decoded by vae-ft-mse.safetensors').waitFor();
  await page.getByRole('link', { name: 'Generate', exact: true }).first().click();
  await make_picture(page, 'a bell, decoded');
  assert.equal(world.server.jobs.at(-1).request.vae, 'vae-ft-mse.safetensors');
  await page.getByRole('link', { name: 'Models', exact: true }).first().click();
  await page.getByRole('link', { name: /^VAE/ }).click();
  await page.getByRole('button', { name: 'Do not use vae-ft-mse.safetensors' }).click();
  await page.getByText("Pictures are decoded by the checkpoint's own VAE.").waitFor();
  assert.deepEqual(page.problems, []);
  await page.context().close();
});

test('what the built-in model knows and how it was trained stands in the page', { skip: real_url !== undefined }, async () => {
  const page = await open_first_visit(world);
  await page.getByRole('link', { name: 'What it knows' }).click();
  await page.getByRole('region', { name: 'concepts' }).getByText('rocket').waitFor();
  await page.getByRole('searchbox', { name: 'Search words' }).fill('app');
  await page.getByText('1 of 2').waitFor();
  assert.equal(await page.getByRole('listitem').filter({ hasText: 'rocket' }).count(), 0);
  await page.getByRole('radio', { name: 'How it was trained' }).click();
  await page.getByRole('heading', { name: 'Training' }).waitFor();
  await page.getByRole('row', { name: 'steps 8500' }).waitFor();
  await page.goBack();
  await page.getByRole('region', { name: 'First steps' }).waitFor();
  assert.deepEqual(page.problems, []);
  await page.context().close();
});

test('models: a part is moved to the accelerator and back where there is one', { skip: real_url !== undefined }, async () => {
  world.server.accelerator = 'cuda:0';
  const page = await open_page(world, '/models');
  await page.getByText('Accelerator: cuda:0').waitFor();
  await page.getByRole('radio', { name: 'UNet on an accelerator' }).click();
  await page.getByText('UNet is on cuda:0').waitFor();
  await page.getByRole('radio', { name: 'UNet on an accelerator', checked: true }).waitFor();
  await page.getByRole('radio', { name: 'UNet in memory' }).click();
  await page.getByText('UNet is in memory').waitFor();
  assert.equal(await page.getByRole('radio', { name: 'UNet on an accelerator' }).getAttribute('aria-checked'), 'false');
  world.server.accelerator = null;
  assert.deepEqual(page.problems, []);
  await page.context().close();
});

test('models: a part goes to its file and back, is kept alone; a folder of elsewhere is added and removed', { skip: real_url !== undefined }, async () => {
  const page = await open_page(world, '/models');
  await page.getByRole('button', { name: 'Reload' }).click();
  await page.getByRole('radio', { name: 'VAE in memory' }).waitFor();
  await page.getByRole('radio', { name: 'VAE in file' }).click();
  await page.getByText('VAE: 335 MB returned').waitFor();
  assert.equal(await page.getByRole('radio', { name: 'VAE in file' }).getAttribute('aria-checked'), 'true');
  assert.equal(await page.getByRole('radio', { name: 'UNet in memory' }).getAttribute('aria-checked'), 'true');
  assert.equal(await page.getByRole('radio', { name: 'UNet on an accelerator' }).isDisabled(), true);
  await page.getByRole('button', { name: 'Keep UNet in memory' }).click();
  await page.waitForFunction(() => document.querySelector('[aria-label="Keep UNet in memory"]').getAttribute('aria-pressed') === 'true');
  await page.getByRole('link', { name: /^Folders/ }).click();
  await page.getByRole('textbox', { name: 'Folder', exact: true }).fill('webui');
  await page.getByRole('button', { name: 'Add folder' }).click();
  await page.getByText('begins with /').waitFor();
  await page.getByRole('textbox', { name: 'Folder', exact: true }).fill('/programs/webui');
  await page.getByRole('button', { name: 'Add folder' }).click();
  await page.getByText('Found 6 checkpoints, 24 LoRA, 3 VAE').waitFor();
  await page.getByRole('button', { name: 'Remove webui' }).click();
  await page.getByText('No folder was added yet').waitFor();
  assert.deepEqual(page.problems, []);
  await page.context().close();
});

test('settings apply at once and can be undone', { skip: real_url !== undefined }, async () => {
  const page = await open_page(world, '/settings');
  await page.getByRole('switch', { name: 'Save to dirs' }).click();
  await page.getByText('Save to dirs is false').waitFor();
  await page.getByRole('button', { name: 'Undo' }).click();
  await page.waitForFunction(() => document.querySelector('[role=switch]').getAttribute('aria-checked') === 'true');
  await page.getByRole('combobox', { name: 'Show progress type' }).click();
  await page.getByRole('option', { name: /^Full/ }).click();
  await page.getByText('Show progress type is Full').waitFor();
  await page.getByRole('link', { name: 'Appearance' }).click();
  await page.getByRole('radio', { name: 'Light', exact: true }).click();
  assert.equal(await page.evaluate(() => document.documentElement.dataset.theme), 'light');
  assert.deepEqual(page.problems, []);
  await page.context().close();
});

test('the palette sets values, goes to places and finds controls by both names', async () => {
  const page = await open_generate(world);
  const run = async (text) => {
    await page.keyboard.press('Control+k');
    await page.getByRole('combobox', { name: 'Search or run a command' }).fill(text);
    await page.getByRole('option').first().waitFor();
    await page.keyboard.press('Enter');
  };
  await run('steps 31');
  await run('sampler euler a');
  await run('size 192 256');
  await run('seed 4711');
  await run('Sampling steps');
  assert.equal(await page.getByRole('spinbutton', { name: 'Steps', exact: true }).inputValue(), '31');
  assert.match(await page.getByRole('combobox', { name: 'Sampler', exact: true }).innerText(), /Euler a/);
  assert.equal(await page.getByRole('spinbutton', { name: 'Height', exact: true }).inputValue(), '256');
  assert.equal(await page.getByRole('spinbutton', { name: 'Seed', exact: true }).inputValue(), '4711');
  await run('theme light');
  assert.equal(await page.evaluate(() => document.documentElement.dataset.theme), 'light');
  await run('gallery');
  await page.waitForURL(/\/gallery$/);
  await page.keyboard.press('1');
  await page.keyboard.press('?');
  await page.getByRole('dialog', { name: 'Keys' }).waitFor();
  await page.keyboard.press('Escape');
  assert.deepEqual(page.problems, []);
  await page.context().close();
});

test('a dropped picture shows its recipe and changes nothing until it is taken', { skip: real_url !== undefined }, async () => {
  const page = await open_generate(world);
  await prompt_of(page).fill('my own words');
  const bytes = png(16, 16, () => [200, 100, 50], 'a fox in snow\nSteps: 33, Sampler: Euler a, CFG scale: 5.5, Seed: 99, Size: 128x192, Face restoration: CodeFormer');
  await page.evaluate((data) => {
    const transfer = new DataTransfer();
    transfer.items.add(new File([Uint8Array.from(data)], 'fox.png', { type: 'image/png' }));
    for (const type of ['dragenter', 'dragover', 'drop']) document.body.dispatchEvent(new DragEvent(type, { dataTransfer: transfer, bubbles: true, cancelable: true }));
  }, [...bytes]);
  await page.getByRole('region', { name: 'Could not be honoured' }).waitFor();
  assert.equal(await prompt_of(page).inputValue(), 'my own words');
  await page.getByRole('button', { name: 'Take over Steps' }).click();
  await page.getByRole('radio', { name: 'All settings' }).click();
  assert.equal(await page.getByRole('spinbutton', { name: 'Steps', exact: true }).inputValue(), '33');
  await page.getByRole('button', { name: 'Use all', exact: true }).click();
  assert.equal(await prompt_of(page).inputValue(), 'a fox in snow');
  assert.equal(await page.getByRole('spinbutton', { name: 'Seed', exact: true }).inputValue(), '99');
  await page.getByRole('button', { name: 'Undo' }).last().click();
  assert.equal(await prompt_of(page).inputValue(), 'my own words');
  assert.deepEqual(page.problems, []);
  await page.context().close();
});

/** Controls without a name, and content that sticks out sideways. */
function faults() {
  const found = [];
  if (document.documentElement.scrollWidth > window.innerWidth) found.push(`the page is ${document.documentElement.scrollWidth} wide in a window of ${window.innerWidth}`);
  const is_seen = (element) => element.getClientRects().length > 0;
  for (const element of document.querySelectorAll('button, a[href], input, textarea, select, [role=slider], [role=option], [role=application]')) {
    const name = element.getAttribute('aria-label') ?? (element.labels?.[0]?.textContent || element.textContent);
    if (is_seen(element) && name.trim() === '') found.push(`no name: ${element.outerHTML.slice(0, 120)}`);
  }
  for (const image of document.querySelectorAll('img:not([alt])')) found.push(`no alt: ${image.outerHTML.slice(0, 120)}`);
  if (document.querySelectorAll('h1').length !== 1) found.push(`${document.querySelectorAll('h1').length} h1`);
  const ids = [...document.querySelectorAll('[id]')].map((element) => element.id);
  for (const id of ids.filter((one, i) => ids.indexOf(one) !== i)) found.push(`id twice: ${id}`);
  for (const element of document.querySelectorAll('.top-bar *, .deck *, .phone-buttons *')) {
    const box = element.getBoundingClientRect();
    if (is_seen(element) && !element.closest('.spoken') && box.right > window.innerWidth + 1) found.push(`sticks out: ${element.outerHTML.slice(0, 100)}`);
  }
  return found;
}

test('every place, every width, both themes: named controls, one heading, nothing sticks out', async () => {
  for (const [name, size] of Object.entries(sizes)) {
    for (const path of ['/', '/?mode=inpaint', '/gallery', '/models', '/settings', '/queue']) {
      const page = await open_page(world, path, { size, theme: name === 'middle' ? 'light' : 'dark' });
      await page.waitForTimeout(200);
      assert.deepEqual(await page.evaluate(faults), [], `${path} at ${size.width}`);
      assert.deepEqual(page.problems, [], `${path} at ${size.width}`);
      await page.context().close();
    }
  }
});

test('keyboard only: Tab reaches the main controls, focus is always seen', async () => {
  const page = await open_generate(world);
  await page.evaluate(() => document.activeElement.blur());
  const reached = new Set();
  for (let i = 0; i < 60; ++i) {
    await page.keyboard.press('Tab');
    const seen = await page.evaluate(() => {
      const element = document.activeElement;
      const box = element.getBoundingClientRect();
      return { name: element.getAttribute('aria-label') ?? element.textContent, is_inside: box.bottom > 0 && box.top < window.innerHeight && box.width > 0 };
    });
    assert.ok(seen.is_inside, `focus is out of sight: ${seen.name}`);
    reached.add(seen.name.trim());
  }
  for (const name of ['Prompt', 'Negative prompt', 'Generate', 'Checkpoint', 'Paste recipe', 'Prompt history', 'Clear prompts', 'Seed']) assert.ok(reached.has(name), `${name} is not reached; ${[...reached].join(' | ')}`);
  await page.context().close();
});
