import assert from 'node:assert/strict';
import { test } from 'node:test';
import { csv_of } from '../src/charts/line_chart';
import { doubling_scale, linear_scale, log_scale, spread } from '../src/charts/scale';

test('a logarithmic axis holds its values between whole powers of ten', () => {
  const scale = log_scale([0.0003, 0.2, 0, Number.NaN], 100, 0);
  assert.deepEqual(scale.ticks.map((tick) => Number(tick.toPrecision(1))), [0.0001, 0.001, 0.01, 0.1, 1]);
  assert.equal(Math.round(scale.at(0.0001)), 100);
  assert.equal(Math.round(scale.at(1)), 0);
  assert.deepEqual(log_scale([], 0, 1).ticks, []);
});

test('an axis of doublings has a tick for each', () => {
  const scale = doubling_scale([10, 20, 40, 80], 0, 300);
  assert.deepEqual(scale.ticks, [10, 20, 40, 80]);
  assert.ok(Math.abs(scale.at(20) - 100) < 1e-9);
});

test('a linear axis starts at 0', () => {
  const scale = linear_scale([2, 9], 0, 90);
  assert.equal(scale.at(0), 0);
  assert.equal(scale.at(9), 90);
  assert.equal(scale.ticks[0], 0);
});

test('names at the ends of lines keep their distance and their order', () => {
  const places = spread([50, 52, 51, 10], 14, 0, 100);
  const sorted = [...places].sort((a, b) => a - b);
  for (let i = 1; i < sorted.length; ++i) assert.ok((sorted[i] as number) - (sorted[i - 1] as number) >= 14 - 1e-9);
  assert.ok((places[0] as number) < (places[2] as number) && (places[2] as number) < (places[1] as number));
  assert.ok(sorted[0] as number >= 0 && (sorted.at(-1) as number) <= 100);
});

test('CSV has a column per line and quotes names with commas', () => {
  const csv = csv_of([{ name: 'Euler a, eta 0', points: [[10, 0.5], [20, 0.25]], style: 0 }, { name: 'LMS', points: [[20, 0.1]], style: 1 }], 'calls');
  assert.equal(csv, 'calls,"Euler a, eta 0",LMS\n10,0.5,\n20,0.25,0.1');
});
