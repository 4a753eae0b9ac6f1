// The loss of a run as it goes: each step, the average over an epoch, validation, an earlier run, and what was saved when.
import { useEffect } from 'preact/hooks';
import type { Curve, WholeRun } from '../api';
import { remembered } from '../remember';
import { Choice, Segmented } from '../widgets/choice';
import { lazy_part } from '../widgets/lazy_part';
import { beside, beside_name, choose_beside, earlier_runs, read_beside } from './beside';
import type { Line, Mark } from './chart';
import { moving_mean, value_text } from './curves';
import { open_run, plan, series } from './runs_state';

const Chart = lazy_part(() => import('./chart').then((part) => part.Chart));

const scale = remembered<'linear' | 'log'>('train-scale', 'linear', 'browser');

/** Epochs that were saved and restarts of the rate. */
const marks_of = (run: WholeRun): Mark[] => run.events.filter(({ kind, words }) => (kind === 'file' && words.startsWith('Epoch ')) || (kind === 'rate' && words === 'Rate restarts'))
  .map(({ step, kind, words }) => ({ step, words: words.toLowerCase(), is_dotted: kind === 'rate' }));

/** kohya's average: of as many steps as an epoch of the open run has. */
function averaged(loss: Curve): Curve {
  return { steps: loss.steps, values: moving_mean(loss.values, Math.max(1, plan.value?.steps_per_epoch ?? 20)) };
}

function EarlierRun() {
  useEffect(() => { void read_beside(); }, [beside_name.value]);
  if (earlier_runs.value.length === 0) return null;
  return <Choice name="Earlier run beside" value={beside_name.value} options={[{ value: '', label: 'no earlier run' }, ...earlier_runs.value.map(({ name }) => ({ value: name, label: name }))]} on_change={choose_beside} />;
}

export function Loss() {
  const run = open_run.value;
  const { loss, validation_loss } = series.value;
  if (!run) return null;
  const average = loss && averaged(loss);
  const last = average?.values.at(-1);
  const other = beside.value?.series.loss && averaged(beside.value.series.loss);
  const other_end = other && `${beside.value?.name}: ${value_text(other.values.at(-1) as number)}`;
  const first_validation = validation_loss?.values[0];
  const caption = last === undefined ? 'No step yet.' : `The average loss is ${value_text(last)} at step ${loss?.steps.at(-1)}${first_validation === undefined ? '' : `; validation went from ${value_text(first_validation)} to ${value_text(validation_loss?.values.at(-1) as number)}`}.`;
  const lines: Line[] = [
    { name: 'each step', curve: loss, colour: '--series-7', kind: 'points' },
    ...(other ? [{ name: beside.value?.name ?? '', curve: other, colour: '--series-7', dash: [6, 4], end: other_end ?? '' }] : []),
    { name: 'average over an epoch', curve: average, colour: '--series-1', width: 2, end: last === undefined ? '' : value_text(last) },
    ...(validation_loss ? [{ name: 'validation', curve: validation_loss, colour: '--series-2', kind: 'rings' as const }] : []),
  ];
  return (
    <section class="live-loss" aria-label="Loss">
      <header><h2>Loss</h2><span class="legend"><i class="is-average" /> average over an epoch</span><span class="legend"><i class="is-step" /> each step</span>{validation_loss && <span class="legend"><i class="is-validation" /> validation, fixed noise</span>}{other && <span class="legend"><i class="is-beside" /> {beside.value?.name}</span>}<span class="grow" />
        <EarlierRun />
        <Segmented name="Scale" value={scale.value} options={[{ value: 'linear', label: 'Linear' }, { value: 'log', label: 'Log' }]} on_change={(to) => { scale.value = to as 'linear' | 'log'; }} /></header>
      {loss ? <Chart name="Loss" height={230} most={plan.value?.steps} is_log={scale.value === 'log'} caption={caption} lines={lines} marks={marks_of(run)} />
        : <p class="hint pad">The curve begins with the first step.</p>}
      <p class="hint">{caption} Single steps mostly show which noise level was drawn. Watch validation and the samples.</p>
    </section>
  );
}
