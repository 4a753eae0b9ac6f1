// The pictures of docs/web.md: every place, dark, light and 390 pixels wide, as WebP, of a program that DARKROOM_URL names. What they show is
// made first: sixteen pictures, a mask, two runs and a draft of one, two reports. The looks middle and middle_light, 1024 pixels wide, are taken where they are named.
// DARKROOM_URL=http://127.0.0.1:7860 node tools/pictures.mjs FOLDER [PLACE or LOOK ...]
import fs from 'node:fs';
import { chromium } from 'playwright-core';
import { png } from '../e2e/png.mjs';

const [url, folder] = [process.env.DARKROOM_URL, process.argv[2]];
if (!url || !folder) throw new Error('pictures: DARKROOM_URL=http://... node tools/pictures.mjs FOLDER');
fs.mkdirSync(folder, { recursive: true });

const api = async (path, body) => (await fetch(`${url}/api/v1${path}`, body ? { method: 'POST', body: JSON.stringify(body) } : {})).json();
const things = ['a red apple, noto style, on a white background', 'a rocket, noto style, on a black background', 'an owl, noto style, on a yellow background', 'a fox, fluent style, on a green background', 'a birthday cake, fluent style, on a pink background', 'a snowman, noto style, on a light blue background', 'a guitar, noto style, on a white background', 'a bowl of noodles, fluent style, on a light blue background'];

/** Asks until the answer is not nothing; what never comes true is said instead of waited for. */
async function until(what, words, patience_s = 60) {
  const end = Date.now() + 1000 * patience_s;
  for (;;) {
    const value = await what();
    if (value) return value;
    if (Date.now() > end) throw new Error(`pictures: waited ${patience_s} s for ${words}`);
    await new Promise((done) => setTimeout(done, 100));
  }
}

const ended = (id) => until(async () => { const job = await api(`/jobs/${id}`); return ['finished', 'failed', 'cancelled'].includes(job.state) && job; }, `job ${id} to end`, 900);
const make = async (body) => ended((await api('/jobs', body)).id);

/** A run that was never started, with one thing to settle. */
const draft = () => api('/train/runs', { name: 'ink_sign-03', dataset: 'signs', prompts: 'a red apple, on a white background', options: {
  network_dim: '16', network_alpha: '8', optimizer_type: 'Prodigy', learning_rate: '1', lr_scheduler: 'cosine_with_restarts', lr_scheduler_num_cycles: '3', max_train_steps: '600', resolution: '128', min_snr_gamma: '5', sample_every_n_steps: '100' } });

async function prepare() {
  if ((await api('/pictures?limit=1')).total < 16)
    for (const [i, prompt] of [...things, ...things.map((thing) => `${thing} <lora:ink:0.8>`)].entries()) await make({ kind: 'generate', request: { prompt, steps: 12, seed: 4711 + (i % 8) } });
  const reports = (await api('/jobs?state=finished&kind=lab&limit=20')).jobs.map((job) => job.request.report);
  if (!reports.includes('samplers')) await make({ kind: 'lab', report: 'samplers' });
  if (!reports.includes('guidance')) await make({ kind: 'lab', report: 'guidance', request: { prompt: things[0], steps: 8 }, cfg_scales: [1, 3, 7, 11] });
  const { runs } = await api('/train');
  for (const { id } of (await api('/jobs?state=waiting,running&limit=100')).jobs) await ended(id); // of an earlier time that was broken off
  if (!runs.some((run) => run.name === 'ink_sign-03')) await draft();
  if (runs.filter((run) => run.state === 'finished').length >= 2) return;
  await api('/train/datasets', { name: 'signs', folder: '4_ink sign' });
  for (const kind of [0, 1, 2, 3]) {
    const shape = (x, y) => [Math.hypot(x, y) < 40, Math.max(Math.abs(x), Math.abs(y)) < 32, Math.min(Math.abs(x), Math.abs(y)) < 12, Math.abs(x) + Math.abs(y) < 44][kind];
    await fetch(`${url}/api/v1/train/datasets/signs/4_ink%20sign?name=sign${kind}.png`, { method: 'POST', body: png(128, 128 + 32 * (kind % 2), (x, y) => (shape(x - 64, y - 64) ? [25, 20, 30] : [255, 255, 255])) });
    await api(`/train/datasets/signs/4_ink%20sign/sign${kind}.png/caption`, { caption: `a ${['disc', 'square', 'cross', 'diamond'][kind]}, in black ink` });
  }
  const options = { resolution: '64', network_dim: '4', max_train_steps: '240', learning_rate: '0.002', sample_every_n_steps: '40', validation_split: '0.25', validate_every_n_steps: '20', save_every_n_epochs: '5' };
  for (const [name, more] of [['ink_sign-01', {}], ['ink_sign-02', { network_alpha: '4', lr_scheduler: 'cosine', optimizer_type: 'Prodigy', learning_rate: '1', optimizer_args: 'd0=0.0001' }]]) {
    if (runs.some((run) => run.name === name)) continue;
    await api('/train/runs', { name });
    await ended((await api(`/train/runs/${name}/start`, { dataset: 'signs', prompts: 'a red apple, on a white background --w 64 --h 64 --s 6', options: { ...options, ...more } })).id);
  }
}

const click = (role, name) => async (page) => { await page.getByRole(role, { name }).first().click(); };

/** Through the palette, which is there at every width. */
async function command(page, words) {
  await page.keyboard.press('Control+k');
  await page.getByRole('combobox', { name: 'Search or run a command' }).fill(words);
  await page.getByRole('option').first().waitFor();
  await page.keyboard.press('Enter');
}

const shown_prompt = 'a (red:1.2) apple, noto style, on a light blue background <lora:ink:0.3>';

/** The second of four pictures, past its middle. */
async function running(page) {
  await command(page, 'batch count 4');
  await command(page, 'seed 4711');
  const prompt = page.getByRole('textbox', { name: 'Prompt', exact: true });
  await prompt.fill(shown_prompt);
  await prompt.press('Control+Enter');
  const job = await until(async () => {
    const [one] = (await api('/jobs?state=running&limit=1')).jobs;
    return one?.progress?.picture >= 2 && one.progress.step > 10 && one;
  }, 'the second of four pictures');
  await page.mouse.move(200, 300);
  await page.mouse.wheel(0, -1000); // the caret had brought the prompt into a phone's view
  await page.waitForTimeout(300);
  return async () => { await fetch(`${url}/api/v1/jobs/${job.id}`, { method: 'DELETE' }); await ended(job.id); };
}

/** The pictures do not show where on a machine they were made. */
function hide_places() {
  const walker = document.createTreeWalker(document.body, NodeFilter.SHOW_TEXT);
  while (walker.nextNode()) walker.currentNode.data = walker.currentNode.data.replace(/\/(?:[\w.-]+\/)*(models|datasets|runs)\//g, '$1/');
}

/** Words and formula of a label, beside the shelf of LoRA files. */
async function explained(page) {
  await page.getByRole('textbox', { name: 'Prompt', exact: true }).fill(shown_prompt);
  await page.getByRole('radio', { name: 'All settings' }).click();
  await page.getByRole('tab', { name: /^LoRA/ }).click();
  await page.getByRole('button', { name: 'Explain CFG scale' }).click();
}

async function masked(page, is_phone) {
  await page.getByRole('radio', { name: 'inpaint', exact: true }).click();
  await page.getByRole('button', { name: /^Use picture/ }).first().click();
  const box = await page.getByRole('application', { name: 'Mask canvas' }).boundingBox();
  await page.mouse.move(box.x + box.width * 0.5, box.y + box.height * 0.35);
  await page.mouse.down();
  await page.mouse.move(box.x + box.width * 0.55, box.y + box.height * 0.6, { steps: 8 });
  await page.mouse.up();
  if (!is_phone) {
    await page.getByRole('radio', { name: 'All settings' }).click();
    await page.getByRole('radio', { name: 'Masked only' }).click();
    await page.getByRole('tab', { name: 'Mask' }).click();
  }
}

async function queue_open(page, is_phone) {
  const first = await api('/jobs', { kind: 'generate', request: { prompt: things[4], steps: 150, n_iter: 4 } });
  for (const [i, prompt] of things.slice(0, 4).entries()) await api('/jobs', { kind: i === 2 ? 'xyz' : 'generate', request: { prompt }, ...(i === 2 ? { x: 'Steps: 4,8,12' } : {}) });
  await api('/jobs', { kind: 'lab', report: 'samplers' });
  if (!is_phone) await page.getByRole('button', { name: /^Queue, / }).click();
  await until(async () => (await api(`/jobs/${first.id}`)).progress?.picture >= 2, 'the second picture of the running job');
  return async () => {
    await api('/queue/clear', {});
    await fetch(`${url}/api/v1/jobs/${first.id}`, { method: 'DELETE' });
    await ended(first.id);
  };
}

async function compare_runs(page) {
  for (const name of ['ink_sign-01', 'ink_sign-02']) await page.getByRole('checkbox', { name: `Compare ${name}` }).check();
  await page.waitForTimeout(600);
}

/** A run over an earlier one. */
async function beside(page) {
  await page.getByRole('combobox', { name: 'Earlier run beside' }).click();
  await page.getByRole('option', { name: 'ink_sign-01' }).click();
  await page.getByText('average over an epoch').first().hover();
}

/** The section with the one thing to settle. */
async function unsettled(page, is_phone) {
  if (!is_phone) await page.getByRole('link', { name: /^Learning rate/ }).click();
  await page.getByText(/numbers, a file of/).first().waitFor(); // an effect line: what options do now has been asked for
}

/** The plan, once it was made. */
async function planned(page) {
  await page.getByText('per epoch').first().waitFor();
}

async function first_visit(page) {
  await command(page, 'First steps');
  await page.getByRole('region', { name: 'First steps' }).waitFor();
  await page.getByRole('button', { name: /^Make a red apple/ }).click();
  await page.getByRole('button', { name: /^Picture: a red apple/ }).waitFor();
}

async function selection(page) {
  const tiles = page.getByRole('listbox', { name: 'Pictures' }).getByRole('option');
  for (const i of [0, 1, 2]) await tiles.nth(i).click({ modifiers: ['Control'] });
  await page.getByRole('button', { name: 'Export' }).click();
}

async function rescale(page) {
  await page.getByRole('radio', { name: 'Rescale' }).click();
  await page.getByRole('textbox', { name: 'Weight of file 1' }).fill('0.5');
}

/** Eight pictures of one prompt, by the parts behind its bars. */
async function matrix(page) {
  await page.getByRole('radio', { name: 'All settings' }).click();
  await page.getByRole('switch', { name: 'X/Y/Z plot' }).click();
  await page.getByRole('radio', { name: 'Prompt matrix' }).click();
  await command(page, 'steps 12');
  const prompt = page.getByRole('textbox', { name: 'Prompt', exact: true });
  await prompt.fill('a red apple, noto style | on a white background | <lora:ink:0.8>');
  await page.getByText('4 cells', { exact: true }).first().waitFor();
  await prompt.press('Control+Enter');
  await page.getByRole('button', { name: /^Cell / }).nth(3).waitFor();
}

/** A card with a picture, and one of a file that was trained here. */
async function shelve() {
  const { loras } = await api('/start');
  const [picture] = (await api('/pictures?limit=1&search=lora:ink')).pictures;
  if (!loras.find(({ name }) => name === 'ink').preview) await api('/loras/ink/preview', { picture: picture.id });
  if (!loras.some(({ run }) => run)) await api('/train/runs/ink_sign-01/use', { file: (await api('/train/runs/ink_sign-01')).files[0].name });
}

const reports = (await (async () => { await prepare(); await shelve(); return api('/jobs?state=finished&kind=lab&limit=20'); })()).jobs;
const report = (kind) => `/lab/${reports.find((job) => job.request.report === kind).id}`;
const apples = (await api(`/pictures?limit=100&search=${encodeURIComponent('seed:4711 "red apple"')}`)).pictures;
const [a, b] = [things[0], `${things[0]} <lora:ink:0.8>`].map((prompt) => apples.findLast((picture) => picture.prompt === prompt));

const places = [
  ['generate', '/', running], ['inpaint', '/', masked], ['gallery', '/gallery'], ['compare', `/gallery/compare?a=${a.id}&b=${b.id}`],
  ['train_runs', '/train', compare_runs], ['train_dataset', '/train/ink_sign-01/dataset'], ['train_options', '/train/ink_sign-03/options', unsettled], ['train_plan', '/train/ink_sign-03/plan', planned], ['train_live', '/train/ink_sign-02/live', beside],
  ['first_visit', '/', first_visit], ['prompt_matrix', '/', matrix, 'wide'], ['export', '/gallery', selection, 'wide'], ['merge', '/models/lora', rescale],
  ['explanation', '/', explained, 'wide'],
  ['lab_samplers', report('samplers')], ['lab_guidance', report('guidance')], ['queue', '/queue', queue_open], ['models', '/models', click('button', 'Reload')], ['knows', '/models/knows'], ['settings', '/settings'],
];
const looks = { dark: { viewport: { width: 1440, height: 900 }, colorScheme: 'dark' }, light: { viewport: { width: 1440, height: 900 }, colorScheme: 'light' }, phone: { viewport: { width: 390, height: 844 }, colorScheme: 'dark', hasTouch: true } };
const more_looks = { middle: { viewport: { width: 1024, height: 768 }, colorScheme: 'dark' }, middle_light: { viewport: { width: 1024, height: 768 }, colorScheme: 'light' } };
const all_looks = { ...looks, ...more_looks };
const wanted = process.argv.slice(3).filter((name) => !(name in all_looks)); // places, if not all
const wanted_looks = process.argv.slice(3).filter((name) => name in all_looks);

/** The browser that took a picture writes it smaller, too. */
async function as_webp(browser, bytes) {
  const page = await browser.newPage();
  const text = await page.evaluate(async (data) => {
    const bitmap = await createImageBitmap(await (await fetch(`data:image/png;base64,${data}`)).blob());
    const canvas = Object.assign(document.createElement('canvas'), { width: bitmap.width, height: bitmap.height });
    canvas.getContext('2d').drawImage(bitmap, 0, 0);
    return canvas.toDataURL('image/webp', 0.88);
  }, bytes.toString('base64'));
  await page.close();
  return Buffer.from(text.slice(text.indexOf(',') + 1), 'base64');
}

const browser = await chromium.launch({ executablePath: process.env.CHROMIUM ?? '/usr/bin/chromium', args: ['--no-sandbox', '--disable-gpu', '--disable-dev-shm-usage'] });
/** A place as it looks; what was begun for it is ended again. */
async function taken([name, path, unfold], look) {
  const context = await browser.newContext(all_looks[look]);
  context.setDefaultTimeout(60_000);
  try {
    const page = await context.newPage();
    await page.addInitScript(() => localStorage.setItem('darkroom.first-steps', '"closed"'));
    await page.goto(url + (name === 'queue' && look !== 'phone' ? '/' : path));
    await page.waitForTimeout(name.startsWith('train') ? 3000 : 900);
    const undo = await unfold?.(page, look === 'phone');
    await page.waitForTimeout(400);
    await page.evaluate(hide_places);
    fs.writeFileSync(`${folder}/web_${name}_${look}.webp`, await as_webp(browser, await page.screenshot()));
    if (typeof undo === 'function') await undo();
    console.log(`${name} ${look}`);
  } finally {
    await context.close();
  }
}

const failed = [];
for (const look of wanted_looks.length > 0 ? wanted_looks : Object.keys(looks)) {
  for (const place of places) {
    if ((wanted.length > 0 && !wanted.includes(place[0])) || (place[3] === 'wide' && look === 'phone')) continue;
    await taken(place, look).catch((error) => { failed.push(`${place[0]} ${look}`); console.error(`${place[0]} ${look}: ${error.message}`); });
  }
}
await browser.close();
if (failed.length > 0) throw new Error(`pictures: not taken: ${failed.join(', ')}`);
