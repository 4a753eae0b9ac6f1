// Small drawings that do not stream: the plan's rate, a sparkline, loss by noise level, buckets.
import type { Curve } from '../api';
import { value_text } from './curves';

const width = 320;

interface MiniLineProps { name: string; steps: number[]; values: number[]; height?: number; colour?: string; to_come?: number; end?: number; is_log?: boolean; other?: { name: string; curve: Curve } }

/** A curve through points; `to_come`: dashed from there on; `end`: the last step, where it is known; `other`: a curve beside it, dashed too. */
export function MiniLine({ name, steps, values, height = 88, colour = 'var(--series-2)', to_come, end, is_log = false, other }: MiniLineProps) {
  if (steps.length === 0) return <p class="hint">Nothing yet.</p>;
  const last = Math.max(1, end || (steps.at(-1) ?? 1));
  const all = [...values, ...(other?.curve.values ?? [])];
  const [least, most] = [Math.min(...all.filter((value) => value > 0)), Math.max(...all, 1e-12)];
  const share = (value: number) => (is_log ? Math.log(value / least) / (Math.log(most / least) || 1) : value / most);
  const at = (step: number, value: number) => `${(step / last) * width},${height - 4 - share(value) * (height - 10)}`;
  const part = (from: number, to: number) => steps.map((_, i) => i).filter((i) => i >= from && i <= to).map((i) => at(steps[i] as number, values[i] as number)).join(' ');
  const border = to_come === undefined ? steps.length - 1 : Math.max(0, steps.findIndex((step) => step >= to_come));
  return (
    <svg class="mini" viewBox={`0 0 ${width} ${height}`} role="img" aria-label={`${name}: from ${value_text(values[0] as number)} at step ${steps[0]} to ${value_text(values.at(-1) as number)} at step ${steps.at(-1)}, at most ${value_text(Math.max(...values))}${other ? `; beside it ${other.name}` : ''}`} preserveAspectRatio="none" style={{ height: `${height}px` }}>
      <path d={`M0 ${height - 4}H${width}M0 6H${width}`} stroke="var(--line)" fill="none" vector-effect="non-scaling-stroke" />
      {other && <polyline points={other.curve.steps.filter((step) => step <= last).map((step, i) => at(step, other.curve.values[i] as number)).join(' ')} fill="none" stroke="var(--series-7)" stroke-width="1.5" stroke-dasharray="6 4" vector-effect="non-scaling-stroke" />}
      <polyline points={part(0, border)} fill="none" stroke={colour} stroke-width="1.75" vector-effect="non-scaling-stroke" />
      {to_come !== undefined && <polyline points={part(border, steps.length - 1)} fill="none" stroke="var(--series-7)" stroke-width="1.5" stroke-dasharray="4 3" vector-effect="non-scaling-stroke" />}
    </svg>
  );
}

export function Sparkline({ curve, colour }: { curve: Curve | undefined; colour: string }) {
  const values = curve?.values ?? [];
  if (values.length < 2) return null;
  const every = Math.max(1, Math.floor(values.length / 60));
  const shown = values.filter((_, i) => i % every === 0);
  const [least, most] = [Math.min(...shown), Math.max(...shown)];
  const points = shown.map((value, i) => `${(i / (shown.length - 1)) * 100},${22 - ((value - least) / (most - least || 1)) * 18}`).join(' ');
  return <svg class="spark" viewBox="0 0 100 26" aria-hidden="true" preserveAspectRatio="none"><polyline points={points} fill="none" stroke={colour} stroke-width="1.5" vector-effect="non-scaling-stroke" /></svg>;
}

/** Bars with their value now, and a mark where it began. */
export function Bars({ name, bars }: { name: string; bars: { label: string; now: number; before?: number }[] }) {
  const most = Math.max(...bars.flatMap(({ now, before }) => [now, before ?? 0]), 1e-12);
  return (
    <ul class="bars" aria-label={name}>
      {bars.map(({ label, now, before }) => (
        <li key={label}><span class="bar-room" aria-hidden="true">{before !== undefined && <u style={{ bottom: `${(100 * before) / most}%` }} />}<i style={{ height: `${(100 * now) / most}%` }} /></span>
          <small>{label}</small><span class="spoken">{value_text(now)}{before !== undefined && `, at the start ${value_text(before)}`}</span></li>
      ))}
    </ul>
  );
}
