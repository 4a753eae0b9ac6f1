import assert from 'node:assert/strict';
import test from 'node:test';
import { aligned, ends_of, label_words, moving_mean, value_text, with_rows } from '../src/train/curves';

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
