// The acceptance list of the page, line by line, on a program of the test's own: keys alone, a first visit, reloads, kills, a slow line, six
// tabs, options that explain themselves, pictures of elsewhere. What takes long to say in words is measured, and told as a diagnostic.
import assert from 'node:assert/strict';
import { after, before, beforeEach, test } from 'node:test';
import { open_generate, open_page, prompt_of, set_number, use_browser } from './browser.mjs';
import { has_program, OwnProgram } from './own_program.mjs';
import { png } from './png.mjs';

const world = use_browser({ patience: 120_000 });
const skip = !has_program;
let darkroom;

before(async () => {
  if (skip) return;
  darkroom = new OwnProgram();
  world.url = await darkroom.start();
});
after(() => darkroom?.close());

const api = async (path, body) => (await fetch(`${world.url}/api/v1${path}`, body ? { method: 'POST', body: JSON.stringify(body) } : {})).json();

async function until(what, patience = 120_000) {
  const end = Date.now() + patience;
  for (;;) {
    const value = await what();
    if (value) return value;
    if (Date.now() > end) throw new Error(`did not come true within ${patience} ms: ${what}`);
    await new Promise((done) => setTimeout(done, 100));
  }
}

/** Jobs of a test that failed do not keep the next one waiting. */
beforeEach(async () => {
  if (skip) return;
  const { jobs } = await api('/jobs?state=waiting,running&limit=1000');
  for (const { id } of jobs) await fetch(`${world.url}/api/v1/jobs/${id}`, { method: 'DELETE' });
});

/** A picture to begin with. */
async function picture_there() {
  const { id } = await api('/jobs', { kind: 'generate', request: { prompt: 'a yellow pear, noto style', steps: 4 } });
  await until(async () => (await api(`/jobs/${id}`)).state === 'finished');
}

async function end(page) {
  assert.deepEqual(page.problems, []);
  await page.context().close();
}

/** Three pictures to train with. Each test can run alone, so whoever comes first puts them there. */
async function signs_there() {
  if ((await api('/train')).datasets.some(({ name }) => name === 'signs')) return;
  await api('/train/datasets', { name: 'signs', folder: '4_sign' });
  for (const kind of [0, 1, 2]) {
    const picture = png(128, 128, (x, y) => ((x - 64) ** 2 + (y - 64) ** 2 < 900 + 900 * kind ? [20, 20, 20] : [255, 255, 255]));
    await fetch(`${world.url}/api/v1/train/datasets/signs/4_sign?name=sign${kind}.png`, { method: 'POST', body: picture });
  }
}

/** A run that is a draft, to ask what its options mean. */
async function draft_there() {
  await signs_there();
  if ((await api('/train')).runs.some(({ name }) => name === 'explained')) return;
  await api('/train/runs', { name: 'explained' });
  await api('/train/runs/explained/draft', { dataset: 'signs' });
}

/** Runs over those pictures. */
async function runs_to_train(names, steps) {
  await signs_there();
  for (const [i, name] of names.entries()) {
    await api('/train/runs', { name });
    await api(`/train/runs/${name}/draft`, { dataset: 'signs', options: { resolution: '64', network_dim: String(2 + 2 * i), max_train_steps: String(steps) } });
  }
}

// Line 3. First, on a program that has made nothing.
test('3: first visit: one click to a picture, nothing asked before', { skip }, async (t) => {
  await fetch(`${world.url}/internal/ping`);
  const page = await open_page(world);
  const sheet = page.getByRole('button', { name: /^Make a red apple/ });
  await sheet.waitFor();
  assert.equal(await page.getByRole('dialog').count(), 0);
  // In the page, frame by frame: a locator looks every half a second.
  const shown = page.waitForFunction(() => {
    const picture = document.querySelector('[aria-label^="Picture: a red apple"] img');
    return picture?.complete && picture.naturalWidth > 0 && performance.now() - window.clicked;
  });
  await page.evaluate(() => addEventListener('click', () => { window.clicked ??= performance.now(); }, { capture: true }));
  await sheet.click();
  t.diagnostic(`one click to a picture: ${((await (await shown).jsonValue()) / 1000).toFixed(2)} s`);
  await end(page);
});

// Line 2.

/** The accessible name of what has the focus, and whether it can be seen that it has. */
const focused = (page) => page.evaluate(() => {
  const element = document.activeElement;
  if (!element || element === document.body) return { name: '', role: '', is_seen: true };
  const labels = [...(element.labels ?? [])].map((label) => label.textContent).join(' ');
  const { outlineStyle, outlineWidth, boxShadow } = getComputedStyle(element);
  const around = element.closest('.row, .search-box, .segmented, .segment, .prompt-box, .check-row, label');
  const rings = [element, around].filter(Boolean).map((one) => getComputedStyle(one));
  const box = element.getBoundingClientRect();
  return {
    name: (element.getAttribute('aria-label') ?? (labels || element.textContent)).replace(/\s+/g, ' ').trim(),
    role: element.getAttribute('role') ?? element.tagName.toLowerCase(),
    is_seen: rings.some((ring) => (ring.outlineStyle !== 'none' && parseFloat(ring.outlineWidth) >= 1) || ring.boxShadow !== 'none') && box.bottom > 0 && box.top < window.innerHeight,
    facts: `${outlineStyle} ${outlineWidth} ${boxShadow}`,
  };
});

/** Tab, as often as it takes, to a control of this name; every stop on the way shows that it has the focus. */
async function tab_to(page, name, { back = false, most = 400 } = {}) {
  const passed = [];
  for (let i = 0; i < most; ++i) {
    await page.keyboard.press(back ? 'Shift+Tab' : 'Tab');
    const here = await focused(page);
    passed.push(here.name);
    assert.ok(here.is_seen, `the focus is not seen on ${here.role} ${here.name} (${here.facts})`);
    if (typeof name === 'string' ? here.name === name : name.test(here.name)) return here;
  }
  throw new Error(`Tab does not reach ${name}: ${[...new Set(passed)].join(' | ')}`);
}

async function type_into(page, name, text, options) {
  await tab_to(page, name, options);
  await page.keyboard.press('Control+a');
  await page.keyboard.type(text);
}

/** Opens a list by its name, types, and takes the first. */
async function choose_by_keys(page, name, text) {
  await tab_to(page, name);
  await page.keyboard.press('Enter');
  await page.keyboard.type(text);
  await page.keyboard.press('Enter');
}

/** A group of radio buttons: arrows until this one is chosen. */
async function pick_by_keys(page, label) {
  for (let i = 0; i < 6; ++i) {
    if ((await focused(page)).name === label) return;
    await page.keyboard.press('ArrowRight');
  }
  throw new Error(`arrows do not reach ${label}`);
}

test('2: by keys alone: a picture, a weight, a LoRA', { skip }, async () => {
  const page = await open_generate(world);
  await page.keyboard.press('Escape');
  await tab_to(page, 'Prompt');
  await page.keyboard.type('a red apple <ink');
  await page.getByRole('listbox', { name: 'Completions' }).waitFor();
  await page.keyboard.press('Tab');
  assert.match(await prompt_of(page).inputValue(), /<lora:ink:1>$/);
  await page.keyboard.press('Home');
  for (let i = 0; i < 3; ++i) await page.keyboard.press('ArrowRight');
  await page.keyboard.press('Control+ArrowUp');
  assert.match(await prompt_of(page).inputValue(), /^a \(red:1.1\) apple/);
  await page.keyboard.press('Control+Enter');
  await page.getByRole('img', { name: /^Picture: a .red:1.1. apple/ }).waitFor();
  await end(page);
});

test('2: by keys alone: a rectangle is inpainted', { skip }, async () => {
  await picture_there();
  const page = await open_generate(world);
  await tab_to(page, 'txt2img');
  await pick_by_keys(page, 'inpaint');
  await tab_to(page, /^Use picture/);
  await page.keyboard.press('Enter');
  await page.getByRole('application', { name: 'Mask canvas' }).waitFor();
  await tab_to(page, /^Mask canvas/);
  await page.keyboard.press('m');
  for (let i = 0; i < 2; ++i) await page.keyboard.press('ArrowRight');
  await page.keyboard.press('Enter');
  await page.getByText(/% of the picture/).waitFor();
  await type_into(page, 'Prompt', 'a blue fish, noto style');
  await page.keyboard.press('Control+Enter');
  await page.getByRole('option', { name: /^Picture: a blue fish, noto style, seed/ }).first().waitFor();
  const [picture] = (await api('/pictures?limit=1')).pictures;
  assert.match((await api(`/pictures/${picture.id}`)).infotext, /Mask blur: 4/);
  await end(page);
});

test('2: by keys alone: a plot', { skip }, async () => {
  const page = await open_generate(world);
  await tab_to(page, 'Essentials');
  await pick_by_keys(page, 'All settings');
  await tab_to(page, 'X/Y/Z plot');
  await page.keyboard.press('Space');
  await choose_by_keys(page, 'X axis', 'Steps');
  await type_into(page, 'X values', '2, 3');
  await page.getByText('2 cells', { exact: true }).first().waitFor();
  await page.keyboard.press('Control+Enter');
  await page.getByRole('button', { name: 'Cell Steps: 3' }).waitFor();
  await end(page);
});

test('2: by keys alone: a training is started and stopped, two runs are compared', { skip }, async () => {
  await runs_to_train(['first', 'second'], 2000);
  const page = await open_page(world, '/');
  await page.evaluate(() => document.activeElement.blur());
  await page.keyboard.press('3');
  await tab_to(page, 'first');
  await page.keyboard.press('Enter');
  await tab_to(page, 'Start run');
  await page.keyboard.press('Enter');
  await page.getByText(/Step [\d,]+ of 2,000/).first().waitFor();
  await tab_to(page, /^Stop/);
  await page.keyboard.press('Enter');
  await page.getByText('stopped, can go on').first().waitFor();
  await api('/train/runs/second/start', { options: { resolution: '64', network_dim: '4', max_train_steps: '10' } });
  await until(async () => (await api('/train/runs/second')).state === 'finished');
  await page.goto(`${world.url}/train`);
  for (const name of ['first', 'second']) {
    await tab_to(page, `Compare ${name}`);
    await page.keyboard.press('Space');
  }
  await page.getByRole('region', { name: 'What differs' }).getByText('Rank', { exact: true }).waitFor();
  await end(page);
});

test('2: by keys alone: the model is unloaded and comes back', { skip }, async () => {
  const page = await open_page(world, '/');
  await page.evaluate(() => document.activeElement.blur());
  await page.keyboard.press('5');
  await tab_to(page, 'Reload');
  await page.keyboard.press('Enter');
  await page.getByText(/^Reloaded in/).waitFor();
  await tab_to(page, 'Unload checkpoint', { back: true });
  await page.keyboard.press('Enter');
  await page.getByText('Nothing is loaded.').waitFor();
  await end(page);
});

// Line 4.
test('4: a reload in the middle of a batch, with a mask and words not sent', { skip }, async () => {
  await picture_there();
  const page = await open_generate(world);
  await page.getByRole('radio', { name: 'All settings' }).click();
  await page.getByRole('radio', { name: 'inpaint', exact: true }).click();
  await page.getByRole('button', { name: /^Use picture/ }).first().click();
  const canvas = page.getByRole('application', { name: 'Mask canvas' });
  await canvas.focus();
  await page.keyboard.press('m');
  await page.keyboard.press('ArrowRight');
  await page.keyboard.press('Enter');
  await page.getByRole('tab', { name: 'Mask' }).click();
  const share = await page.getByText(/% of the picture/).innerText();
  await set_number(page, 'Steps', 80); // the batch outlives the reload
  await set_number(page, 'Batch count', 4);
  await prompt_of(page).fill('a green tree');
  await prompt_of(page).press('Control+Enter');
  await page.getByRole('option', { name: /^Picture: a green tree/ }).first().waitFor();
  await prompt_of(page).fill('words that were never sent');
  await page.reload();
  assert.equal(await prompt_of(page).inputValue(), 'words that were never sent');
  await page.getByRole('progressbar', { name: 'Progress', exact: true }).waitFor();
  const previews = [];
  page.on('request', (request) => { if (/\/preview\?/.test(request.url())) previews.push(request.url()); });
  await until(() => previews.length > 0);
  await page.getByRole('option', { name: 'Source picture' }).click();
  await page.getByRole('application', { name: 'Mask canvas' }).waitFor();
  await page.getByRole('tab', { name: 'Mask' }).click();
  await page.getByText(share).waitFor();
  await page.waitForFunction(() => document.querySelectorAll('.filmstrip [aria-label^="Picture: a green tree"]').length === 4);
  const { jobs } = await api('/jobs?state=finished&limit=20');
  assert.deepEqual(jobs.filter((job) => job.title === 'a green tree').map((job) => job.pictures.length), [4]);
  await end(page);
});

// Line 5.
test('5: the server is killed and started again with the page open', { skip }, async (t) => {
  const page = await open_generate(world);
  await page.getByRole('radio', { name: 'All settings' }).click();
  await set_number(page, 'Steps', 8);
  await set_number(page, 'Batch count', 3);
  for (const words of ['a yellow star', 'a red car', 'a white cup']) {
    await prompt_of(page).fill(words);
    await prompt_of(page).press('Control+Enter');
  }
  await page.getByRole('option', { name: /^Picture: a yellow star/ }).first().waitFor();
  await prompt_of(page).fill('a draft');
  await darkroom.kill();
  const start = Date.now();
  await page.getByText(/Not connected since/).waitFor({ timeout: 11_000 });
  t.diagnostic(`banner after ${((Date.now() - start) / 1000).toFixed(1)} s`);
  await darkroom.start();
  await page.getByText('Darkroom restarted.').waitFor({ timeout: 30_000 });
  await page.getByText(/Not connected since/).waitFor({ state: 'detached' });
  for (const words of ['a yellow star', 'a red car', 'a white cup'])
    await page.waitForFunction((name) => document.querySelectorAll(`.filmstrip [aria-label^="Picture: ${name}"]`).length === 3, words);
  assert.equal(await prompt_of(page).inputValue(), 'a draft');
  const { jobs } = await api('/jobs?state=waiting,running,finished,failed,cancelled&limit=200');
  for (const words of ['a yellow star', 'a red car', 'a white cup']) {
    const made = jobs.filter((job) => job.title === words);
    assert.deepEqual(made.map((job) => [job.state, job.pictures.length]), [['finished', 3]], words);
    assert.equal(new Set(made[0].pictures.map((picture) => picture.seed)).size, 3);
  }
  await end(page);
});

// Line 6.

async function slow_line(page) {
  const line = await page.context().newCDPSession(page);
  await line.send('Network.enable');
  await line.send('Network.emulateNetworkConditions', { offline: false, latency: 300, downloadThroughput: 100_000, uploadThroughput: 100_000 });
}

/** From a key to the next frame, in milliseconds, for each letter. */
async function typing_times(page, words) {
  await prompt_of(page).focus();
  await page.evaluate(() => {
    window.typed = [];
    const box = document.querySelector('textarea[aria-label="Prompt"]');
    box.addEventListener('keydown', (event) => { const from = event.timeStamp; requestAnimationFrame(() => { const channel = new MessageChannel(); channel.port1.onmessage = () => window.typed.push(performance.now() - from); channel.port2.postMessage(0); }); });
  });
  await page.keyboard.type(words, { delay: 60 });
  return page.evaluate(() => [...window.typed].sort((a, b) => a - b));
}

test('6: a slow line: typing does not wait, previews skip, pictures arrive', { skip }, async (t) => {
  const page = await open_generate(world);
  await page.getByRole('radio', { name: 'All settings' }).click();
  await set_number(page, 'Steps', 40);
  await slow_line(page);
  let previews = 0;
  page.on('requestfinished', (request) => { if (/\/preview\?/.test(request.url())) ++previews; });
  await prompt_of(page).fill('a sailing ship');
  await prompt_of(page).press('Control+Enter');
  await page.getByRole('progressbar', { name: 'Progress', exact: true }).waitFor();
  const times = await typing_times(page, ', and words typed meanwhile');
  await page.getByRole('option', { name: /^Picture: a sailing ship, seed/ }).first().waitFor();
  const median = times[Math.floor(times.length / 2)];
  t.diagnostic(`key to frame: median ${median.toFixed(0)} ms, longest ${times.at(-1).toFixed(0)} ms; ${previews} previews of 40 steps`);
  assert.ok(median <= 50, `${median} ms`);
  assert.ok(previews < 40, `${previews} previews`);
  assert.equal(await prompt_of(page).inputValue(), 'a sailing ship, and words typed meanwhile');
  await end(page);
});

test('6: six tabs are open and all of them work', { skip }, async () => {
  const first = await open_generate(world);
  const pages = [first];
  for (let i = 1; i < 6; ++i) {
    const page = await first.context().newPage();
    page.setDefaultTimeout(60_000);
    await page.goto(world.url);
    await prompt_of(page).waitFor();
    pages.push(page);
  }
  for (const [i, page] of pages.entries()) {
    await page.bringToFront();
    await prompt_of(page).fill(`a tab of number ${i}`);
    await prompt_of(page).press('Control+Enter');
  }
  for (const [i, page] of pages.entries()) {
    await page.bringToFront();
    await page.getByRole('option', { name: new RegExp(`^Picture: a tab of number ${i}, seed`) }).first().waitFor();
  }
  await end(first);
});

// Lines 7 and 8.
test('8: what a label of Generate explains is what --explain says', { skip }, async () => {
  const { fields } = await api('/explain', { request: { prompt: 'a red apple' } });
  const told = darkroom.says('generate', 'a red apple', '--explain');
  for (const { name, words, now } of fields) assert.ok(told.includes(`    ${words}\n${now === '' ? '' : `    now: ${now}\n`}`), name);
  const page = await open_generate(world);
  await page.getByRole('radio', { name: 'All settings' }).click(); // Essentials has no CFG scale
  await prompt_of(page).fill('a red apple');
  const cfg = fields.find(({ name }) => name === 'cfg_scale');
  await page.getByRole('button', { name: 'Explain CFG scale' }).click();
  const dialog = page.getByRole('dialog', { name: 'CFG scale, explained' });
  await dialog.getByText(cfg.now).waitFor();
  const shown = await dialog.locator('.explanation-text').evaluate((box) => [...box.querySelectorAll(':scope > p:not([class]), :scope > pre')].map((block) => block.textContent));
  assert.equal(shown.filter((text) => text !== 'Measure it on this prompt').join(' ').replace(/\s+/g, ' ').trim(), cfg.words);
  assert.deepEqual(await dialog.locator('pre.formula').allTextContents(), ['uncond + 4 x (cond - uncond),', 'cond + 3 x (cond - uncond):'], 'set as formulas, at the value of the form');
  await end(page);
});

test('7, 8: every option has a sentence; what one does now is what --explain says', { skip }, async (t) => {
  await draft_there();
  const { options } = await api('/train');
  const { effects, values, commands } = await api('/train/runs/explained/explain', {});
  const page = await open_page(world, '/train/explained/options');
  await page.locator('[data-option=network_alpha] .option-effect p').waitFor();
  const shown = await page.evaluate(() => Object.fromEntries([...document.querySelectorAll('.option-row[data-option]')].map((row) => [row.dataset.option, { words: row.querySelector('.option-name p').textContent.trim(), effect: row.querySelector('.option-effect').textContent.trim() }])));
  assert.deepEqual(Object.keys(shown).sort(), options.map(({ name }) => name).sort());
  assert.deepEqual(Object.entries(shown).filter(([, { words }]) => words.length < 5).map(([name]) => name), []);
  const silent = Object.entries(shown).filter(([, { effect }]) => effect === '').map(([name]) => name);
  assert.deepEqual(silent, []);
  t.diagnostic(`${Object.keys(shown).length} options, each with a sentence and an effect line`);
  const told = darkroom.says('train', '--explain', ...commands.darkroom.replace(/\\\n/g, ' ').trim().split(/\s+/).slice(2));
  for (const name of Object.keys(effects).filter((one) => shown[one])) {
    assert.ok(told.includes(effects[name]), `${name}: ${effects[name]} is not in --explain`);
    assert.equal(shown[name].effect.toLowerCase().replace('no effect now', 'no effect').replace(/\.$/, ''), effects[name].toLowerCase().replace(/\.$/, ''), name);
    assert.ok(values[name] !== undefined);
  }
  await end(page);
});

const contradictions = [
  ['Prodigy, unequal rates', { optimizer_type: 'Prodigy', learning_rate: '1', unet_lr: '1', text_encoder_lr: '0.5' }],
  ['Prodigy with restarts', { optimizer_type: 'Prodigy', learning_rate: '1', lr_scheduler: 'cosine_with_restarts', lr_scheduler_num_cycles: '3' }],
  ['constant with warm-up', { lr_scheduler: 'constant', lr_warmup_steps: '100' }],
];

for (const [name, options] of contradictions) {
  test(`7: refused, with ways out that work: ${name}`, { skip }, async () => {
    await draft_there();
    const { problem } = await api('/train/runs/explained/explain', { options });
    assert.ok(problem, 'it is refused');
    assert.ok(problem.remedies.length >= 1, problem.text);
    for (const { label, changes } of problem.remedies) {
      const settled = { ...options };
      for (const [option, value] of Object.entries(changes)) if (value === null) delete settled[option]; else settled[option] = value;
      assert.equal((await api('/train/runs/explained/explain', { options: settled })).problem, null, label);
    }
  });
}

// Line 9; the page's own pictures: program_test.mjs.
test('9: a picture of A1111 1.6 lists what could not be honoured', { skip }, async () => {
  const page = await open_generate(world);
  const infotext = 'a fox in snow <lora:none_such:0.8>\nNegative prompt: blurry\nSteps: 33, Sampler: DPM++ 2M Karras, CFG scale: 5.5, Seed: 99, Face restoration: CodeFormer, Size: 128x192, Model hash: 6ce0161689, Model: v1-5-pruned-emaonly, Token merging ratio: 0.5, Version: v1.6.0';
  await page.evaluate((data) => {
    const transfer = new DataTransfer();
    transfer.items.add(new File([Uint8Array.from(data)], 'fox.png', { type: 'image/png' }));
    for (const type of ['dragenter', 'dragover', 'drop']) document.body.dispatchEvent(new DragEvent(type, { dataTransfer: transfer, bubbles: true, cancelable: true }));
  }, [...png(16, 16, () => [200, 100, 50], infotext)]);
  const list = page.getByRole('region', { name: 'Could not be honoured' });
  await list.waitFor();
  for (const key of ['Face restoration', 'Token merging ratio']) await list.getByText(key).first().waitFor();
  await page.getByRole('button', { name: 'Use all', exact: true }).click();
  await page.getByRole('radio', { name: 'All settings' }).click();
  assert.equal(await page.getByRole('spinbutton', { name: 'Seed', exact: true }).inputValue(), '99');
  assert.match(await page.getByRole('combobox', { name: 'Sampler', exact: true }).innerText(), /DPM\+\+ 2M/);
  assert.match(await page.getByRole('combobox', { name: 'Schedule', exact: true }).innerText(), /Karras/);
  await end(page);
});
