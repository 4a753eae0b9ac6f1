// Samples at other weights than 1. A sample is the file of its step at weight 1; at another weight it is a picture that the queue makes, of
// the sample's own recipe, with the file that the run has kept of this step.
import { signal } from '@preact/signals';
import { api, ApiError, type Job, type RunSample, type WholeRun } from '../api';
import { start_again, submit } from '../actions';
import { remembered } from '../remember';
import { jobs, take_answer } from '../store';
import { attempt } from '../toasts';
import { with_lora_at } from './samples';

export const weights = ['0', '0.25', '0.5', '0.75', '1', '1.25', '1.5'];

/** What the strip shows its samples at. */
export const shown_weight = signal('1');

const most_kept = 400;
const asked = remembered<[string, string][]>('train-sample-weights', [], 'browser'); // what it shows, and the job that makes it; the newest last

const key_of = (run: WholeRun, file: string, sample: RunSample) => `${run.name} ${file} ${sample.prompt} ${sample.seed} ${shown_weight.value}`;

/** The job that makes a sample at the weight shown, if it was asked for and is known here. */
export function job_at_weight(run: WholeRun, file: string, sample: RunSample): Job | null {
  const id = asked.value.findLast(([key]) => key === key_of(run, file, sample))?.[1];
  const job = id === undefined ? undefined : jobs.value[id];
  return job && job.state !== 'cancelled' && job.state !== 'failed' ? job : null;
}

/** Jobs of an earlier visit, of this run. */
export async function read_weight_jobs(run: string) {
  const unknown = asked.peek().filter(([key, id]) => key.startsWith(`${run} `) && !jobs.peek()[id]);
  for (const [, id] of unknown) {
    try {
      take_answer(await api.job(id));
    } catch (error) {
      // What the program has forgotten is asked for anew; without a connection nothing is known.
      if (error instanceof ApiError) asked.value = asked.peek().filter(([, other]) => other !== id);
    }
  }
}

/** Asks for a sample at the weight shown. The file is copied to the LoRA folder, as Try it does. */
export function make_at_weight(run: WholeRun, file: string, sample: RunSample) {
  const [weight, key] = [shown_weight.peek(), key_of(run, file, sample)];
  return attempt(async () => {
    const { settings, model_title: model } = await api.recipe(await api.bytes(sample.url));
    if (!model) throw new Error(`The model that ${run.name} was trained on is not among the models here any more.`);
    const { lora } = await api.use_run(run.name, file);
    if (!lora) throw new Error(`${file} is a whole model and has no weight.`);
    await start_again();
    const id = submit({ kind: 'generate', request: { ...settings, model, prompt: with_lora_at(settings.prompt ?? '', lora, weight) } });
    asked.value = [...asked.peek(), [key, id] as [string, string]].slice(-most_kept);
  });
}
