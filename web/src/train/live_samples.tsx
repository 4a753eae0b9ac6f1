// Samples of a run, step by step: larger, two against each other, at other weights, and the frame to come.
import { signal } from '@preact/signals';
import { useEffect, useState } from 'preact/hooks';
import type { RunSample, WholeRun } from '../api';
import { time_text } from '../form/words';
import { Button, IconButton } from '../widgets/button';
import { Choice } from '../widgets/choice';
import { Dialog } from '../widgets/dialog';
import { Divided } from '../widgets/divided';
import { label_words } from './curves';
import { job_at_weight, make_at_weight, read_weight_jobs, shown_weight, weights } from './sample_weights';
import { file_of_sample, next_sample, prompt_of_sample, sample_words } from './samples';
import { open_run, plan, progress_of, state_of } from './runs_state';

const enlarged = signal<RunSample | null>(null);
const is_comparing = signal(false);

const words_of_prompt = (run: WholeRun, prompt: number) => prompt_of_sample(run, { prompt } as RunSample) || `prompt ${prompt + 1}`;
const prompts_in = (samples: RunSample[]) => [...new Set(samples.map(({ prompt }) => prompt))].sort((a, b) => a - b);

function Enlarged({ run, sample }: { run: WholeRun; sample: RunSample }) {
  const all = run.samples.filter(({ prompt }) => prompt === sample.prompt);
  const move = (by: number) => { const next = all[all.findIndex(({ file }) => file === sample.file) + by]; if (next) enlarged.value = next; };
  return (
    <Dialog name={`Sample ${label_words(sample.label)}`} title={`${label_words(sample.label)}, seed ${sample.seed}`} class="sample-large" close={() => { enlarged.value = null; }}
      head={<><IconButton icon="chevron-left" name="The step before" on_click={() => move(-1)} /><IconButton icon="chevron-right" name="The step after" on_click={() => move(1)} /></>}
      on_key={(event) => { if (event.key === 'ArrowLeft') move(-1); if (event.key === 'ArrowRight') move(1); }}>
      <img src={sample.url} alt={`Sample at ${label_words(sample.label)}, seed ${sample.seed}`} />
    </Dialog>
  );
}

/** Two steps of one prompt and seed under a divider: A the first, B the last, until others are chosen. */
function TwoSteps({ run }: { run: WholeRun }) {
  const prompts = prompts_in(run.samples);
  const [prompt, set_prompt] = useState(prompts[0] ?? 0);
  const [labels, set_labels] = useState<{ a?: string; b?: string }>({});
  const [shape, set_shape] = useState<[number, number]>([1, 1]);
  const all = run.samples.filter((sample) => sample.prompt === prompt);
  const [a, b] = [all.find(({ label }) => label === labels.a) ?? all[0], all.find(({ label }) => label === labels.b) ?? all.at(-1)];
  const steps = all.map(({ label }) => ({ value: label, label: label_words(label) }));
  if (!a || !b) return null;
  return (
    <Dialog name="Compare two steps" title="Compare two steps" class="sample-large" close={() => { is_comparing.value = false; }}>
      <div class="two-steps">
        <span>A <Choice name="Step of A" value={a.label} options={steps} on_change={(label) => set_labels({ ...labels, a: label })} /></span>
        <span>B <Choice name="Step of B" value={b.label} options={steps} on_change={(label) => set_labels({ ...labels, b: label })} /></span>
        {prompts.length > 1 && <Choice name="Prompt compared" class="grow" value={String(prompt)} options={prompts.map((one) => ({ value: String(one), label: words_of_prompt(run, one) }))} on_change={(value) => set_prompt(Number(value))} />}
      </div>
      <Divided a={{ url: a.url, alt: sample_words(a), tag: label_words(a.label) }} b={{ url: b.url, alt: sample_words(b), tag: label_words(b.label) }} style={{ aspectRatio: `${shape[0]} / ${shape[1]}`, '--ratio': shape[0] / shape[1] }} on_load={(width, height) => set_shape([width, height])} />
      <p class="hint">{words_of_prompt(run, prompt)}, seed {a.seed}{a.seed !== b.seed && ` and ${b.seed}`}</p>
    </Dialog>
  );
}

function SampleAsMade({ run, sample }: { run: WholeRun; sample: RunSample }) {
  return <button type="button" aria-label={`Sample ${label_words(sample.label)}, ${words_of_prompt(run, sample.prompt)}, larger`} onClick={() => { enlarged.value = sample; }}><img src={sample.url} alt="" loading="lazy" /></button>;
}

/** What lies in a cell at a weight other than 1: the picture, the way to it, or why there is none. */
function SampleAtWeight({ run, sample }: { run: WholeRun; sample: RunSample }) {
  const file = file_of_sample(run, sample, plan.value?.steps_per_epoch ?? 0);
  if (file === null) return <p class="frame-to-come hint">no file of this step was kept</p>;
  const job = job_at_weight(run, file, sample);
  const picture = job?.pictures[0];
  const words = `Sample ${label_words(sample.label)} at weight ${shown_weight.value}, ${words_of_prompt(run, sample.prompt)}`;
  if (picture) return <a href={`/gallery/${picture.id}`} aria-label={words}><img src={picture.url} alt="" loading="lazy" /></a>;
  if (job) return <p class="frame-to-come hint">{job.state === 'running' ? 'being made' : 'in the queue'}</p>;
  return <p class="frame-to-come"><Button name={`Make ${words}`} on_click={() => void make_at_weight(run, file, sample)}>Make it</Button></p>;
}

/** The step of the samples to come, and in how long: only while the run goes on. */
function coming(run: WholeRun): { label: string; when: string } | null {
  const now = progress_of(run);
  if (state_of(run) !== 'running' || !now || !run.options || (run.prompts ?? '').trim() === '') return null;
  const next = next_sample(run.options, now.step, now.steps, plan.value?.steps_per_epoch ?? 0);
  if (!next || run.samples.some(({ label }) => label === next.label)) return null;
  return { label: next.label, when: now.seconds_per_step ? `, in ${time_text((next.step - now.step) * now.seconds_per_step)}` : '' };
}

function Strip({ run }: { run: WholeRun }) {
  const labels = [...new Set(run.samples.map(({ label }) => label))];
  const rows = prompts_in(run.samples);
  const next = coming(run);
  const Cell = shown_weight.value === '1' ? SampleAsMade : SampleAtWeight;
  return (
    <div class="sample-strip" tabIndex={0} aria-label="Sample pictures by step">
      <table>
        <thead><tr><th scope="col"><span class="spoken">Prompt</span></th>{labels.map((label) => <th scope="col" key={label}>{label_words(label)}</th>)}{next && <th scope="col">{label_words(next.label)}{next.when}</th>}</tr></thead>
        <tbody>{(rows.length > 0 ? rows : [0]).map((row) => (
          <tr key={row}><th scope="row">{words_of_prompt(run, row)}</th>
            {labels.map((label) => { const sample = run.samples.find((one) => one.prompt === row && one.label === label); return <td key={label}>{sample && <Cell run={run} sample={sample} />}</td>; })}
            {next && <td><p class="frame-to-come"><span class="spoken">to come</span></p></td>}</tr>
        ))}</tbody>
      </table>
    </div>
  );
}

function samples_hint(run: WholeRun): string {
  const first = run.samples[0];
  if (!first) return 'Prompts and how often are chosen under Options, Saving, samples.';
  if (shown_weight.value === '1') return `seed ${first.seed}, weight 1; the same pixels the saved file will give`;
  return `seed ${first.seed}, weight ${shown_weight.value}; made in the queue with the file that was kept of the step, kept in the gallery too`;
}

export function Samples() {
  const run = open_run.value;
  useEffect(() => { shown_weight.value = '1'; is_comparing.value = false; enlarged.value = null; }, [run?.name]);
  useEffect(() => { if (run && shown_weight.value !== '1') void read_weight_jobs(run.name); }, [shown_weight.value, run?.name]);
  if (!run) return null;
  const has_weights = run.options?.network_module !== 'none';
  const can_compare = run.samples.some(({ prompt, label }) => run.samples.some((other) => other.prompt === prompt && other.label !== label));
  return (
    <section class="live-samples" aria-label="Samples">
      <header><h2>Samples</h2><span class="hint">{samples_hint(run)}</span><span class="grow" />
        {run.samples.length > 0 && has_weights && <Choice name="Weight of the samples" value={shown_weight.value} options={weights.map((weight) => ({ value: weight, label: `Weight ${weight}` }))} on_change={(weight) => { shown_weight.value = weight; }} />}
        {can_compare && <Button icon="git-compare" on_click={() => { is_comparing.value = true; }}>Compare two steps</Button>}</header>
      {(run.samples.length > 0 || coming(run)) && <Strip run={run} />}
      {enlarged.value && <Enlarged key="large" run={run} sample={enlarged.value} />}
      {is_comparing.value && <TwoSteps run={run} />}
    </section>
  );
}
