// Gallery and compare.
import assert from 'node:assert/strict';
import fs from 'node:fs';
import test from 'node:test';
import { png_size } from './png.mjs';
import { make_picture, open_generate, open_page, real_url, sizes, use_browser } from './browser.mjs';

const world = use_browser({ step_ms: 4 });

test('pictures are searched, flagged, looked at, deleted and brought back', async () => {
  const page = await open_generate(world);
  for (const prompt of ['a lighthouse', 'a harbour', 'a lighthouse at night']) await make_picture(page, prompt);
  await page.getByRole('link', { name: 'Gallery' }).click();
  const grid = page.getByRole('listbox', { name: 'Pictures' });
  await grid.getByRole('option', { name: /a lighthouse at night/ }).first().waitFor();
  await page.getByRole('searchbox', { name: 'Search pictures' }).fill('harbour');
  await page.waitForFunction(() => [...document.querySelectorAll('.tile')].every((tile) => /harbour/.test(tile.getAttribute('aria-label'))));
  await page.getByRole('searchbox', { name: 'Search pictures' }).fill('');
  const night = grid.getByRole('option', { name: /a lighthouse at night/ }).first();
  await night.click();
  await page.keyboard.press('p');
  await grid.getByRole('option', { name: /a lighthouse at night.*picked/ }).first().waitFor();
  await page.getByRole('checkbox', { name: /^Picked/ }).check();
  await page.waitForFunction(() => document.querySelectorAll('.tile').length >= 1 && [...document.querySelectorAll('.tile')].every((tile) => /picked/.test(tile.getAttribute('aria-label'))));
  assert.equal(await page.getByRole('searchbox', { name: 'Search pictures' }).inputValue(), 'flag:picked');
  await page.getByRole('searchbox', { name: 'Search pictures' }).fill('');
  assert.equal(await page.getByRole('checkbox', { name: /^Picked/ }).isChecked(), false);
  await grid.getByRole('option', { name: /a lighthouse at night/ }).first().dblclick();
  await page.waitForURL(/\/gallery\/\d+$/);
  await page.getByRole('row', { name: /Prompt a lighthouse at night/ }).waitFor();
  await page.goBack();
  await grid.getByRole('option', { name: /a harbour/ }).first().click();
  const count = await grid.getByRole('option').count();
  await page.keyboard.press('Delete');
  await page.waitForFunction((was) => document.querySelectorAll('.tile').length === was - 1, count);
  await page.getByRole('button', { name: 'Undo' }).click();
  await page.waitForFunction((was) => document.querySelectorAll('.tile').length === was, count);
  assert.deepEqual(page.problems, []);
  await page.context().close();
});

/** The number behind a filter's name. */
async function count_of(page, name) {
  const row = page.getByRole('complementary', { name: 'Filters' }).locator('label', { hasText: name });
  return Number((await row.locator('.facet-count').innerText()).replaceAll(',', ''));
}

test('filters count what the search leaves, and are words of it', async () => {
  const page = await open_generate(world);
  for (const prompt of ['a kiln <lora:ink:1>', 'a kiln by day', 'a mast']) await make_picture(page, prompt);
  await page.getByRole('link', { name: 'Gallery' }).click();
  const search = page.getByRole('searchbox', { name: 'Search pictures' });
  const tiles = () => page.getByRole('listbox', { name: 'Pictures' }).getByRole('option').count();
  await search.fill('kiln');
  await page.getByRole('checkbox', { name: /^ink/ }).waitFor();
  await page.waitForFunction(() => document.querySelectorAll('.tile').length === 2);
  const facet = (text) => page.waitForFunction((wanted) => [...document.querySelectorAll('.filters label')].some((label) => label.innerText.replace(/\s+/g, ' ') === wanted), text);
  await facet('ink 1');
  await facet('None 1');
  await facet('All 2');
  await page.getByRole('checkbox', { name: /^ink/ }).check();
  assert.equal(await search.inputValue(), 'kiln lora:"ink"');
  await page.waitForFunction(() => document.querySelectorAll('.tile').length === 1);
  assert.equal(await count_of(page, 'None'), 1, 'what choosing it instead would find');
  await page.getByRole('checkbox', { name: /^None/ }).check();
  assert.equal(await search.inputValue(), 'kiln lora:"ink" lora:none');
  await page.waitForFunction(() => document.querySelectorAll('.tile').length === 2);
  await search.fill('kiln lora:none');
  assert.equal(await page.getByRole('checkbox', { name: /^ink/ }).isChecked(), false);
  await page.getByRole('radio', { name: /^Today/ }).check();
  assert.equal(await search.inputValue(), 'kiln lora:none date:today');
  await page.waitForFunction(() => document.querySelectorAll('.tile').length === 1);
  await page.getByRole('radio', { name: /^All/ }).check();
  assert.equal(await search.inputValue(), 'kiln lora:none');
  await search.fill('kiln nowhere');
  await page.getByText('No picture matches').waitFor();
  await page.getByRole('button', { name: 'Clear filters' }).click();
  await page.waitForFunction(() => document.querySelectorAll('.tile').length > 2);
  assert.ok(await tiles() > 2);
  assert.deepEqual(page.problems, []);
  await page.context().close();
});

test('pictures are sorted, and go on in that order', async () => {
  const page = await open_generate(world);
  for (const prompt of ['a quay one', 'a quay two']) await make_picture(page, prompt);
  await page.goto(new URL('/gallery?search=quay', page.url()).href);
  await page.waitForFunction(() => document.querySelector('.gallery input[type=search]')?.value === 'quay'); // a link brings its search along
  const names = (first) => page.waitForFunction((wanted) => new RegExp(wanted).test(document.querySelector('.tile')?.getAttribute('aria-label') ?? ''), first);
  await names('a quay two');
  await page.getByRole('combobox', { name: 'Sort' }).click();
  await page.getByRole('option', { name: 'Oldest first' }).click();
  await names('a quay one');
  await page.reload();
  await names('a quay one');
  await page.getByRole('combobox', { name: 'Sort' }).click();
  await page.getByRole('option', { name: 'Newest first' }).click();
  await names('a quay two');
  assert.deepEqual(page.problems, []);
  await page.context().close();
});

test('on a phone the filters are a sheet', async () => {
  const page = await open_page(world, '/gallery?search=', { size: sizes.phone });
  await page.getByRole('button', { name: 'Filters', exact: true }).click();
  const sheet = page.getByRole('dialog', { name: 'Filters' });
  await sheet.getByRole('checkbox', { name: /^Rejected/ }).check();
  await sheet.getByRole('button', { name: /^Show \d+ picture/ }).click();
  await page.getByRole('button', { name: 'Filters, 1' }).waitFor();
  assert.equal(await page.getByRole('searchbox', { name: 'Search pictures' }).inputValue(), 'flag:rejected');
  assert.deepEqual(page.problems, []);
  await page.context().close();
});

/** What a click on a menu entry downloads. */
async function downloaded(page, entry) {
  await page.getByRole('button', { name: 'Export' }).click();
  const [download] = await Promise.all([page.waitForEvent('download'), page.getByRole('menuitem', { name: entry }).click()]);
  return { name: download.suggestedFilename(), bytes: fs.readFileSync(await download.path()) };
}

/** The gallery with three pictures selected: "<thing> one", "<thing> two" and "<thing> three". */
async function open_with_three(thing) {
  const page = await open_generate(world);
  const prompts = ['one', 'two', 'three'].map((number) => `${thing} ${number}`);
  for (const prompt of prompts) await make_picture(page, prompt);
  await page.getByRole('link', { name: 'Gallery' }).click();
  const options = prompts.map((prompt) => page.getByRole('listbox', { name: 'Pictures' }).getByRole('option', { name: new RegExp(prompt) }).first());
  await options[0].click();
  for (const option of options.slice(1)) await option.click({ modifiers: ['Control'] });
  await page.getByText('3 pictures selected').waitFor();
  return page;
}

test('a selection becomes a zip, with recipes or without, and a contact sheet', async () => {
  const page = await open_with_three('a mill');
  const told = await downloaded(page, 'Zip, with recipes');
  const bare = await downloaded(page, 'Zip, without recipes');
  assert.match(told.name, /^darkroom-\d{4}-\d\d-\d\d\.zip$/);
  const names_in = (bytes) => [...bytes.toString('latin1').matchAll(/PK\x01\x02[^]{42}([\w.-]+?\.png)/g)].map(([, name]) => name); // of the directory at the end
  assert.equal(names_in(told.bytes).length, 3);
  assert.deepEqual(names_in(told.bytes), [...names_in(told.bytes)].sort(), 'oldest first');
  assert.deepEqual(names_in(bare.bytes), names_in(told.bytes));
  assert.equal(told.bytes.toString('latin1').split('parameters').length - 1, 3);
  assert.equal(bare.bytes.includes('parameters'), false);
  const sheet = await downloaded(page, 'Contact sheet');
  const [width, height] = png_size(sheet.bytes);
  assert.deepEqual([width, height], [12 + 2 * (256 + 12), 12 + 2 * (256 + 40 + 12)], 'two columns, two rows, two lines of words each');
  assert.deepEqual(page.problems, []);
  await page.context().close();
});

test('two pictures are compared in four ways, with numbers', async () => {
  const page = await open_generate(world);
  await make_picture(page, 'a boat one');
  await make_picture(page, 'a boat two');
  await page.getByRole('button', { name: 'Compare' }).click();
  await page.waitForURL(/\/gallery\/compare\?a=\d+&b=\d+/);
  await page.getByText(/largest difference/).waitFor();
  await page.getByRole('row', { name: /Prompt a boat one a boat two/ }).waitFor();
  const divider = page.getByRole('slider', { name: 'Divider between A and B, 50 %' });
  await divider.press('Shift+ArrowRight');
  await page.getByRole('slider', { name: 'Divider between A and B, 60 %' }).waitFor();
  await page.getByRole('radio', { name: 'Difference' }).click();
  await page.getByRole('img', { name: /^Difference of A and B/ }).waitFor();
  await page.getByRole('radio', { name: 'Blink' }).click();
  await page.getByRole('button', { name: /is shown; press to stop/ }).click();
  await page.getByRole('radio', { name: 'Side by side' }).click();
  await page.getByRole('radio', { name: 'Slider' }).click();
  await page.getByRole('button', { name: "Use A's recipe" }).click();
  assert.equal(await page.getByRole('textbox', { name: 'Prompt', exact: true }).inputValue(), 'a boat one');
  assert.deepEqual(page.problems, []);
  await page.context().close();
});

test('three pictures are compared: enlarged together, as a grid, any of them against the first', async () => {
  const page = await open_with_three('a tower');
  await page.keyboard.press('c');
  await page.waitForURL(/\/gallery\/compare\?a=\d+&b=\d+&more=\d+/);
  await page.getByRole('radio', { name: 'Side by side' }).check();
  await page.getByRole('figure').nth(2).waitFor();
  assert.match(await page.getByRole('figure').nth(2).innerText(), /Prompt a tower three/);
  const zooms = () => page.evaluate(() => [...document.querySelectorAll('.linked-frame img')].map((image) => new DOMMatrix(getComputedStyle(image).transform)).map(({ a, e }) => [a, e]));
  assert.deepEqual(await zooms(), [[1, 0], [1, 0], [1, 0]]);
  const box = await page.getByRole('figure').nth(1).getByRole('img').boundingBox();
  await page.mouse.move(box.x + box.width / 2, box.y + box.height / 2);
  await page.mouse.wheel(0, -1000);
  await page.waitForFunction(() => /^4\.5 times/.test(document.querySelector('input[aria-label="Zoom of all"]').getAttribute('aria-valuetext')));
  const near = await zooms();
  assert.ok(near[0][0] > 4 && near.every(([zoom, x]) => zoom === near[0][0] && Math.abs(x - near[0][1]) < 1), JSON.stringify(near));
  if (process.env.DARKROOM_PICTURES) await page.screenshot({ path: `${process.env.DARKROOM_PICTURES}/compare_many.png` });
  await page.getByRole('figure').nth(1).getByRole('img').click(); // arrows would go from radio to radio
  await page.keyboard.press('ArrowLeft');
  await page.waitForFunction((was) => new DOMMatrix(getComputedStyle(document.querySelector('.linked-frame img')).transform).e > was, near[0][1]);
  await page.keyboard.press('z');
  assert.equal(await page.getByRole('slider', { name: 'Zoom of all' }).getAttribute('aria-valuetext'), '1.0 times');
  await page.getByRole('button', { name: 'C as B' }).click();
  await page.getByRole('row', { name: /Prompt a tower one a tower three/ }).waitFor();
  await page.getByRole('radio', { name: 'Grid', exact: true }).check();
  assert.equal(await page.getByRole('list', { name: 'Pictures compared' }).getByRole('link').count(), 3);
  if (process.env.DARKROOM_PICTURES) await page.screenshot({ path: `${process.env.DARKROOM_PICTURES}/compare_grid.png` });
  await page.getByRole('radio', { name: 'Slider' }).check();
  await page.getByRole('slider', { name: /^Divider between A and B/ }).waitFor();
  assert.deepEqual(page.problems, []);
  await page.context().close();
});

test('ten thousand pictures scroll, and only the rows in view exist', { skip: real_url !== undefined }, async () => {
  const model = { job: 'x', seed: 1, width: 64, height: 64, created: 0, url: '/api/v1/pictures/1/file', thumbnail: '/api/v1/pictures/1/thumbnail', infotext: '', flag: 'none', request: {} };
  const before = world.server.pictures;
  world.server.pictures = Array.from({ length: 10_000 }, (_, i) => ({ ...model, id: 20_000 - i, prompt: `picture ${20_000 - i}` })).concat(before);
  const page = await open_generate(world);
  await page.getByRole('link', { name: 'Gallery' }).click();
  const grid = page.getByRole('listbox', { name: 'Pictures' });
  await grid.getByRole('option').first().waitFor();
  for (let i = 0; i < 12; ++i) {
    await grid.evaluate((element) => element.scrollBy(0, 1500));
    await page.waitForTimeout(60);
  }
  assert.ok(await grid.getByRole('option').count() < 150);
  assert.ok(await grid.evaluate((element) => element.scrollHeight) > 100_000);
  world.server.pictures = before;
  assert.deepEqual(page.problems, []);
  await page.context().close();
});
