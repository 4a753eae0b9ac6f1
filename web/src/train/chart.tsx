// Streaming curves: uPlot, in colours of the style sheet. A table of the same numbers stands beside it for those who cannot see it.
import uPlot from 'uplot';
import { useEffect, useRef } from 'preact/hooks';
import type { Curve } from '../api';
import { theme_now } from '../screen';
import { aligned, value_text } from './curves';

export interface Line { name: string; curve: Curve | undefined; colour: string; kind?: 'line' | 'points' | 'rings'; dash?: number[]; width?: number }

interface ChartProps { name: string; lines: Line[]; height: number; most?: number | undefined; is_log?: boolean; caption: string }

const token = (name: string) => getComputedStyle(document.documentElement).getPropertyValue(name).trim();

function options_of({ lines, height, most, is_log }: ChartProps, width: number): uPlot.Options {
  const [grid, ink] = [token('--line'), token('--text-3')];
  const font = `${token('--micro').startsWith('calc') ? '11px' : token('--micro')} Inter, system-ui, sans-serif`;
  const axis = { stroke: ink, font, grid: { stroke: grid, width: 1 }, ticks: { show: false }, gap: 6 };
  return {
    width, height, padding: [8, 12, 0, 0], legend: { show: false }, cursor: { points: { size: 7 }, drag: { x: true, y: false } },
    scales: { x: { time: false, ...(most ? { range: (_plot: uPlot, low: number, high: number): [number, number] => [Math.min(0, low), Math.max(most, high)] } : {}) }, y: is_log ? { distr: 3 } : {} },
    axes: [{ ...axis, size: 26, values: (_plot, at) => at.map((step) => step.toLocaleString('en')) }, { ...axis, size: 52, values: (_plot, at) => at.map((value) => (value === null ? '' : value_text(value))) }],
    series: [{}, ...lines.map(({ name, colour, kind = 'line', dash, width: thick = 1.75 }): uPlot.Series => ({
      label: name, stroke: token(colour), width: thick, spanGaps: true, ...(dash ? { dash } : {}),
      ...(kind === 'points' ? { paths: () => null, points: { show: true, size: 3, width: 0, fill: token(colour) } } : {}),
      ...(kind === 'rings' ? { points: { show: true, size: 7, width: 1.75, fill: token('--panel') } } : {}),
      ...(kind === 'line' ? { points: { show: false } } : {}),
    }))],
  };
}

/** At most so many rows are written out for readers of screens. */
const most_rows = 40;

export function Chart(props: ChartProps) {
  const box = useRef<HTMLDivElement>(null);
  const plot = useRef<uPlot | null>(null);
  const data = aligned(props.lines.map(({ curve }) => curve));
  const shape = `${props.lines.map(({ name, colour, kind }) => name + colour + (kind ?? '')).join()} ${String(props.most)} ${String(props.is_log)} ${theme_now.value}`;
  useEffect(() => {
    const place = box.current;
    if (!place) return undefined;
    const made = new uPlot(options_of(props, Math.max(200, place.clientWidth)), data as uPlot.AlignedData, place);
    plot.current = made;
    const watch = new ResizeObserver(() => made.setSize({ width: Math.max(200, place.clientWidth), height: props.height }));
    watch.observe(place);
    return () => {
      watch.disconnect();
      made.destroy();
    };
  }, [shape, props.height]);
  useEffect(() => plot.current?.setData(data as uPlot.AlignedData), [props.lines]);
  const every = Math.max(1, Math.ceil(data[0].length / most_rows));
  const rows = data[0].map((step, i) => [step, i] as const).filter(([, i]) => i % every === 0 || i === data[0].length - 1);
  return (
    <figure class="chart">
      <div ref={box} aria-hidden="true" />
      <figcaption class="spoken">{props.caption}</figcaption>
      <table class="spoken" aria-label={`${props.name}, numbers`}>
        <thead><tr><th scope="col">Step</th>{props.lines.map(({ name }) => <th scope="col" key={name}>{name}</th>)}</tr></thead>
        <tbody>{rows.map(([step, i]) => <tr key={step}><th scope="row">{step}</th>{props.lines.map(({ name }, at) => { const value = data[at + 1]?.[i]; return <td key={name}>{value === null || value === undefined ? '' : value_text(value)}</td>; })}</tr>)}</tbody>
      </table>
    </figure>
  );
}
