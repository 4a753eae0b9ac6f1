// An earlier run that lies beside the open one in its charts: which, and its curves.
import { computed, signal } from '@preact/signals';
import { api, type Run, type Series } from '../api';
import { remembered } from '../remember';
import { attempt } from '../toasts';
import { open_run, train } from './runs_state';

const chosen = remembered<Record<string, string>>('train-beside', {}, 'browser'); // by the open run's name
const read = signal<{ name: string; series: Series } | null>(null);

/** Runs with curves, but for the open one. */
export const earlier_runs = computed<Run[]>(() => (train.value?.runs ?? []).filter(({ name, kind, steps_done }) => kind === 'run' && name !== open_run.value?.name && (steps_done ?? 0) > 0));

/** The name of the run chosen, where it is still there. */
export const beside_name = computed(() => {
  const name = chosen.value[open_run.value?.name ?? ''] ?? '';
  return earlier_runs.value.some((run) => run.name === name) ? name : '';
});

/** Its curves, once they are read. */
export const beside = computed(() => (read.value?.name === beside_name.value ? read.value : null));

export function choose_beside(name: string) {
  const run = open_run.peek()?.name;
  if (run === undefined) return;
  const { [run]: _, ...others } = chosen.peek();
  chosen.value = name === '' ? others : { ...others, [run]: name };
}

export async function read_beside() {
  const name = beside_name.peek();
  if (name === '' || read.peek()?.name === name) return;
  const series = await attempt(() => api.run_series(name, -1));
  if (series && beside_name.peek() === name) read.value = { name, series };
}
