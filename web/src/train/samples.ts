// Samples of a run: which of two runs belong together, and what they are called.
import type { RunSample, WholeRun } from '../api';
import { label_words } from './curves';

export interface SamplePair { a: RunSample; b: RunSample; words: string }

const step_words = (label: string) => (Number(label) > 0 ? `step ${label_words(label)}` : label_words(label));

export const sample_words = (sample: RunSample) => `sample ${label_words(sample.label)}, seed ${sample.seed}`;

/** The file that a sample was made with at weight 1, if the run has kept it: files of steps, of epochs, and the last. */
export function file_of_sample(run: WholeRun, sample: RunSample, steps_per_epoch: number): string | null {
  const name = run.options?.output_name ?? 'last';
  const digits = (number: number, count: number) => String(number).padStart(count, '0');
  const of_epoch = (epoch: number) => `${name}-${digits(epoch, 6)}.safetensors`;
  const named = (() => {
    if (sample.label === 'last') return [`${name}.safetensors`];
    if (sample.label.startsWith('e')) {
      const epoch = Number(sample.label.slice(1));
      return [of_epoch(epoch), `${name}-step${digits(epoch * steps_per_epoch, 8)}.safetensors`];
    }
    const step = Number(sample.label);
    return [`${name}-step${digits(step, 8)}.safetensors`, ...(steps_per_epoch > 0 && step % steps_per_epoch === 0 ? [of_epoch(step / steps_per_epoch)] : [])];
  })();
  return named.find((file) => run.files.some((kept) => kept.name === file)) ?? null;
}

/** The step at which the next samples are made, and their label; null where none will be. */
export function next_sample(options: Record<string, string>, steps_done: number, steps: number, steps_per_epoch: number): { step: number; label: string } | null {
  const [epochs, every] = [Number(options.sample_every_n_epochs ?? 0), Number(options.sample_every_n_steps ?? 0)];
  const period = epochs > 0 ? epochs * steps_per_epoch : every;
  if (!(period > 0) || steps_done >= steps) return null;
  const step = (Math.floor(steps_done / period) + 1) * period;
  if (step >= steps) return { step: steps, label: 'last' };
  return { step, label: epochs > 0 ? `e${String(step / steps_per_epoch).padStart(6, '0')}` : String(step).padStart(6, '0') };
}

/** The words of a sample with a LoRA at a weight, instead of the one that it was made with. */
export function with_lora_at(prompt: string, lora: string, weight: string): string {
  return `${prompt.replace(/\s*<lora:[^<>:]*-sample:1>\s*$/, '')} <lora:${lora}:${weight}>`;
}

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
