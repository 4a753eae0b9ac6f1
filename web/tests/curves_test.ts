import assert from 'node:assert/strict';
import test from 'node:test';
import { aligned, differ, ends_of, epoch_means, label_words, last_within, moving_mean, product, step_size_state, value_text, with_rows } from '../src/train/curves';

const curve = (steps: number[], values: number[]) => ({ steps, values });

test('rows that come again replace those known', () => {
  const known = { loss: curve([1, 2, 3, 4], [4, 3, 2, 1]), rate: curve([1], [9]) };
  const news = { loss: curve([3, 4, 5], [20, 10, 5]) };
  assert.deepEqual(with_rows(known, news, 2), { loss: curve([1, 2, 3, 4, 5], [4, 3, 20, 10, 5]), rate: curve([1], [9]) });
  assert.deepEqual(with_rows({}, news, -1), news);
});

test('the mean of an epoch, shorter at the start', () => {
  assert.deepEqual(moving_mean([2, 4, 6, 8], 2), [2, 3, 5, 7]);
  assert.deepEqual(moving_mean([], 3), []);
});

test('curves of other steps share an axis', () => {
  assert.deepEqual(aligned([curve([1, 3], [5, 6]), undefined, curve([2, 3], [7, 8])]), [[1, 2, 3], [5, null, 6], [null, null, null], [null, 7, 8]]);
});

test('ends, labels and numbers', () => {
  assert.equal(ends_of(undefined), null);
  assert.deepEqual(ends_of(curve([1, 2, 3], [3, 2, 1])), { first: 3, last: 1 });
  assert.deepEqual(['000000', '001200', 'e000002', 'last'].map(label_words), ['start', '1,200', 'epoch 2', 'last']);
  assert.deepEqual([0, 0.09312, 0.0001, 1234.567].map(value_text), ['0', '0.09312', '1e-4', '1235']);
});

test('the mean of each epoch, of the last one so far', () => {
  assert.deepEqual(epoch_means(curve([1, 2, 3, 4, 5], [4, 2, 3, 1, 8]), 2), [{ epoch: 1, step: 2, mean: 3 }, { epoch: 2, step: 4, mean: 2 }, { epoch: 3, step: 5, mean: 8 }]);
  assert.deepEqual(epoch_means(curve([], []), 2), []);
});

test('curves value by value, and whether they go another way', () => {
  assert.deepEqual(product(curve([1, 2, 3], [1, 2, 3]), curve([2, 3, 4], [10, 100, 5])), curve([2, 3], [20, 300]));
  assert.equal(differ(curve([1, 2], [0.5, 0.25]), curve([2, 3], [0.25, 9])), false);
  assert.equal(differ(curve([1, 2], [0.5, 0.25]), curve([2], [0.25 + 1e-9])), false);
  assert.equal(differ(curve([1, 2], [0.5, 0.25]), curve([2], [0.26])), true);
});

test('the last value of an epoch', () => {
  const measured = curve([10, 20, 30], [3, 2, 1]);
  assert.deepEqual([last_within(measured, 0, 24), last_within(measured, 20, 29), last_within(measured, 20, 30), last_within(undefined, 0, 9)], [2, undefined, 1, undefined]);
});

test('what d has come to', () => {
  const state = (values: number[]) => step_size_state(curve(values.map((_, i) => i + 1), values));
  assert.equal(state([1e-6, 1e-6]), 'early');
  assert.equal(state(new Array<number>(50).fill(1e-6)), 'has not moved');
  assert.equal(state(Array.from({ length: 50 }, (_, i) => Math.min(i, 40))), 'settled');
  assert.equal(state(Array.from({ length: 50 }, (_, i) => i)), 'growing');
});
