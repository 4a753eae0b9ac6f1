import assert from 'node:assert/strict';
import test from 'node:test';
import { most_random_seed, random_seed, read_seeds, seed_runs, seeds_text } from '../src/form/seeds';

test('a list of seeds is read', () => {
  assert.deepEqual(read_seeds('12, 15, 20-23'), [12, 15, 20, 21, 22, 23]);
  assert.deepEqual(read_seeds('7'), [7]);
  assert.deepEqual(read_seeds(''), [-1]);
  assert.deepEqual(read_seeds('Random'), [-1]);
  assert.deepEqual(read_seeds('-1'), [-1]);
  for (const wrong of ['a', '5-3', '1, b', '1-99999999', '-5', '1.5']) assert.equal(read_seeds(wrong), null, wrong);
});

test('neighbours become one run, and the text names them', () => {
  assert.deepEqual(seed_runs([12, 15, 20, 21, 22]), [{ seed: 12, count: 1 }, { seed: 15, count: 1 }, { seed: 20, count: 3 }]);
  assert.equal(seeds_text([1234, 1235, 1236, 1237]), '1234 to 1237');
  assert.equal(seeds_text([5]), '5');
  assert.equal(seeds_text([7, 7, 7, 7]), '7');
});

test('random seeds are those of A1111', () => {
  for (let i = 0; i < 1000; ++i) {
    const seed = random_seed();
    assert.ok(Number.isInteger(seed) && seed >= 0 && seed <= most_random_seed);
  }
});
