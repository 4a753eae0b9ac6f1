// The columns of the table of runs, and which of them are shown.
import { computed } from '@preact/signals';
import type { ComponentChildren } from 'preact';
import type { Curve, Run } from '../api';
import { number_text, time_text } from '../form/words';
import { remembered } from '../remember';
import { is_phone, is_wide } from '../screen';
import { Icon } from '../widgets/icon';
import { MenuButton } from '../widgets/menu';
import { value_text } from './curves';
import { progress_of, state_of, state_words } from './runs_state';
import { Sparkline } from './small_charts';

/** What the table knows of a run besides: its loss, and whether it is A or B of a pair. */
export interface RowFacts { loss: Curve | undefined; mark: 'A' | 'B' | '' }

export interface RunColumn { head: string; is_number?: boolean; cell: (run: Run, facts: RowFacts) => ComponentChildren }

const option = (run: Run, name: string) => run.options?.[name] ?? '';
const date_text = (time: number) => new Date(time * 1000).toLocaleString('en-GB', { day: 'numeric', month: 'short', hour: '2-digit', minute: '2-digit' });
const value = (number: number | null | undefined) => (number === null || number === undefined ? '' : value_text(number));

function StateTag({ run }: { run: Run }) {
  const state = state_of(run);
  const now = progress_of(run);
  const part = state === 'running' && now && now.steps > 0 ? ` ${Math.round((100 * now.step) / now.steps)} %` : '';
  return <span class={state === 'running' ? 'live-tag' : `tag ${state === 'failed' ? 'is-attention' : ''}`} title={run.error ?? undefined}>{state === 'failed' && <Icon name="octagon-alert" size={12} />} {run.kind === 'record' ? (run.name.endsWith('.safetensors') ? 'from a LoRA file' : 'kohya settings') : state_words[state]}{part}</span>;
}

function steps_text(run: Run): string {
  const all = option(run, 'max_train_steps');
  const done = run.steps_done;
  if (!done) return all;
  return all !== '' && Number(all) !== done && Number(option(run, 'max_train_epochs') || 0) === 0 ? `${number_text(done)} / ${number_text(Number(all))}` : number_text(done);
}

const colours = { A: 'var(--series-2)', B: 'var(--series-1)', '': 'var(--series-7)' };

const columns: RunColumn[] = [
  { head: 'State', cell: (run) => <StateTag run={run} /> },
  { head: 'Started', cell: ({ started }) => (started ? date_text(started) : '') },
  { head: 'Steps', is_number: true, cell: steps_text },
  { head: 'Time', is_number: true, cell: ({ started, ended }) => (started && ended && ended > started ? time_text(ended - started) : '') },
  { head: 'Optimiser', cell: (run) => option(run, 'optimizer_type') },
  { head: 'Rate', is_number: true, cell: (run) => option(run, 'learning_rate') },
  { head: 'Schedule', cell: (run) => option(run, 'lr_scheduler').replace(/_/g, ' ') },
  { head: 'Rank / alpha', is_number: true, cell: (run) => option(run, 'network_dim') && `${option(run, 'network_dim')} / ${option(run, 'network_alpha')}` },
  { head: 'Loss', cell: (_, { loss, mark }) => <Sparkline curve={loss} colour={colours[mark]} /> },
  { head: 'Loss, end', is_number: true, cell: ({ loss }) => value(loss) },
  { head: 'Validation', is_number: true, cell: ({ validation_loss }) => <b>{value(validation_loss)}</b> },
  { head: 'Sample', cell: ({ name, sample }) => (sample ? <img class="run-sample" src={sample} alt={`Last sample of ${name}`} loading="lazy" /> : '') },
];

const of_middle_width = ['State', 'Steps', 'Optimiser', 'Rank / alpha', 'Validation', 'Sample'];

/** By head; null: as the width allows. */
const chosen = remembered<string[] | null>('train-columns', null, 'browser');

const is_shown = ({ head }: RunColumn) => (chosen.value ? chosen.value.includes(head) : is_wide.value || is_phone.value || of_middle_width.includes(head));

export const shown_columns = computed(() => columns.filter(is_shown));

function toggle(column: RunColumn) {
  chosen.value = columns.filter((one) => (one === column ? !is_shown(one) : is_shown(one))).map(({ head }) => head);
}

export function ColumnsMenu() {
  return (
    <MenuButton icon="columns-3" items={[
      ...columns.map((column) => ({ label: column.head, checked: is_shown(column), keeps_open: true, act: () => toggle(column) })),
      { label: 'As the width allows', disabled: chosen.value === null, act: () => { chosen.value = null; } },
    ]}>Columns</MenuButton>
  );
}
