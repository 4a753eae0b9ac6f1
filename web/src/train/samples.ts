// Samples of a run: which of two runs belong together, and what they are called.
import type { RunSample, WholeRun } from '../api';
import { label_words } from './curves';

export interface SamplePair { a: RunSample; b: RunSample; words: string }

const step_words = (label: string) => (Number(label) > 0 ? `step ${label_words(label)}` : label_words(label));

export const sample_words = (sample: RunSample) => `sample ${label_words(sample.label)}, seed ${sample.seed}`;

/** A prompt as it was sampled, without the size and steps behind it. */
export function prompt_of_sample(run: WholeRun, sample: RunSample): string {
  return ((run.prompts ?? '').split('\n').filter((line) => line.trim() !== '' && !line.startsWith('#'))[sample.prompt] ?? '').replace(/ --.*$/, '').trim();
}

/** Samples of the same words, step and seed; the newest first. */
export function equal_samples(a: WholeRun, b: WholeRun): SamplePair[] {
  const pairs: SamplePair[] = [];
  for (const one of a.samples) {
    const words = prompt_of_sample(a, one);
    const other = b.samples.find((sample) => sample.label === one.label && sample.seed === one.seed && prompt_of_sample(b, sample) === words);
    if (other) pairs.push({ a: one, b: other, words: `${step_words(one.label)}, ${words === '' ? `prompt ${one.prompt + 1}` : words}` });
  }
  const step = ({ a: { label } }: SamplePair) => (label === 'last' ? Infinity : Number(label.replace(/^e/, '')));
  return pairs.sort((p, q) => (step(p) === step(q) ? p.a.prompt - q.a.prompt : step(q) - step(p)));
}
