// Lines with their names at their ends. Colour is never alone: each line also has a dash and a mark. The same numbers are there as a
// table and as CSV.
import { useLayoutEffect, useRef, useState } from 'preact/hooks';
import { IconButton } from '../widgets/button';
import { doubling_scale, linear_scale, log_scale, spread, type Scale } from './scale';

export interface Line { name: string; points: [number, number][]; style: number }

interface ChartProps {
  title: string; note?: string; caption: string; lines: Line[]; x_label: string; y_label: string; x?: 'doubling' | 'linear'; y?: 'log' | 'linear';
  level?: { at: number; text: string }; height?: number; names?: number;
}

const dashes = ['', '', '8 3', '2 3', '7 3', '3 2 1 2', '4 3', '10 3 2 3'];
const mark_size = 3;

function Mark({ style, x, y }: { style: number; x: number; y: number }) {
  const s = mark_size;
  switch (style % 8) {
    case 1: return <circle cx={x} cy={y} r={s} fill="var(--panel)" stroke="currentColor" />;
    case 2: return <rect x={x - s} y={y - s} width={2 * s} height={2 * s} />;
    case 3: return <path d={`M${x} ${y - s - 1}L${x + s + 1} ${y}L${x} ${y + s + 1}L${x - s - 1} ${y}Z`} />;
    case 4: return <path d={`M${x} ${y - s - 1}L${x + s + 1} ${y + s}L${x - s - 1} ${y + s}Z`} />;
    case 5: return <path d={`M${x - s} ${y - s}L${x + s} ${y + s}M${x - s} ${y + s}L${x + s} ${y - s}`} stroke="currentColor" fill="none" />;
    case 7: return <path d={`M${x - s} ${y}H${x + s}M${x} ${y - s}V${y + s}`} stroke="currentColor" fill="none" />;
    default: return style % 8 === 6 ? null : <circle cx={x} cy={y} r={s} />;
  }
}

export function csv_of(lines: Line[], x_label: string): string {
  const at = [...new Set(lines.flatMap((line) => line.points.map(([x]) => x)))].sort((a, b) => a - b);
  const quoted = (text: string) => (/[",]/.test(text) ? `"${text.replaceAll('"', '""')}"` : text);
  const rows = at.map((x) => [x, ...lines.map((line) => line.points.find(([other]) => other === x)?.[1] ?? '')].join(','));
  return [[x_label, ...lines.map((line) => line.name)].map(quoted).join(','), ...rows].join('\n');
}

function LineTable({ lines, x_label }: { lines: Line[]; x_label: string }) {
  const at = [...new Set(lines.flatMap((line) => line.points.map(([x]) => x)))].sort((a, b) => a - b);
  return (
    <div class="chart-table" tabIndex={0} role="group" aria-label={`Numbers by ${x_label}`}>
      <table class="facts-table">
        <thead><tr><th scope="col">{x_label}</th>{lines.map((line) => <th key={line.name} scope="col" class="is-number">{line.name}</th>)}</tr></thead>
        <tbody>{at.map((x) => <tr key={x}><th scope="row">{x}</th>{lines.map((line) => { const y = line.points.find(([other]) => other === x)?.[1]; return <td key={line.name} class="is-number">{y === undefined ? '' : Number(y.toPrecision(3))}</td>; })}</tr>)}</tbody>
      </table>
    </div>
  );
}

const first_width = 520;
const least_width = 280;

/** The room there is, in pixels: letters keep their size on every screen. */
function use_width(): [{ current: HTMLElement | null }, number] {
  const box = useRef<HTMLElement>(null);
  const [width, set_width] = useState(first_width);
  useLayoutEffect(() => {
    const element = box.current;
    if (!element) return undefined;
    const measure = () => set_width(Math.max(least_width, Math.floor(element.clientWidth)));
    measure();
    const watch = new ResizeObserver(measure);
    watch.observe(element);
    return () => watch.disconnect();
  }, []);
  return [box, width];
}

export function LineChart({ title, note, caption, lines, x_label, y_label, x = 'doubling', y = 'log', level, height = 300, names = 96 }: ChartProps) {
  const [is_table, set_table] = useState(false);
  const [box, width] = use_width();
  const drawn = lines.map((line) => ({ ...line, points: line.points.filter(([a, b]) => Number.isFinite(a) && Number.isFinite(b) && (y === 'linear' || b > 0) && (x === 'linear' || a > 0)) })).filter((line) => line.points.length > 0);
  const [left, top, right, bottom] = [52, 12, width - names, height - 40];
  const xs = drawn.flatMap((line) => line.points.map(([a]) => a));
  const ys = [...drawn.flatMap((line) => line.points.map(([, b]) => b)), ...(level ? [level.at] : [])];
  const across: Scale = x === 'linear' ? linear_scale(xs, left, right) : doubling_scale(xs, left, right);
  const up: Scale = y === 'linear' ? linear_scale(ys, bottom, top) : log_scale(ys, bottom, top);
  const ends = drawn.map((line) => line.points.at(-1) as [number, number]);
  const label_at = spread(ends.map(([, b]) => up.at(b)), 14, top + 4, bottom);
  return (
    <figure class="chart" aria-label={title} ref={box}>
      <figcaption><b>{title}</b>{note && <span class="hint">{note}</span>}<span class="grow" />
        <a class="icon-button" aria-label={`${title} as CSV`} title="As CSV" download="darkroom.csv" href={`data:text/csv;charset=utf-8,${encodeURIComponent(csv_of(lines, x_label))}`}>CSV</a>
        <IconButton icon="table-2" name={`${title} as table`} pressed={is_table} on_click={() => set_table(!is_table)} /></figcaption>
      {is_table ? <LineTable lines={lines} x_label={x_label} /> : (
        <svg width={width} height={height} role="img" aria-label={caption}>
          {up.ticks.map((tick) => <g key={tick}><line class="chart-grid" x1={left} x2={right} y1={up.at(tick)} y2={up.at(tick)} /><text class="chart-tick" x={left - 8} y={up.at(tick) + 4} text-anchor="end">{up.text(tick)}</text></g>)}
          {across.ticks.map((tick) => <g key={tick}><line class="chart-grid" x1={across.at(tick)} x2={across.at(tick)} y1={top} y2={bottom} /><text class="chart-tick" x={across.at(tick)} y={bottom + 16} text-anchor="middle">{across.text(tick)}</text></g>)}
          {level && <g class="chart-level"><line x1={left} x2={right} y1={up.at(level.at)} y2={up.at(level.at)} /><text class="chart-tick" x={right} y={up.at(level.at) - 4} text-anchor="end">{level.text}</text></g>}
          <text class="chart-tick" x={(left + right) / 2} y={height - 6} text-anchor="middle">{x_label}</text>
          {drawn.map((line, i) => (
            <g key={line.name} class={`chart-line series-${(line.style % 8) + 1}`}>
              <polyline fill="none" stroke="currentColor" stroke-dasharray={dashes[line.style % 8]} points={line.points.map(([a, b]) => `${across.at(a)},${up.at(b)}`).join(' ')} />
              {line.points.length <= 24 && line.points.map(([a, b]) => <Mark key={a} style={line.style} x={across.at(a)} y={up.at(b)} />)}
              <text x={across.at((ends[i] as [number, number])[0]) + 8} y={(label_at[i] as number) + 4}>{line.name}</text>
            </g>
          ))}
        </svg>
      )}
      <p class="hint">{caption} <span class="spoken">{y_label}</span></p>
    </figure>
  );
}
