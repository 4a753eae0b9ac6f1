// A browser, a page and a server for the end-to-end tests. Controls are found by role and name only: the names of the design are the
// interface of these tests. DARKROOM_URL names a running program; without it the recorded server stands in.
import assert from 'node:assert/strict';
import fs from 'node:fs';
import { after, before } from 'node:test';
import { chromium } from 'playwright-core';
import { RecordedServer } from './recorded_server.mjs';

export const real_url = process.env.DARKROOM_URL;
const programs = [process.env.CHROMIUM, '/usr/bin/chromium', '/usr/bin/chromium-browser', '/usr/bin/google-chrome'];

export const sizes = { wide: { width: 1440, height: 900 }, middle: { width: 1024, height: 768 }, phone: { width: 390, height: 844 } };

const own_models = new URL('../../models/', import.meta.url);

function own_model_files() {
  return fs.existsSync(own_models) ? fs.readdirSync(own_models, { recursive: true }).map(String) : [];
}

/** A program that serves the repository's own models gets trained and merged files there: they are taken away, and it is said. */
function take_away_new_models(before) {
  const strays = own_model_files().filter((name) => !before.includes(name));
  for (const name of strays) fs.rmSync(new URL(name, own_models), { recursive: true, force: true });
  assert.deepEqual(strays, [], 'the program wrote into models/ of the repository: serve a copy of it, see web/README.md');
}

/** Starts everything before the tests of a file and ends it after them. */
export function use_browser(options = {}) {
  const world = { url: real_url, server: null, browser: null, patience: options.patience ?? (real_url ? 120_000 : 15_000) }; // real pictures take the time they take
  const models = own_model_files();
  before(async () => {
    const executablePath = programs.find((program) => program && fs.existsSync(program));
    if (!executablePath) throw new Error('end-to-end tests: Chromium is needed (Debian package chromium), or its path in CHROMIUM');
    if (!real_url) {
      world.server = new RecordedServer(options);
      world.url = await world.server.listen();
    }
    world.browser = await chromium.launch({ executablePath, args: ['--no-sandbox', '--disable-gpu', '--disable-dev-shm-usage'] });
  });
  after(async () => {
    await world.browser?.close();
    await world.server?.close();
    take_away_new_models(models);
  });
  return world;
}

/** A page of its own: nothing is remembered from other tests. Errors of the page fail the test that looks at them. */
export async function open_page(world, path = '/', { size = sizes.wide, theme = 'dark', ...more } = {}) {
  const context = await world.browser.newContext({ viewport: size, colorScheme: theme, permissions: ['clipboard-read', 'clipboard-write'], ...more });
  const page = await context.newPage();
  page.setDefaultTimeout(world.patience);
  page.problems = [];
  page.on('pageerror', (error) => page.problems.push(`${error.message}\n${error.stack}`));
  page.on('console', (message) => { if (message.type() === 'error' && !/Failed to load resource|ERR_CONNECTION|ERR_EMPTY|ERR_INCOMPLETE/.test(message.text())) page.problems.push(message.text()); });
  await page.goto(world.url + path);
  await page.getByRole('navigation', { name: 'Places' }).first().waitFor();
  return page;
}

/** Past the sheets of the first visit. */
export async function open_generate(world, options = {}) {
  const page = await open_page(world, '/', options);
  await page.evaluate(() => localStorage.setItem('darkroom.first-steps', '"closed"'));
  await page.reload();
  await page.getByRole('textbox', { name: 'Prompt', exact: true }).waitFor();
  return page;
}

/** The sheets of the first visit, whatever was made before. */
export async function open_first_visit(world, options = {}) {
  const page = await open_page(world, '/', options);
  await page.evaluate(() => localStorage.setItem('darkroom.first-steps', '"open"'));
  await page.reload();
  await page.getByRole('region', { name: 'First steps' }).waitFor();
  return page;
}

export async function set_number(page, name, value) {
  const field = page.getByRole('spinbutton', { name, exact: true });
  await field.fill(String(value));
  await field.press('Enter');
}

export const prompt_of = (page) => page.getByRole('textbox', { name: 'Prompt', exact: true });
export const main_button = (page) => page.getByRole('button', { name: /^(Generate|Queue \d+ more)( \d+)?$/ });

export async function make_picture(page, prompt) {
  await prompt_of(page).fill(prompt);
  await prompt_of(page).press('Control+Enter');
  await page.getByRole('img', { name: new RegExp(`^Picture: ${prompt.replace(/[^\w ]/g, '.')}, seed`) }).waitFor();
}
