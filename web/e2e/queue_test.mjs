// The queue drawer: what runs, what waits, what is done; cancel, move, pause, clear with undo.
import assert from 'node:assert/strict';
import test from 'node:test';
import { main_button, open_generate, prompt_of, real_url, use_browser } from './browser.mjs';

const world = use_browser({ step_ms: 1500 });

test('jobs wait in order, can be moved, removed, paused and cleared', { skip: real_url !== undefined }, async () => {
  const page = await open_generate(world);
  for (const prompt of ['first', 'second', 'third', 'fourth']) {
    await prompt_of(page).fill(prompt);
    await prompt_of(page).press('Control+Enter');
    await page.waitForFunction((count) => performance.getEntriesByType('resource').filter((entry) => entry.name.endsWith('/api/v1/jobs')).length >= count, 1);
  }
  await page.getByRole('button', { name: /^Queue, Running/ }).click();
  const queue = page.getByRole('complementary', { name: 'Queue' });
  await queue.getByRole('region', { name: 'Running' }).waitFor();
  const rows = queue.getByRole('list', { name: 'Waiting jobs' }).getByRole('listitem');
  await rows.nth(2).waitFor();
  assert.match(await rows.nth(0).innerText(), /second/);
  await rows.nth(2).focus();
  await page.keyboard.press('Alt+ArrowUp');
  await page.waitForFunction(() => /fourth/.test(document.querySelectorAll('.job-rows .job-row')[1]?.textContent ?? ''));
  assert.deepEqual(world.server.jobs.filter((job) => job.state === 'waiting').map((job) => job.title), ['second', 'fourth', 'third']);
  await queue.getByRole('button', { name: 'Remove fourth from the queue' }).click();
  await page.getByRole('button', { name: 'Undo' }).click();
  await queue.getByText('fourth').first().waitFor();
  await queue.getByRole('button', { name: 'Pause after this job' }).click();
  await queue.getByText('Paused after the running job').waitFor();
  await queue.getByRole('button', { name: 'Clear waiting' }).click();
  await page.waitForFunction(() => document.querySelectorAll('.job-rows .job-row').length === 0);
  await page.getByRole('button', { name: 'Undo' }).last().click();
  await rows.nth(2).waitFor();
  await queue.getByRole('button', { name: 'Cancel first' }).click();
  await queue.getByRole('button', { name: 'Clear waiting' }).click();
  await queue.getByRole('tab', { name: /^Done/ }).click();
  await queue.getByText('stopped').first().waitFor();
  await page.keyboard.press('Escape');
  assert.equal(await queue.count(), 0);
  world.server.paused = false;
  assert.ok(await main_button(page).isVisible());
  assert.deepEqual(page.problems, []);
  await page.context().close();
});
