// Arithmetic of curves, without a screen. All of it is tested.
import type { Curve, Series } from '../api';

/** The rows known so far with those that came: what is told again from step `after` on replaces what was there. */
export function with_rows(known: Series, news: Series, after: number): Series {
  const all: Series = {};
  for (const name of new Set([...Object.keys(known), ...Object.keys(news)])) {
    const [old, more] = [known[name] ?? { steps: [], values: [] }, news[name] ?? { steps: [], values: [] }];
    let keep = old.steps.length;
    while (keep > 0 && (old.steps[keep - 1] as number) > after) keep -= 1;
    all[name] = { steps: [...old.steps.slice(0, keep), ...more.steps], values: [...old.values.slice(0, keep), ...more.values] };
  }
  return all;
}

/** Means over the last `window` values: kohya's "average over an epoch". */
export function moving_mean(values: number[], window: number): number[] {
  const means: number[] = [];
  let sum = 0;
  for (const [i, value] of values.entries()) {
    sum += value;
    if (i >= window) sum -= values[i - window] as number;
    means.push(sum / Math.min(i + 1, window));
  }
  return means;
}

export const mean = (values: number[]) => (values.length === 0 ? null : values.reduce((sum, value) => sum + value, 0) / values.length);

export interface EpochMean { epoch: number; step: number; mean: number }

/** The mean of each epoch, from 1, at its last step; of the last one so far. */
export function epoch_means(curve: Curve, steps_per_epoch: number): EpochMean[] {
  const epochs = new Map<number, { sum: number; count: number; step: number }>();
  for (const [i, step] of curve.steps.entries()) {
    const epoch = Math.floor((step - 1) / steps_per_epoch) + 1;
    const so_far = epochs.get(epoch) ?? { sum: 0, count: 0, step };
    epochs.set(epoch, { sum: so_far.sum + (curve.values[i] as number), count: so_far.count + 1, step });
  }
  return [...epochs].map(([epoch, { sum, count, step }]) => ({ epoch, step, mean: sum / count }));
}

/** The last value after one step, up to another. */
export function last_within(curve: Curve | undefined, after: number, until: number): number | undefined {
  return curve?.values[curve.steps.findLastIndex((step) => step > after && step <= until)];
}

/** Value by value, where both have the step. */
export function product(curve: Curve, factor: Curve): Curve {
  const factors = new Map(factor.steps.map((step, i) => [step, factor.values[i] as number]));
  const steps = curve.steps.filter((step) => factors.has(step));
  const at = new Map(curve.steps.map((step, i) => [step, curve.values[i] as number]));
  return { steps, values: steps.map((step) => (at.get(step) as number) * (factors.get(step) as number)) };
}

const one_part_in = 1e6;

/** Whether two curves go another way at a step that both have, by more than their digits can tell. */
export function differ(a: Curve, b: Curve): boolean {
  const others = new Map(b.steps.map((step, i) => [step, b.values[i] as number]));
  return a.steps.some((step, i) => {
    const [one, other] = [a.values[i] as number, others.get(step)];
    return other !== undefined && Math.abs(one - other) > Math.max(Math.abs(one), Math.abs(other)) / one_part_in;
  });
}

/** Steps after which d must have moved for a run to learn. */
const patience_steps = 50;

/** What the d of an optimiser that looks for it has come to. Settled: as it is since a tenth of the way. */
export function step_size_state(found: Curve): 'early' | 'has not moved' | 'settled' | 'growing' {
  const { first, last } = { first: found.values[0], last: found.values.at(-1) };
  if (first === last) return found.values.length < patience_steps ? 'early' : 'has not moved';
  const before = found.values[Math.floor(found.values.length * 0.9) - 1];
  return before === last ? 'settled' : 'growing';
}

/** The mean of the first and of the last tenth, at least one value each. */
export function ends_of(curve: Curve | undefined): { first: number; last: number } | null {
  if (!curve || curve.values.length === 0) return null;
  const count = Math.max(1, Math.floor(curve.values.length / 10));
  return { first: mean(curve.values.slice(0, count)) as number, last: mean(curve.values.slice(-count)) as number };
}

/** Curves over one axis of steps, as the chart wants them: a value or null at each step. */
export function aligned(curves: (Curve | undefined)[]): [number[], ...(number | null)[][]] {
  const steps = [...new Set(curves.flatMap((curve) => curve?.steps ?? []))].sort((a, b) => a - b);
  const place = new Map(steps.map((step, i) => [step, i]));
  const rows = curves.map((curve) => {
    const row: (number | null)[] = new Array<number | null>(steps.length).fill(null);
    for (const [i, step] of (curve?.steps ?? []).entries()) row[place.get(step) as number] = curve?.values[i] ?? null;
    return row;
  });
  return [steps, ...rows];
}

/** "Step of a label of the trainer": "000200" is 200, "e000002" and "last" have none of their own. */
export function label_words(label: string): string {
  if (label === 'last') return 'last';
  if (label === '000000') return 'start';
  return label.startsWith('e') ? `epoch ${Number(label.slice(1))}` : Number(label).toLocaleString('en');
}

/** A short text of a number of any size: "0.0931", "1e-4". */
export function value_text(value: number): string {
  if (value === 0) return '0';
  const size = Math.abs(value);
  if (size >= 0.001 && size < 10000) return String(Number(value.toPrecision(4)));
  return value.toExponential(1).replace(/\.0e/, 'e');
}
