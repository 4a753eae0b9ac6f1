import assert from 'node:assert/strict';
import test from 'node:test';
import { allowed, decimals_of, read_number, tidy } from '../src/form/arithmetic';
import { number_text, pace_text, size_text, time_text } from '../src/form/words';

test('numbers are read as people type them', () => {
  const cases: [string, number | null][] = [
    ['20', 20], ['512*1.5', 768], [' 3 + 4 * 2 ', 11], ['(3+4)*2', 14], ['1e-4', 1e-4], ['1,024', 1024], ['-0.5', -0.5], ['2x3', 6], ['.5', 0.5], ['10/4', 2.5], ['2--1', 3],
    ['', null], ['abc', null], ['1+', null], ['(1', null], ['1/0', null], ['1 2 3x', null], ['1;2', null],
  ];
  for (const [text, value] of cases) assert.equal(read_number(text), value, text);
});

test('values are brought into what a field allows', () => {
  assert.equal(allowed(515, { least: 64, most: 2048, multiple_of: 8 }), 512);
  assert.equal(allowed(9999, { least: 0, most: 8190, multiple_of: 8 }), 8184);
  assert.equal(allowed(3.7, { whole: true }), 4);
  assert.equal(allowed(0.30000000000000004, {}), 0.3);
  assert.equal(allowed(-4, { least: 1, most: 150, whole: true }), 1);
});

test('steps keep their decimals', () => {
  assert.equal(decimals_of(0.05), 2);
  assert.equal(decimals_of(1e-7), 7);
  assert.equal(tidy(0.1 + 0.2), 0.3);
});

test('times and sizes are written as the design says', () => {
  assert.deepEqual([0.9, 16, 115, 7860, 120, 3600].map(time_text), ['0.9 s', '16 s', '1 min 55 s', '2 h 11 min', '2 min', '1 h']);
  assert.deepEqual([1.72e9, 246e6, 5300].map(size_text), ['1.72 GB', '246 MB', '5 kB']);
  assert.equal(pace_text(2.1), '2.10 s per step');
  assert.equal(number_text(65504), '65,504');
});
