import assert from 'node:assert/strict';
import test, { beforeEach } from 'node:test';
import type { Field, Job, Start } from '../src/api';
import { base_value, is_changed, mode, number_of, reset, reset_form, said, seed_list, set_value, take_settings, value_of } from '../src/form/form';
import { hires_size, merged, model_calls, picture_count, requests_of_form, steps_run } from '../src/form/request';
import { jobs, pictures, start, take_answer, take_job, take_picture, take_snapshot, waiting } from '../src/store';
import { recorded_start } from '../e2e/recorded_start.mjs';

beforeEach(() => {
  start.value = recorded_start('a', 'b') as unknown as Start;
  said.value = {};
  seed_list.value = '';
  mode.value = 'txt2img';
});

test('only what was said is kept; the recommendation goes over the default', () => {
  assert.equal(value_of('width'), 128);
  assert.equal(is_changed('width'), false);
  set_value('width', 256);
  assert.deepEqual(said.value, { width: 256 });
  set_value('width', 128);
  assert.deepEqual(said.value, {});
  start.value = { ...start.value, recommended: { width: 512 } };
  assert.equal(value_of('width'), 512, 'an untouched size follows the model');
});

test('denoising means one thing for a source picture and another for a hires pass', () => {
  assert.equal(base_value('denoising_strength'), 0.7);
  mode.value = 'img2img';
  assert.equal(base_value('denoising_strength'), 0.75);
  set_value('denoising_strength', 0.4);
  mode.value = 'txt2img';
  assert.equal(number_of('denoising_strength'), 0.7);
});

test('a request holds what is used in its mode', () => {
  set_value('prompt', 'a cat');
  set_value('steps', 30);
  set_value('resize_mode', 'Crop and resize');
  set_value('seed', 7);
  const [request] = requests_of_form({});
  assert.deepEqual(request, { prompt: 'a cat', negative_prompt: '', steps: 30, seed: 7, width: 128, height: 128, scheduler: 'Karras' });
  mode.value = 'img2img';
  assert.equal(requests_of_form({ init_image: 'upload:1' })[0]?.resize_mode, 'Crop and resize');
});

test('a random seed is drawn by the page, a list becomes runs', () => {
  const [random] = requests_of_form({});
  assert.ok(Number(random?.seed) >= 0);
  seed_list.value = '5, 8-10';
  assert.equal(picture_count(), 4);
  assert.deepEqual(requests_of_form({}).map(({ seed, n_iter }) => [seed, n_iter]), [[5, 1], [8, 3]]);
});

test('costs are counted before the click', () => {
  set_value('n_iter', 4);
  assert.equal(model_calls(), 80);
  set_value('sampler_name', 'Heun');
  assert.equal(model_calls(), 160);
  mode.value = 'img2img';
  assert.equal(steps_run(), 16, '0.75 of 20 steps');
  mode.value = 'txt2img';
  assert.deepEqual(hires_size(), [256, 256]);
});

test('reset and taken recipes can be undone', () => {
  set_value('prompt', 'a cat');
  set_value('steps', 30);
  const undo = reset_form();
  assert.deepEqual(said.value, { prompt: 'a cat' });
  undo();
  assert.equal(value_of('steps'), 30);
  const undo_recipe = take_settings({ steps: '12', cfg_scale: '5.5', tiling: 'True', model: 'elsewhere', unknown: 'x' });
  assert.deepEqual([value_of('steps'), value_of('cfg_scale'), value_of('tiling'), said.value.model], [12, 5.5, true, undefined]);
  undo_recipe();
  assert.equal(value_of('steps'), 30);
  reset('steps');
  assert.equal(value_of('steps'), 20);
});

test('styles are merged as in A1111', () => {
  assert.equal(merged('a cat', '{prompt}, in ink'), 'a cat, in ink');
  assert.equal(merged('a cat', 'in ink'), 'a cat, in ink');
  assert.equal(merged('', 'in ink'), 'in ink');
});

const job = (id: string, state: Job['state'], number: number): Job => ({ id, number, kind: 'generate', state, title: id, owner: 'x', created: 0, started: null, ended: null, request: {}, pictures: [], progress: null, error: null, warnings: [] });

test('the store follows events and snapshots', () => {
  jobs.value = {};
  take_job(job('one', 'running', 1));
  take_job(job('two', 'waiting', 2));
  take_job(job('three', 'waiting', 3));
  assert.deepEqual(waiting.value.map(({ id }) => id), ['two', 'three']);
  const gone = take_snapshot({ jobs: [job('three', 'waiting', 3), job('two', 'waiting', 2)], paused: true, residency: null as never });
  assert.deepEqual(gone, ['one'], 'what ended meanwhile is named');
  assert.deepEqual(waiting.value.map(({ id }) => id), ['three', 'two'], 'the snapshot tells the order');
  take_picture({ id: 4, job: 'two', seed: 1, width: 8, height: 8, created: 0, prompt: '', url: '', thumbnail: '', infotext: '', flag: 'none' });
  assert.equal(jobs.value.two?.pictures.length, 1);
  assert.equal(pictures.value[0]?.id, 4);
});

test('an answer that events have overtaken changes nothing', () => {
  jobs.value = {};
  take_job(job('one', 'failed', 1));
  take_answer(job('one', 'running', 1));
  assert.equal(jobs.value.one?.state, 'failed');
  take_answer(job('two', 'waiting', 2));
  assert.equal(jobs.value.two?.state, 'waiting');
});

test('every field has a row or a reason to have none', async () => {
  const { all_rows } = await import('../src/form/layout');
  mode.value = 'inpaint';
  const shown = new Set(all_rows().map((row) => row.name));
  mode.value = 'txt2img';
  for (const row of all_rows()) shown.add(row.name);
  const elsewhere = ['prompt', 'negative_prompt', 'model', 'init_image', 'mask'];
  assert.deepEqual((start.value.fields as Field[]).map((field) => field.name).filter((name) => !shown.has(name) && !elsewhere.includes(name)), []);
});
