// The line breaks and comes back: nothing is lost, nothing is made twice.
import assert from 'node:assert/strict';
import test from 'node:test';
import { open_generate, prompt_of, real_url, use_browser } from './browser.mjs';
import { RecordedServer } from './recorded_server.mjs';

const world = use_browser({ step_ms: 25 });

test('jobs asked for while the server is away are sent once when it is back', { skip: real_url !== undefined }, async () => {
  const page = await open_generate(world);
  const port = Number(new URL(world.url).port);
  await world.server.close();
  await page.getByRole('button', { name: /^Queue, Reconnecting/ }).waitFor();
  await prompt_of(page).fill('made while away');
  await prompt_of(page).press('Control+Enter');
  await page.getByText(/Not connected since/).waitFor({ timeout: 12_000 });
  await page.getByText(/not sent yet/).first().waitFor();
  await page.reload({ waitUntil: 'commit' }).catch(() => {});
  await page.waitForTimeout(1000);
  world.server = new RecordedServer({ step_ms: 25, start_id: 'b2' });
  await world.server.listen(port);
  await page.goto(world.url);
  await page.getByRole('img', { name: /^Picture: made while away/ }).waitFor();
  assert.equal(world.server.jobs.length, 1);
  await page.context().close();
});

test('a restarted server is noticed, a newer build is offered', { skip: real_url !== undefined }, async () => {
  const page = await open_generate(world);
  const port = Number(new URL(world.url).port);
  await world.server.close();
  await page.getByRole('button', { name: /^Queue, Reconnecting/ }).waitFor();
  world.server = new RecordedServer({ step_ms: 25, start_id: 'c3', build_id: 'newer' });
  await world.server.listen(port);
  await page.getByText('Darkroom restarted.').waitFor({ timeout: 20_000 });
  await page.getByText('A newer version is running.').waitFor();
  await page.context().close();
});
