// Line 10 of the acceptance list: ten thousand pictures and a thousand waiting jobs scroll while a picture is being made.
import assert from 'node:assert/strict';
import test from 'node:test';
import { open_generate, open_page, real_url, use_browser } from './browser.mjs';

const world = use_browser({ step_ms: 120 });
const skip = real_url !== undefined;

function fill_server(server) {
  const model = { job: 'x', seed: 1, width: 128, height: 128, created: 0, url: '/api/v1/pictures/1/file', thumbnail: '/api/v1/pictures/1/thumbnail', infotext: '', flag: 'none', request: {} };
  server.pictures = Array.from({ length: 10_000 }, (_, i) => ({ ...model, id: 20_000 - i, prompt: `picture ${20_000 - i}` })).concat({ ...model, id: 1, prompt: 'the first' });
  for (let i = 0; i < 1001; ++i) server.add_job({ id: `many-${i}`, kind: 'generate', request: { prompt: `job ${i}`, steps: i === 0 ? 900 : 20, seed: i, n_iter: 1, batch_size: 1 } });
}

/** Scrolls through a box for a while and tells how long its frames took, and the longest task, in milliseconds. */
function scroll_through(selector) {
  return new Promise((done) => {
    const box = document.querySelector(selector);
    const frames = [];
    let longest = 0;
    new PerformanceObserver((list) => { for (const { duration } of list.getEntries()) longest = Math.max(longest, duration); }).observe({ entryTypes: ['longtask'] });
    let last = performance.now();
    const step = (now) => {
      frames.push(now - last);
      last = now;
      box.scrollTop += 60;
      if (frames.length < 240) return requestAnimationFrame(step);
      frames.sort((a, b) => a - b);
      return done({ frames: frames.length, median: frames[120], late: frames.filter((time) => time > 20).length, longest, top: box.scrollTop });
    };
    requestAnimationFrame(step);
  });
}

function judge(t, name, seen) {
  t.diagnostic(`${name}: ${(1000 / seen.median).toFixed(0)} frames a second, ${seen.late} of ${seen.frames} later than 20 ms, longest task ${seen.longest.toFixed(0)} ms`);
  assert.ok(seen.top > 10_000, `it scrolled to ${seen.top}`);
  assert.ok(seen.median <= 17.5, `a frame takes ${seen.median} ms`);
}

test('10: ten thousand pictures scroll at sixty frames a second', { skip }, async (t) => {
  fill_server(world.server);
  const page = await open_generate(world);
  await page.getByRole('link', { name: 'Gallery' }).click();
  await page.getByRole('listbox', { name: 'Pictures' }).getByRole('option').first().waitFor();
  judge(t, 'pictures', await page.evaluate(scroll_through, '.picture-grid'));
  assert.ok(await page.locator('.tile').count() < 200);
  assert.deepEqual(page.problems, []);
  await page.context().close();
});

test('10: a thousand waiting jobs scroll at sixty frames a second, and only the rows in view exist', { skip }, async (t) => {
  const page = await open_page(world, '/');
  await page.getByRole('button', { name: /^Queue, Running/ }).click();
  const queue = page.getByRole('complementary', { name: 'Queue' });
  await queue.getByText('1000 waiting').or(queue.getByText('1,000 waiting')).first().waitFor();
  judge(t, 'queue', await page.evaluate(scroll_through, '.queue-body'));
  assert.ok(await page.locator('.job-rows .job-row').count() < 60);
  await page.evaluate(() => { const box = document.querySelector('.queue-body'); box.scrollTop = box.scrollHeight; });
  await queue.getByText('job 1000', { exact: true }).waitFor();
  assert.deepEqual(page.problems, []);
  await page.context().close();
});
