// Streaming curves: uPlot, in colours of the style sheet. A table of the same numbers stands beside it for those who cannot see it.
import uPlot from 'uplot';
import { useEffect, useRef } from 'preact/hooks';
import type { Curve } from '../api';
import { spread } from '../charts/scale';
import { theme_now } from '../screen';
import { aligned, value_text } from './curves';

export interface Line { name: string; curve: Curve | undefined; colour: string; kind?: 'line' | 'points' | 'rings'; dash?: number[]; width?: number; end?: string }
/** A step that something happened at. */
export interface Mark { step: number; words: string; is_dotted: boolean }

interface ChartProps { name: string; lines: Line[]; marks?: Mark[]; height: number; most?: number | undefined; is_log?: boolean; caption: string }

const token = (name: string) => getComputedStyle(document.documentElement).getPropertyValue(name).trim();

const gap = 4 * devicePixelRatio; // in the pixels of a canvas

/** Words on a ground of their own: lines and points run behind them. */
function write(ctx: CanvasRenderingContext2D, words: string, colour: string, x: number, y: number) {
  ctx.lineWidth = gap;
  ctx.strokeStyle = token('--panel');
  ctx.setLineDash([]);
  ctx.strokeText(words, x, y);
  ctx.fillStyle = token(colour);
  ctx.fillText(words, x, y);
}

/** Marks with their words: those that would run into the ones before are left out, their lines are not. */
function draw_marks(plot: uPlot, marks: Mark[]) {
  const { ctx, bbox } = plot;
  let free_from = -Infinity;
  for (const { step, words, is_dotted } of marks) {
    const x = Math.round(plot.valToPos(step, 'x', true)) + 0.5;
    ctx.strokeStyle = token(is_dotted ? '--text-3' : '--edge');
    ctx.lineWidth = 1;
    ctx.setLineDash(is_dotted ? [2, 4] : []);
    ctx.beginPath();
    ctx.moveTo(x, bbox.top);
    ctx.lineTo(x, bbox.top + bbox.height);
    ctx.stroke();
    const { width } = ctx.measureText(words);
    const left = x + gap + width > bbox.left + bbox.width ? x - gap - width : x + gap;
    if (left < free_from) continue;
    write(ctx, words, '--text-3', left, is_dotted ? bbox.top + bbox.height - 3 * gap : bbox.top + 3 * gap);
    free_from = left + width + gap;
  }
}

/** What a line came to, where it ends. */
function draw_ends(plot: uPlot, lines: Line[]) {
  const { ctx, bbox } = plot;
  const ends = lines.flatMap(({ curve, colour, end }) => {
    const [step, value] = [curve?.steps.at(-1), curve?.values.at(-1)];
    return !end || step === undefined || value === undefined ? [] : [{ end, colour, x: plot.valToPos(step, 'x', true), y: plot.valToPos(value, 'y', true) - 3 * gap }];
  });
  const places = spread(ends.map(({ y }) => y), 4 * gap, bbox.top + gap, bbox.top + bbox.height - gap);
  for (const [i, { end, colour, x }] of ends.entries())
    write(ctx, end, colour, Math.min(x + 2 * gap, bbox.left + bbox.width - ctx.measureText(end).width), places[i] as number);
}

/** What uPlot does not draw itself, over its lines. */
function draw_words(plot: uPlot, { marks = [], lines }: ChartProps, font: string) {
  const { ctx } = plot;
  ctx.save();
  ctx.font = font.replace(/^[\d.]+px/, (size) => `${parseFloat(size) * devicePixelRatio}px`);
  ctx.textBaseline = 'middle';
  ctx.textAlign = 'left';
  draw_marks(plot, marks);
  draw_ends(plot, lines);
  ctx.restore();
}

function options_of(shown: { current: ChartProps }, width: number): uPlot.Options {
  const { lines, height, most, is_log } = shown.current;
  const [grid, ink] = [token('--line'), token('--text-3')];
  const font = `${token('--micro').startsWith('calc') ? '11px' : token('--micro')} Inter, system-ui, sans-serif`;
  const axis = { stroke: ink, font, grid: { stroke: grid, width: 1 }, ticks: { show: false }, gap: 6 };
  return {
    width, height, hooks: { draw: [(plot) => draw_words(plot, shown.current, font)] }, padding: [8, 20, 0, 0], legend: { show: false }, cursor: { points: { size: 7 }, drag: { x: true, y: false } },
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
  const shown = useRef(props);
  shown.current = props;
  const data = aligned(props.lines.map(({ curve }) => curve));
  const shape = `${props.lines.map(({ name, colour, kind }) => name + colour + (kind ?? '')).join()} ${String(props.most)} ${String(props.is_log)} ${theme_now.value}`;
  useEffect(() => {
    const place = box.current;
    if (!place) return undefined;
    const made = new uPlot(options_of(shown, Math.max(200, place.clientWidth)), data as uPlot.AlignedData, place);
    plot.current = made;
    const watch = new ResizeObserver(() => made.setSize({ width: Math.max(200, place.clientWidth), height: props.height }));
    watch.observe(place);
    return () => {
      watch.disconnect();
      made.destroy();
    };
  }, [shape, props.height]);
  useEffect(() => plot.current?.setData(data as uPlot.AlignedData), [props.lines, props.marks]);
  const every = Math.max(1, Math.ceil(data[0].length / most_rows));
  const rows = data[0].map((step, i) => [step, i] as const).filter(([, i]) => i % every === 0 || i === data[0].length - 1);
  return (
    <figure class="chart">
      <div ref={box} aria-hidden="true" />
      <figcaption class="spoken">{props.caption}</figcaption>
      <div class="spoken"><table aria-label={`${props.name}, numbers`}>
        <thead><tr><th scope="col">Step</th>{props.lines.map(({ name }) => <th scope="col" key={name}>{name}</th>)}</tr></thead>
        <tbody>{rows.map(([step, i]) => <tr key={step}><th scope="row">{step}</th>{props.lines.map(({ name }, at) => { const value = data[at + 1]?.[i]; return <td key={name}>{value === null || value === undefined ? '' : value_text(value)}</td>; })}</tr>)}</tbody>
      </table></div>
    </figure>
  );
}
