// A run as it goes: how far, its curves, its sample pictures step by step, its files.
import type { Curve, Plan, Progress as JobProgress, WholeRun } from '../api';
import { clock_text, number_text, time_text } from '../form/words';
import { line } from '../stream';
import { beside } from './beside';
import { differ, ends_of, product, step_size_state, value_text } from './curves';
import { Loss } from './live_loss';
import { Samples } from './live_samples';
import { Side } from './live_side';
import { job_of, open_run, plan, progress_of, series, state_of } from './runs_state';
import { Bars, MiniLine } from './small_charts';

/** "epoch 4 of 5, picture 40 of 400". */
function place_text(done: number, steps: number, { steps_per_epoch, batches_per_epoch, batch_size, folders }: Plan): string {
  const within = ((done - 1) % steps_per_epoch) + 1;
  const all = folders.reduce((sum, { pictures, repeats }) => sum + pictures * repeats, 0);
  const seen = Math.min(all, Math.ceil((within / steps_per_epoch) * batches_per_epoch) * batch_size);
  return `epoch ${Math.floor((done - 1) / steps_per_epoch) + 1} of ${Math.ceil(steps / steps_per_epoch)}, picture ${number_text(seen)} of ${number_text(all)}`;
}

/** Pace, and how long it has been and will be. */
function Times({ run, now, done }: { run: WholeRun; now: JobProgress | null; done: number }) {
  const state = state_of(run);
  if (state === 'stopped') return <span class="hint">The state of step {number_text(done)} is on disk.</span>;
  if (state !== 'running' || !now) return null;
  const left = now.seconds_left ?? 0;
  const started = job_of(run)?.started ?? run.started;
  return (
    <>
      {now.seconds_per_step ? <span class="hint">{now.seconds_per_step.toFixed(2)} s per step</span> : null}
      {started ? <span class="hint">{time_text(Date.now() / 1000 - started)} so far</span> : null}
      {left > 0 && <b>{time_text(left)} left, until {clock_text(Date.now() + left * 1000)}</b>}
    </>
  );
}

function Progress() {
  const run = open_run.value;
  if (!run) return null;
  const state = state_of(run);
  const now = progress_of(run);
  const most = now?.steps || plan.value?.steps || Number(run.options?.max_train_steps ?? 0);
  const done = state === 'running' && now && now.stage === 'training' ? now.step : run.steps_done ?? now?.step ?? 0;
  const part = most > 0 ? Math.min(1, done / most) : 0;
  const per_epoch = plan.value?.steps_per_epoch ?? 0;
  const epochs = per_epoch > 0 ? Math.ceil(most / per_epoch) : 0;
  const stage = state === 'running' && now && now.stage !== 'training' ? now.stage : '';
  const words = state === 'waiting' ? 'Waiting in the queue' : stage !== '' ? stage.charAt(0).toUpperCase() + stage.slice(1) : most === 0 ? 'Not started' : `Step ${number_text(done)} of ${number_text(most)}`;
  return (
    <section class="run-progress" aria-label="Progress of the run">
      <p><b class="title">{words}</b>{plan.value && done > 0 && <span class="hint">{place_text(done, most, plan.value)}</span>}<span class="grow" /><Times run={run} now={now} done={done} /></p>
      <div class={`bar ${line.value.state === 'lost' ? 'is-lost' : ''}`} role="progressbar" aria-label="Progress of the run" aria-valuemin={0} aria-valuemax={100} aria-valuenow={Math.round(100 * part)} aria-valuetext={words}><i style={{ transform: `scaleX(${part})` }} />
        {epochs > 1 && epochs < 60 && Array.from({ length: epochs - 1 }, (_, i) => <u key={i} style={{ left: `${(100 * (i + 1) * per_epoch) / most}%` }} />)}</div>
    </section>
  );
}

/** What the weights move by: of an optimiser that finds d, its rate times that. */
const used_rate = (rate: Curve | undefined, found: Curve | undefined) => (rate && found ? product(rate, found) : rate);

/** Done, to come, and the earlier run's where it went another way. */
function LearningRate({ found }: { found: Curve | undefined }) {
  const rate = used_rate(series.value.learning_rate, found);
  const other = used_rate(beside.value?.series.learning_rate, beside.value?.series.step_size);
  const done = rate?.steps.at(-1) ?? 0;
  const peak = Math.max(0, ...(plan.value?.trained.map((part) => part.learning_rate) ?? []));
  const scale_of = (peak || Math.max(0, ...(series.value.learning_rate?.values ?? []))) * (found?.values.at(-1) ?? 1);
  const coming = (plan.value?.learning_rate_curve ?? []).filter(({ step }) => step > done);
  const steps = [...(rate?.steps ?? []), ...coming.map(({ step }) => step)];
  const values = [...(rate?.values ?? []), ...coming.map(({ factor }) => factor * scale_of)];
  return (
    <section aria-label="Learning rate"><h3>Learning rate{found && ' × d'} <b>{rate ? value_text(rate.values.at(-1) as number) : ''}</b></h3>
      <MiniLine name="Learning rate" steps={steps} values={values} colour="var(--series-1)" to_come={done} {...(rate && other && differ(rate, other) ? { other: { name: beside.value?.name ?? '', curve: other } } : {})} /></section>
  );
}

/** What Prodigy or D-Adaptation has found. */
function StepSize({ found, optimizer }: { found: Curve; optimizer: string }) {
  const state = step_size_state(found);
  return (
    <section aria-label={`${optimizer}'s d`}><h3>{optimizer}'s d <span><b>{value_text(found.values.at(-1) as number)}</b> {state === 'settled' ? <span class="tag is-good">settled</span> : state === 'has not moved' && <span class="tag is-attention">has not moved</span>}</span></h3>
      <MiniLine name={`${optimizer}'s d`} steps={found.steps} values={found.values} colour="var(--series-1)" end={plan.value?.steps ?? 0} is_log /></section>
  );
}

function GradientNorm() {
  const { gradient_norm } = series.value;
  return (
    <section aria-label="Gradient norm"><h3>Gradient norm <b>{gradient_norm ? value_text(gradient_norm.values.at(-1) as number) : ''}</b></h3>
      <MiniLine name="Gradient norm" steps={gradient_norm?.steps ?? []} values={gradient_norm?.values ?? []} colour="var(--series-3)" end={plan.value?.steps ?? 0} /></section>
  );
}

function SmallCharts() {
  const { step_size } = series.value;
  const quarters = ['0-250', '250-500', '500-750', '750-1000'].map((label, i) => ({ label, ends: ends_of(series.value[`loss_quarter_${i + 1}`] ?? series.value[`loss_quarter_${i}`]) })).filter(({ ends }) => ends !== null);
  return (
    <div class="small-charts">
      <LearningRate found={step_size} />
      {step_size ? <StepSize found={step_size} optimizer={open_run.value?.options?.optimizer_type ?? 'The optimiser'} /> : <GradientNorm />}
      <section aria-label="Loss by noise level"><h3>Loss by noise level <span class="hint">bar: now, line: at the start</span></h3>{quarters.length === 0 ? <p class="hint">Nothing yet.</p> : <Bars name="Loss by noise level" bars={quarters.map(({ label, ends }) => ({ label, now: ends?.last ?? 0, before: ends?.first ?? 0 }))} />}</section>
    </div>
  );
}

export function LiveTab() {
  return (
    <div class="live-page">
      <Progress />
      <div class="train-scroll"><Loss /><SmallCharts /><Samples /></div>
      <Side />
    </div>
  );
}
