import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { RunSample, WholeRun } from '../src/api';
import { equal_samples, file_of_sample, next_sample, with_lora_at } from '../src/train/samples';

const sample = (label: string, prompt: number, seed: number): RunSample => ({ file: '', label, prompt, seed, url: '' });
const run = (prompts: string, samples: RunSample[]) => ({ prompts, samples }) as WholeRun;

test('samples of two runs belong together by words, step and seed; the newest comes first', () => {
  const a = run('# two\na cat --w 64\na dog', [sample('000100', 0, 7), sample('last', 0, 7), sample('last', 1, 7), sample('000200', 0, 7)]);
  const b = run('a dog --s 4\na cat', [sample('000100', 1, 7), sample('last', 1, 8), sample('last', 0, 7)]);
  assert.deepEqual(equal_samples(a, b).map(({ a: one, b: other, words }) => [one.prompt, other.prompt, words]), [[1, 0, 'last, a dog'], [0, 1, 'step 100, a cat']]);
  assert.deepEqual(equal_samples(a, run('a bird', [sample('last', 0, 7)])), []);
});

test('the file that a sample was made with, where it was kept', () => {
  const kept = { options: { output_name: 'ink' }, files: ['ink.safetensors', 'ink-step00000100.safetensors', 'ink-000002.safetensors'].map((name) => ({ name, bytes: 1 })) } as unknown as WholeRun;
  const file = (label: string) => file_of_sample(kept, sample(label, 0, 7), 60);
  assert.deepEqual(['last', '000100', '000120', 'e000002', '000000', '000060', 'e000001'].map(file), ['ink.safetensors', 'ink-step00000100.safetensors', 'ink-000002.safetensors', 'ink-000002.safetensors', null, null, null]);
});

test('the samples to come', () => {
  const steps = { sample_every_n_steps: '80', sample_every_n_epochs: '0' };
  assert.deepEqual(next_sample(steps, 0, 240, 12), { step: 80, label: '000080' });
  assert.deepEqual(next_sample(steps, 80, 240, 12), { step: 160, label: '000160' });
  assert.deepEqual(next_sample(steps, 161, 240, 12), { step: 240, label: 'last' });
  assert.deepEqual(next_sample({ ...steps, sample_every_n_epochs: '2' }, 25, 240, 12), { step: 48, label: 'e000004' }, 'epochs count over steps, as in the trainer');
  assert.deepEqual([next_sample(steps, 240, 240, 12), next_sample({}, 3, 240, 12)], [null, null]);
});

test('the words of a sample at another weight', () => {
  assert.equal(with_lora_at('a cat <lora:other:0.5> <lora:ink-sample:1>', 'ink-step00000100', '0.75'), 'a cat <lora:other:0.5> <lora:ink-step00000100:0.75>');
  assert.equal(with_lora_at('a cat', 'ink', '0'), 'a cat <lora:ink:0>');
});
