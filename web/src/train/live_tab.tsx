// A run as it goes: how far, its curves, its sample pictures step by step, its files.
import { signal } from '@preact/signals';
import { useEffect } from 'preact/hooks';
import { api, type RunSample } from '../api';
import { clock_text, number_text, size_text, time_text } from '../form/words';
import { closes_on_escape } from '../keys';
import { generate_path, go } from '../places';
import { lora_tag_of, use_lora } from './use_lora';
import { remembered } from '../remember';
import { start_again } from '../actions';
import { line } from '../stream';
import { attempt } from '../toasts';
import { IconButton } from '../widgets/button';
import { Segmented } from '../widgets/choice';
import { Icon } from '../widgets/icon';
import { lazy_part } from '../widgets/lazy_part';
import { ends_of, label_words, moving_mean, value_text } from './curves';
import { draft, open_run, plan, progress_of, series, state_of } from './runs_state';
import { Bars, MiniLine } from './small_charts';

const Chart = lazy_part(() => import('./chart').then((part) => part.Chart));

const scale = remembered<'linear' | 'log'>('train-scale', 'linear', 'browser');
const enlarged = signal<RunSample | null>(null);

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
  const left = now?.seconds_left ?? 0;
  const stage = state === 'running' && now && now.stage !== 'training' ? now.stage : '';
  const words = state === 'waiting' ? 'Waiting in the queue' : stage !== '' ? stage.charAt(0).toUpperCase() + stage.slice(1) : most === 0 ? 'Not started' : `Step ${number_text(done)} of ${number_text(most)}`;
  return (
    <section class="run-progress" aria-label="Progress of the run">
      <p><b class="title">{words}</b>{epochs > 0 && done > 0 && <span class="hint">epoch {Math.min(epochs, Math.floor(Math.max(0, done - 1) / per_epoch) + 1)} of {epochs}</span>}<span class="grow" />
        {state === 'running' && now && now.seconds_per_step ? <span class="hint">{now.seconds_per_step.toFixed(2)} s per step</span> : null}
        {state === 'running' && left > 0 && <b>{time_text(left)} left, until {clock_text(Date.now() + left * 1000)}</b>}
        {state === 'stopped' && <span class="hint">The state of step {number_text(done)} is on disk.</span>}</p>
      <div class={`bar ${line.value.state === 'lost' ? 'is-lost' : ''}`} role="progressbar" aria-label="Progress of the run" aria-valuemin={0} aria-valuemax={100} aria-valuenow={Math.round(100 * part)} aria-valuetext={words}><i style={{ transform: `scaleX(${part})` }} />
        {epochs > 1 && epochs < 60 && Array.from({ length: epochs - 1 }, (_, i) => <u key={i} style={{ left: `${(100 * (i + 1) * per_epoch) / most}%` }} />)}</div>
    </section>
  );
}

function Loss() {
  const { loss, validation_loss } = series.value;
  const window = plan.value?.steps_per_epoch ?? 20;
  const average = loss ? { steps: loss.steps, values: moving_mean(loss.values, Math.max(1, window)) } : undefined;
  const last = average?.values.at(-1);
  const first_validation = validation_loss?.values[0];
  const caption = last === undefined ? 'No step yet.' : `The average loss is ${value_text(last)} at step ${loss?.steps.at(-1)}${first_validation === undefined ? '' : `; validation went from ${value_text(first_validation)} to ${value_text(validation_loss?.values.at(-1) as number)}`}.`;
  return (
    <section class="live-loss" aria-label="Loss">
      <header><h2>Loss</h2><span class="legend"><i class="is-average" /> average over an epoch</span><span class="legend"><i class="is-step" /> each step</span>{validation_loss && <span class="legend"><i class="is-validation" /> validation, fixed noise</span>}<span class="grow" />
        {last !== undefined && <b class="accent-text">{value_text(last)}</b>}
        <Segmented name="Scale" value={scale.value} options={[{ value: 'linear', label: 'Linear' }, { value: 'log', label: 'Log' }]} on_change={(to) => { scale.value = to as 'linear' | 'log'; }} /></header>
      {loss ? <Chart name="Loss" height={230} most={plan.value?.steps} is_log={scale.value === 'log'} caption={caption}
        lines={[{ name: 'each step', curve: loss, colour: '--series-7', kind: 'points' }, { name: 'average over an epoch', curve: average, colour: '--series-1', width: 2 }, ...(validation_loss ? [{ name: 'validation', curve: validation_loss, colour: '--series-2', kind: 'rings' as const }] : [])]} />
        : <p class="hint pad">The curve begins with the first step.</p>}
      <p class="hint">{caption} Single steps mostly show which noise level was drawn. Watch validation and the samples.</p>
    </section>
  );
}

function SmallCharts() {
  const { learning_rate, gradient_norm } = series.value;
  const to_come = plan.value?.learning_rate_curve ?? [];
  const done = learning_rate?.steps.at(-1) ?? 0;
  const peak = Math.max(0, ...(plan.value?.trained.map((part) => part.learning_rate) ?? []));
  const scale_of = peak || Math.max(0, ...(learning_rate?.values ?? []));
  const coming = to_come.filter(({ step }) => step > done);
  const steps = [...(learning_rate?.steps ?? []), ...coming.map(({ step }) => step)];
  const values = [...(learning_rate?.values ?? []), ...coming.map(({ factor }) => factor * scale_of)];
  const quarters = ['0-250', '250-500', '500-750', '750-1000'].map((label, i) => ({ label, ends: ends_of(series.value[`loss_quarter_${i + 1}`] ?? series.value[`loss_quarter_${i}`]) })).filter(({ ends }) => ends !== null);
  return (
    <div class="small-charts">
      <section aria-label="Learning rate"><h3>Learning rate <b>{learning_rate ? value_text(learning_rate.values.at(-1) as number) : ''}</b></h3><MiniLine name="Learning rate" steps={steps} values={values} colour="var(--series-1)" to_come={done} /></section>
      <section aria-label="Gradient norm"><h3>Gradient norm <b>{gradient_norm ? value_text(gradient_norm.values.at(-1) as number) : ''}</b></h3><MiniLine name="Gradient norm" steps={gradient_norm?.steps ?? []} values={gradient_norm?.values ?? []} colour="var(--series-3)" end={plan.value?.steps ?? 0} /></section>
      <section aria-label="Loss by noise level"><h3>Loss by noise level <span class="hint">bar: now, line: at the start</span></h3>{quarters.length === 0 ? <p class="hint">Nothing yet.</p> : <Bars name="Loss by noise level" bars={quarters.map(({ label, ends }) => ({ label, now: ends?.last ?? 0, before: ends?.first ?? 0 }))} />}</section>
    </div>
  );
}

function Samples() {
  const all = open_run.value?.samples ?? [];
  const labels = [...new Set(all.map(({ label }) => label))];
  const prompts = (draft.value?.prompts ?? '').split('\n').filter((words) => words.trim() !== '' && !words.startsWith('#'));
  const rows = [...new Set(all.map(({ prompt }) => prompt))].sort((a, b) => a - b);
  return (
    <section class="live-samples" aria-label="Samples">
      <header><h2>Samples</h2><span class="hint">{all[0] ? `seed ${all[0].seed}, weight 1; the same pixels the saved file will give` : 'Prompts and how often are chosen under Options, Saving, samples.'}</span></header>
      {all.length > 0 && (
        <div class="sample-strip" tabIndex={0} aria-label="Sample pictures by step">
          <table><thead><tr><th scope="col"><span class="spoken">Prompt</span></th>{labels.map((label) => <th scope="col" key={label}>{label_words(label)}</th>)}</tr></thead>
            <tbody>{rows.map((row) => <tr key={row}><th scope="row">{(prompts[row] ?? `prompt ${row + 1}`).replace(/ --.*$/, '')}</th>{labels.map((label) => {
              const sample = all.find((one) => one.prompt === row && one.label === label);
              return <td key={label}>{sample && <button type="button" aria-label={`Sample ${label_words(label)}, ${prompts[row] ?? `prompt ${row + 1}`}, larger`} onClick={() => { enlarged.value = sample; }}><img src={sample.url} alt="" loading="lazy" /></button>}</td>;
            })}</tr>)}</tbody></table>
        </div>
      )}
    </section>
  );
}

function Enlarged({ sample }: { sample: RunSample }) {
  const close = () => { enlarged.value = null; };
  const all = open_run.value?.samples.filter(({ prompt }) => prompt === sample.prompt) ?? [];
  const move = (by: number) => { const next = all[all.indexOf(sample) + by]; if (next) enlarged.value = next; };
  useEffect(() => {
    const before = document.activeElement as HTMLElement | null;
    document.querySelector<HTMLElement>('.sample-large')?.focus();
    const forget = closes_on_escape(close);
    return () => { forget(); before?.focus({ preventScroll: true }); };
  }, []);
  return (
    <div class="ground" onClick={(event) => { if (event.target === event.currentTarget) close(); }}>
      <div class="dialog sample-large" role="dialog" aria-modal="true" aria-label={`Sample ${label_words(sample.label)}`} tabIndex={-1} onKeyDown={(event) => { if (event.key === 'ArrowLeft') move(-1); if (event.key === 'ArrowRight') move(1); }}>
        <header><b class="grow">{label_words(sample.label)}, seed {sample.seed}</b><IconButton icon="chevron-left" name="The step before" on_click={() => move(-1)} /><IconButton icon="chevron-right" name="The step after" on_click={() => move(1)} /><IconButton icon="x" name="Close" on_click={close} /></header>
        <img src={sample.url} alt={`Sample at ${label_words(sample.label)}, seed ${sample.seed}`} />
      </div>
    </div>
  );
}

async function try_file(file: string) {
  const run = open_run.peek();
  if (!run) return;
  const answer = await attempt(() => api.use_run(run.name, file));
  if (!answer) return;
  const { lora, model } = answer;
  if (model !== undefined) await attempt(() => api.use_model(model));
  await start_again();
  if (lora !== undefined) use_lora(lora_tag_of(lora));
  go(generate_path());
}

function Side() {
  const run = open_run.value;
  if (!run) return null;
  const { loss, validation_loss } = series.value;
  const job_warnings = run.error;
  return (
    <aside class="live-side" aria-label="Now">
      <h2>Now</h2>
      <dl>
        <div><dt>Loss of the last step</dt><dd>{loss ? value_text(loss.values.at(-1) as number) : '-'}</dd></div>
        <div><dt>Average, last tenth</dt><dd>{run.loss === null || run.loss === undefined ? '-' : value_text(run.loss)}</dd></div>
        <div><dt>Validation</dt><dd>{validation_loss ? value_text(validation_loss.values.at(-1) as number) : 'off'}</dd></div>
        <div><dt>Learning rate</dt><dd>{series.value.learning_rate ? value_text(series.value.learning_rate.values.at(-1) as number) : '-'}</dd></div>
      </dl>
      {job_warnings && state_of(run) === 'failed' && <p class="note is-attention"><Icon name="octagon-alert" />{job_warnings}</p>}
      <h2>Saved</h2>
      <ul class="saved-files">{run.files.map(({ name, bytes }) => <li key={name}><span class="grow">{name}</span><button type="button" class="link" aria-label={`Try it: ${name}`} onClick={() => void try_file(name)}>Try it</button><span class="hint">{size_text(bytes)}</span></li>)}</ul>
      {run.files.length === 0 && <p class="hint">The file comes at the end, or as often as is chosen under Saving.</p>}
      <p class="hint">Try it copies the file to the LoRA folder and opens Generate with it. TensorBoard reads the folder logs of the run.</p>
    </aside>
  );
}

export function LiveTab() {
  return (
    <div class="live-page">
      <div class="train-scroll"><Progress /><Loss /><SmallCharts /><Samples /></div>
      <Side />
      {enlarged.value && <Enlarged key="large" sample={enlarged.value} />}
    </div>
  );
}
