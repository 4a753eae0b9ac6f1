// Gallery and compare.
import assert from 'node:assert/strict';
import test from 'node:test';
import { make_picture, open_generate, real_url, use_browser } from './browser.mjs';

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
  await page.getByRole('radio', { name: 'Picked' }).check();
  await page.waitForFunction(() => document.querySelectorAll('.tile').length >= 1 && [...document.querySelectorAll('.tile')].every((tile) => /picked/.test(tile.getAttribute('aria-label'))));
  await page.getByRole('radio', { name: 'All', exact: true }).check();
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
