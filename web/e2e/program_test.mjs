// What only the program itself can show: real pictures, their recipes, the memory of the model. DARKROOM_URL names it.
import assert from 'node:assert/strict';
import test from 'node:test';
import { open_first_visit, open_generate, open_page, prompt_of, real_url, set_number, use_browser } from './browser.mjs';

const world = use_browser();
const skip = real_url === undefined;
const prompt = 'a red apple, noto style, on a white background';

async function all_settings(page) {
  await page.getByRole('radio', { name: 'All settings' }).click();
}

/** Few steps: these tests are about the page, and the machine may be busy. */
async function open_quick(options) {
  const page = await open_generate(world, options);
  await all_settings(page);
  await set_number(page, 'Steps', 4);
  return page;
}

async function make(page, words) {
  await prompt_of(page).fill(words);
  await prompt_of(page).press('Control+Enter');
}

/** Until the program has the picture: in the list there may be one of the same name, of an earlier test. */
async function make_and_wait(page, words) {
  const newest = async () => (await api(page, '/pictures?limit=1')).pictures[0]?.url;
  const before = await newest();
  await make(page, words);
  const deadline = Date.now() + 120_000;
  while (await newest() === before) {
    assert.ok(Date.now() < deadline, `no picture of ${words} in two minutes`);
    await page.waitForTimeout(50);
  }
}

const api = (page, path, body) => page.evaluate(async ([address, sent]) => (await fetch(`/api/v1${address}`, sent ? { method: 'POST', body: JSON.stringify(sent) } : {})).json(), [path, body]);

async function end(page) {
  assert.deepEqual(page.problems, []);
  await page.context().close();
}

test('first visit: one click on a sheet makes its picture', { skip }, async () => {
  const page = await open_first_visit(world);
  await page.getByRole('heading', { name: 'Eight sheets of paper. Click one.' }).waitFor();
  const sheet = page.getByRole('region', { name: 'First steps' }).getByRole('listitem').first();
  const words = (await sheet.getByRole('button').getAttribute('aria-label')).replace('Make ', '');
  await sheet.getByRole('button').click();
  await page.getByRole('button', { name: `Picture: ${words}, seed` }).waitFor();
  assert.equal(await prompt_of(page).inputValue(), words);
  await end(page);
});

test('a queue of four keeps its order in every tab, waits while paused, and is made', { skip }, async () => {
  const page = await open_quick();
  const other = await page.context().newPage();
  await other.goto(`${world.url}/queue`);
  await api(page, '/queue', { paused: true });
  for (const words of ['a blue fish', 'a green tree', 'a yellow star', 'a red car']) await make(page, words);
  const waiting = other.getByRole('list', { name: 'Waiting jobs' }).getByRole('listitem');
  await waiting.nth(3).waitFor();
  await other.getByText('Paused').first().waitFor();
  const order = async () => (await waiting.allInnerTexts()).map((text) => text.split('\n')[0]);
  assert.deepEqual(await order(), ['a blue fish', 'a green tree', 'a yellow star', 'a red car']);
  await page.keyboard.press('Escape');
  await page.getByRole('button', { name: /^Queue, Waiting/ }).click();
  const rows = page.getByRole('list', { name: 'Waiting jobs' }).getByRole('listitem');
  await rows.nth(3).focus();
  await page.keyboard.press('Alt+ArrowUp');
  await other.waitForFunction(() => /a red car/.test(document.querySelectorAll('.job-rows .job-row')[2]?.textContent ?? ''));
  assert.deepEqual(await order(), ['a blue fish', 'a green tree', 'a red car', 'a yellow star']);
  await other.getByRole('button', { name: 'Go on' }).first().click();
  await page.getByRole('option', { name: /^Picture: a yellow star/ }).first().waitFor();
  await end(page);
});

test("the page's own picture, dropped, restores every field", { skip }, async () => {
  const page = await open_quick();
  await page.getByRole('combobox', { name: 'Sampler', exact: true }).click();
  await page.getByRole('combobox', { name: 'Search Sampler' }).fill('euler a');
  await page.keyboard.press('Enter');
  for (const [name, value] of Object.entries({ Steps: 5, 'CFG scale': 5.5, 'CLIP skip': 2, Seed: 4711, Width: 64, Height: 96 })) await set_number(page, name, value);
  await page.getByRole('textbox', { name: 'Negative prompt' }).fill('blurry');
  const words = `${prompt} <lora:ink:0.5>`;
  await make_and_wait(page, words);
  await page.getByRole('option', { name: /^Picture: a red apple.*seed 4711/ }).first().waitFor();
  const bytes = await page.evaluate(async () => {
    const { pictures } = await (await fetch('/api/v1/pictures?limit=1')).json();
    return [...new Uint8Array(await (await fetch(pictures[0].url)).arrayBuffer())];
  });
  const form = async () => ({
    prompt: await prompt_of(page).inputValue(), negative: await page.getByRole('textbox', { name: 'Negative prompt' }).inputValue(), sampler: await page.getByRole('combobox', { name: 'Sampler', exact: true }).innerText(),
    ...Object.fromEntries(await Promise.all(['Steps', 'CFG scale', 'CLIP skip', 'Seed', 'Width', 'Height'].map(async (name) => [name, await page.getByRole('spinbutton', { name, exact: true }).inputValue()]))),
  });
  const before = await form();
  await page.getByRole('button', { name: 'Reset this form' }).click();
  await page.getByRole('button', { name: 'Clear prompts' }).click();
  await page.getByRole('button', { name: 'Variation' }).click();
  await set_number(page, 'Variation strength', 0.5); // not in the recipe: goes back to none
  await page.evaluate((data) => {
    const transfer = new DataTransfer();
    transfer.items.add(new File([Uint8Array.from(data)], 'apple.png', { type: 'image/png' }));
    for (const type of ['dragenter', 'dragover', 'drop']) document.body.dispatchEvent(new DragEvent(type, { dataTransfer: transfer, bubbles: true, cancelable: true }));
  }, bytes);
  await page.getByText('apple.png').waitFor();
  await page.getByRole('button', { name: 'Take over Size' }).click();
  assert.equal(await page.getByRole('spinbutton', { name: 'Height', exact: true }).inputValue(), '96');
  assert.notEqual((await form()).Seed, before.Seed);
  await page.getByRole('button', { name: 'Use all', exact: true }).click();
  assert.deepEqual(await form(), before);
  assert.equal(await page.getByRole('spinbutton', { name: 'Variation strength', exact: true }).inputValue(), '0');
  await end(page);
});

test('inpaint: what lies outside the drawn mask stays, what lies inside changes', { skip }, async () => {
  const page = await open_quick();
  await set_number(page, 'Seed', 12);
  await make_and_wait(page, prompt);
  await page.getByRole('img', { name: /^Picture: a red apple/ }).waitFor();
  await page.getByRole('button', { name: 'Send to' }).click();
  await page.getByRole('menuitem', { name: 'inpaint' }).click();
  const canvas = page.getByRole('application', { name: 'Mask canvas' });
  await page.getByRole('slider', { name: 'Brush' }).fill('24');
  const box = await canvas.boundingBox();
  await page.mouse.move(box.x + box.width * 0.5, box.y + box.height * 0.3);
  await page.mouse.down();
  await page.mouse.move(box.x + box.width * 0.5, box.y + box.height * 0.6, { steps: 6 });
  await page.mouse.up();
  await page.getByRole('tab', { name: 'Mask' }).click();
  await page.getByText(/% of the picture/).waitFor();
  await set_number(page, 'Denoising', 1);
  await make_and_wait(page, 'a blue fish, noto style');
  await page.getByRole('option', { name: /^Picture: a blue fish, noto style/ }).first().waitFor();
  const difference = await page.evaluate(async () => {
    const { pictures } = await (await fetch('/api/v1/pictures?limit=2')).json();
    const read = async ({ url, width, height }) => {
      const context = new OffscreenCanvas(width, height).getContext('2d');
      context.drawImage(await createImageBitmap(await (await fetch(url)).blob()), 0, 0);
      return context.getImageData(0, 0, width, height);
    };
    const [a, b] = [await read(pictures[0]), await read(pictures[1])];
    let [corner, middle] = [0, 0];
    for (let y = 0; y < a.height; ++y) for (let x = 0; x < a.width; ++x) {
      const at = 4 * (y * a.width + x), apart = Math.max(...[0, 1, 2].map((channel) => Math.abs(a.data[at + channel] - b.data[at + channel])));
      if (x < a.width / 8) corner = Math.max(corner, apart);
      if (x > a.width * 0.45 && x < a.width * 0.55 && y > a.height * 0.35 && y < a.height * 0.55) middle = Math.max(middle, apart);
    }
    return { corner, middle };
  });
  assert.ok(difference.corner <= 2 && difference.middle > 40, JSON.stringify(difference));
  await end(page);
});

test('LoRA: the slider changes the words, the words change the slider; an unknown name is answered with the nearest', { skip }, async () => {
  const page = await open_quick();
  await page.getByRole('tab', { name: /^LoRA/ }).click();
  await prompt_of(page).fill('a cat');
  await page.getByRole('option', { name: /^ink/ }).click();
  assert.equal(await prompt_of(page).inputValue(), 'a cat <lora:ink:1>');
  const slider = page.getByRole('slider', { name: 'Weight of ink' });
  await slider.press('ArrowLeft');
  assert.equal(await prompt_of(page).inputValue(), 'a cat <lora:ink:0.95>');
  await prompt_of(page).fill('a cat <lora:ink:0.4>');
  assert.equal(await slider.inputValue(), '0.4');
  await prompt_of(page).fill('a cat <lora:inc:0.4>');
  await page.getByText('nearest name: ink').waitFor();
  await page.getByRole('button', { name: 'Use it' }).click();
  assert.equal(await prompt_of(page).inputValue(), 'a cat <lora:ink:0.4>');
  await end(page);
});

test('a reload in the middle of a batch brings everything back', { skip }, async () => {
  const page = await open_quick();
  await set_number(page, 'Batch count', 4);
  await make(page, 'a sailing ship');
  await page.getByRole('option', { name: /^Picture: a sailing ship/ }).first().waitFor();
  await page.reload();
  assert.equal(await prompt_of(page).inputValue(), 'a sailing ship');
  await page.waitForFunction(() => document.querySelectorAll('.filmstrip img').length >= 4);
  await page.getByRole('button', { name: 'Generate 4' }).waitFor();
  const { jobs } = await api(page, '/jobs?state=finished&limit=20');
  assert.equal(jobs.filter((job) => job.title === 'a sailing ship').length >= 1, true);
  assert.equal(jobs[0].pictures.length, 4);
  await end(page);
});

test('Escape interrupts; the job counts as stopped', { skip }, async () => {
  const page = await open_quick();
  await set_number(page, 'Batch count', 30);
  await make(page, 'many boats');
  await page.getByRole('option', { name: /^Picture: many boats/ }).first().waitFor();
  await page.getByRole('button', { name: 'Interrupt' }).waitFor();
  await prompt_of(page).press('Escape');
  await page.getByRole('button', { name: 'Generate 30' }).waitFor();
  const { jobs } = await api(page, '/jobs?state=cancelled&limit=1');
  assert.equal(jobs[0].title, 'many boats');
  assert.ok(jobs[0].pictures.length >= 1 && jobs[0].pictures.length < 30);
  await end(page);
});

test('models: unload gives memory back, reload takes it again', { skip }, async () => {
  const page = await open_page(world, '/models');
  await page.getByRole('button', { name: 'Reload', exact: true }).click();
  await page.getByText(/^Reloaded in/).waitFor();
  await page.getByRole('radio', { name: 'UNet in memory' }).click();
  await page.getByRole('radio', { name: 'UNet in memory', checked: true }).waitFor();
  await page.getByRole('radio', { name: 'UNet in file' }).click();
  await page.getByText(/^UNet: .* returned$/).waitFor();
  await page.getByRole('radio', { name: 'UNet in file', checked: true }).waitFor();
  await page.getByRole('button', { name: 'Unload checkpoint' }).click();
  await page.getByText(/^[\d.]+ \w+ returned$/).waitFor();
  await page.getByText('Nothing is loaded.').waitFor();
  await page.getByRole('button', { name: 'Reload', exact: true }).click();
  await page.getByRole('row', { name: /^UNet / }).waitFor();
  await end(page);
});
