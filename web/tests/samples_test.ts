import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { RunSample, WholeRun } from '../src/api';
import { equal_samples } from '../src/train/samples';

const sample = (label: string, prompt: number, seed: number): RunSample => ({ file: '', label, prompt, seed, url: '' });
const run = (prompts: string, samples: RunSample[]) => ({ prompts, samples }) as WholeRun;

test('samples of two runs belong together by words, step and seed; the newest comes first', () => {
  const a = run('# two\na cat --w 64\na dog', [sample('000100', 0, 7), sample('last', 0, 7), sample('last', 1, 7), sample('000200', 0, 7)]);
  const b = run('a dog --s 4\na cat', [sample('000100', 1, 7), sample('last', 1, 8), sample('last', 0, 7)]);
  assert.deepEqual(equal_samples(a, b).map(({ a: one, b: other, words }) => [one.prompt, other.prompt, words]), [[1, 0, 'last, a dog'], [0, 1, 'step 100, a cat']]);
  assert.deepEqual(equal_samples(a, run('a bird', [sample('last', 0, 7)])), []);
});
