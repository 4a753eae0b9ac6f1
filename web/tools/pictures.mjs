// The pictures of docs/web.md: every place, dark, light and 390 pixels wide, of a program that DARKROOM_URL names. What they show is made
// first: eight pictures, a mask, two runs, two reports.  DARKROOM_URL=http://127.0.0.1:7860 node tools/pictures.mjs FOLDER
import fs from 'node:fs';
import { chromium } from 'playwright-core';
import { png } from '../e2e/png.mjs';

const [url, folder] = [process.env.DARKROOM_URL, process.argv[2]];
if (!url || !folder) throw new Error('pictures: DARKROOM_URL=http://... node tools/pictures.mjs FOLDER');
fs.mkdirSync(folder, { recursive: true });

const api = async (path, body) => (await fetch(`${url}/api/v1${path}`, body ? { method: 'POST', body: JSON.stringify(body) } : {})).json();
const things = ['a red apple, noto style, on a white background', 'a rocket, noto style, on a black background', 'an owl, noto style, on a yellow background', 'a fox, fluent style, on a green background', 'a birthday cake, fluent style, on a pink background', 'a snowman, noto style, on a light blue background', 'a guitar, noto style, on a white background', 'a bowl of noodles, fluent style, on a light blue background'];

async function ended(id) {
  for (;;) {
    const job = await api(`/jobs/${id}`);
    if (['finished', 'failed', 'cancelled'].includes(job.state)) return job;
    await new Promise((done) => setTimeout(done, 500));
  }
}
const make = async (body) => ended((await api('/jobs', body)).id);

async function prepare() {
  if ((await api('/pictures?limit=1')).total < 16)
    for (const [i, prompt] of [...things, ...things.map((thing) => `${thing} <lora:ink:0.8>`)].entries()) await make({ kind: 'generate', request: { prompt, steps: 12, seed: 4711 + (i % 8) } });
  const reports = (await api('/jobs?state=finished&kind=lab&limit=20')).jobs.map((job) => job.request.report);
  if (!reports.includes('samplers')) await make({ kind: 'lab', report: 'samplers' });
  if (!reports.includes('guidance')) await make({ kind: 'lab', report: 'guidance', request: { prompt: things[0], steps: 8 }, cfg_scales: [1, 3, 7, 11] });
  const { runs } = await api('/train');
  for (const { id } of (await api('/jobs?state=waiting,running&limit=100')).jobs) await ended(id); // of an earlier time that was broken off
  if (runs.length >= 2) return;
  await api('/train/datasets', { name: 'signs', folder: '4_ink sign' });
  for (const kind of [0, 1, 2, 3]) {
    const shape = (x, y) => [Math.hypot(x, y) < 40, Math.max(Math.abs(x), Math.abs(y)) < 32, Math.min(Math.abs(x), Math.abs(y)) < 12, Math.abs(x) + Math.abs(y) < 44][kind];
    await fetch(`${url}/api/v1/train/datasets/signs/4_ink%20sign?name=sign${kind}.png`, { method: 'POST', body: png(128, 128 + 32 * (kind % 2), (x, y) => (shape(x - 64, y - 64) ? [25, 20, 30] : [255, 255, 255])) });
    await api(`/train/datasets/signs/4_ink%20sign/sign${kind}.png/caption`, { caption: `a ${['disc', 'square', 'cross', 'diamond'][kind]}, in black ink` });
  }
  const options = { resolution: '64', network_dim: '4', max_train_steps: '40', learning_rate: '0.002', sample_every_n_steps: '10', validation_split: '0.25', validate_every_n_steps: '10' };
  for (const [name, more] of [['ink_sign-01', {}], ['ink_sign-02', { network_alpha: '4', lr_scheduler: 'cosine' }]]) {
    if (runs.some((run) => run.name === name)) continue;
    await api('/train/runs', { name });
    await ended((await api(`/train/runs/${name}/start`, { dataset: 'signs', prompts: 'a red apple, on a white background --w 64 --h 64 --s 6', options: { ...options, ...more } })).id);
  }
}

const click = (role, name) => async (page) => { await page.getByRole(role, { name }).first().click(); };

async function running(page) {
  await page.getByRole('button', { name: '4', exact: true }).first().click().catch(() => {});
  await page.getByRole('textbox', { name: 'Prompt', exact: true }).fill('a (red:1.2) rocket, noto style, on a light blue background <lora:ink:0.4>');
  await page.getByRole('textbox', { name: 'Prompt', exact: true }).press('Control+Enter');
  for (;;) {
    const [job] = (await api('/jobs?state=running&limit=1')).jobs;
    if (job?.progress?.picture === 2 && job.progress.step > 12) break;
    await new Promise((done) => setTimeout(done, 100));
  }
  await page.waitForTimeout(300);
  return async () => { for (const { id } of (await api('/jobs?state=running&limit=1')).jobs) { await fetch(`${url}/api/v1/jobs/${id}`, { method: 'DELETE' }); await ended(id); } };
}

/** The pictures do not show where on a machine they were made. */
function hide_places() {
  const walker = document.createTreeWalker(document.body, NodeFilter.SHOW_TEXT);
  while (walker.nextNode()) walker.currentNode.data = walker.currentNode.data.replace(/\/(?:[\w.-]+\/)*(models|datasets|runs)\//g, '$1/');
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
  await api('/queue', { paused: true });
  const ids = [];
  for (const [i, prompt] of things.slice(0, 4).entries()) ids.push((await api('/jobs', { kind: i === 2 ? 'xyz' : 'generate', request: { prompt }, ...(i === 2 ? { x: 'Steps: 4,8,12' } : {}) })).id);
  if (!is_phone) await page.getByRole('button', { name: /^Queue, / }).click();
  await page.waitForTimeout(300);
  return async () => { await api('/queue/clear', {}); await api('/queue', { paused: false }); };
}

async function compare_runs(page) {
  for (const name of ['ink_sign-01', 'ink_sign-02']) await page.getByRole('checkbox', { name: `Compare ${name}` }).check();
  await page.waitForTimeout(600);
}

const reports = (await (async () => { await prepare(); return api('/jobs?state=finished&kind=lab&limit=20'); })()).jobs;
const report = (kind) => `/lab/${reports.find((job) => job.request.report === kind).id}`;
const [b, a] = (await api('/pictures?search=apple&limit=2')).pictures;

const places = [
  ['generate', '/', running], ['inpaint', '/', masked], ['gallery', '/gallery'], ['compare', `/gallery/compare?a=${a.id}&b=${b.id}`],
  ['train_runs', '/train', compare_runs], ['train_dataset', '/train/ink_sign-01/dataset'], ['train_options', '/train/ink_sign-02/options'], ['train_plan', '/train/ink_sign-02/plan'], ['train_live', '/train/ink_sign-01/live'],
  ['lab_samplers', report('samplers')], ['lab_guidance', report('guidance')], ['queue', '/queue', queue_open], ['models', '/models', click('button', 'Reload')], ['settings', '/settings'],
];
const looks = { dark: { viewport: { width: 1440, height: 900 }, colorScheme: 'dark' }, light: { viewport: { width: 1440, height: 900 }, colorScheme: 'light' }, phone: { viewport: { width: 390, height: 844 }, colorScheme: 'dark', hasTouch: true } };

const browser = await chromium.launch({ executablePath: process.env.CHROMIUM ?? '/usr/bin/chromium', args: ['--no-sandbox', '--disable-gpu', '--disable-dev-shm-usage'] });
const wanted = process.argv.slice(3); // places, if not all
for (const [look, options] of Object.entries(looks)) {
  for (const [name, path, unfold] of places) {
    if (wanted.length > 0 && !wanted.includes(name)) continue;
    const context = await browser.newContext(options);
    const page = await context.newPage();
    await page.addInitScript(() => localStorage.setItem('darkroom.first-steps', '"closed"'));
    await page.goto(url + (name === 'queue' && look !== 'phone' ? '/' : path));
    await page.waitForTimeout(name.startsWith('train') ? 3000 : 900);
    const undo = await unfold?.(page, look === 'phone');
    await page.waitForTimeout(400);
    await page.evaluate(hide_places);
    await page.screenshot({ path: `${folder}/web_${name}_${look}.png` });
    if (typeof undo === 'function') await undo();
    await context.close();
    console.log(`${name} ${look}`);
  }
}
await browser.close();
