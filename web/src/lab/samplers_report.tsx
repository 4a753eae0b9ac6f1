// Where each sampler ends, and what it costs: error against calls, noise gain, contrast; all of it against exact solutions.
import { useState } from 'preact/hooks';
import type { Job } from '../api';
import { set_value, text_of } from '../form/form';
import { HeatTable } from '../charts/heat_table';
import { LineChart, type Line } from '../charts/line_chart';
import { generate_path, go } from '../places';
import { remembered } from '../remember';
import { start } from '../store';
import { tell } from '../toasts';
import { Button } from '../widgets/button';
import { Segmented } from '../widgets/choice';
import { file_of } from './reports';
import { Panel, Wanting } from './panel';

interface OrderRow { sampler: string; steps: number[]; calls: number[]; errors: number[]; order: number }
interface Moments { steps: number[]; rows: { sampler: string; variances: number[] }[] }
interface Gains { steps: number; gains: Record<string, Record<string, number>> }

const first_shown = ['DPM++ 2M', 'LMS', 'DPM fast', 'Heun', 'PLMS', 'DPM2', 'Euler', 'DPM-Solver-3'];
const shown = remembered<string[]>('lab-samplers', first_shown, 'browser');
const near = 0.02; // of the picture's own size

/** The chosen sampler is the first series; the others keep their places. */
function lines_of(rows: OrderRow[], chosen: string): Line[] {
  const names = [...shown.value].sort((a, b) => Number(b === chosen) - Number(a === chosen));
  return names.flatMap((name, i): Line[] => {
    const row = rows.find((other) => other.sampler === name);
    return row ? [{ name, points: row.calls.map((calls, k) => [calls, row.errors[k] as number]), style: i % 8 }] : [];
  });
}

function Errors({ rows }: { rows: OrderRow[] }) {
  const chosen = text_of('sampler_name');
  const flip = (name: string) => { shown.value = shown.value.includes(name) ? shown.value.filter((other) => other !== name) : [...shown.value, name].slice(-8); };
  const at = (name: string, calls: number) => { const row = rows.find((other) => other.sampler === name); const i = row?.calls.findIndex((count) => count >= calls) ?? -1; return row && i >= 0 ? row.errors[i] : undefined; };
  const [euler, dpm] = [at('Euler', 79), at('DPM++ 2M', 79)];
  return (
    <Panel class="is-wide">
      <LineChart title="Error against model calls" note="exact solution known, Karras spacing" x_label="model calls" y_label="root mean square error" lines={lines_of(rows, chosen)} level={{ at: near, text: '2 %' }}
        caption={euler !== undefined && dpm !== undefined ? `At about 80 calls the error of Euler is ${(euler / dpm).toFixed(0)} times that of DPM++ 2M.` : 'Lower is nearer to the exact solution.'} height={330} names={110} />
      <div class="chips" role="group" aria-label="Samplers shown">{rows.map((row) => <button type="button" key={row.sampler} class="chip" aria-pressed={shown.value.includes(row.sampler)} onClick={() => flip(row.sampler)}>{row.sampler}</button>)}</div>
    </Panel>
  );
}

/** The fewest calls with which a sampler came that near. */
function calls_needed(row: OrderRow): number | null {
  const i = row.errors.findIndex((error) => error <= near);
  return i < 0 ? null : row.calls[i] ?? null;
}

function Orders({ rows }: { rows: OrderRow[] }) {
  const known = new Set(start.value.samplers.map((sampler) => sampler.name));
  const use = (row: OrderRow) => {
    const i = row.errors.findIndex((error) => error <= near);
    set_value('sampler_name', row.sampler);
    set_value('steps', row.steps[i] ?? 20);
    tell(`${row.sampler}, ${row.steps[i] ?? 20} steps`);
    go(generate_path());
  };
  const best = rows.filter((row) => known.has(row.sampler) && calls_needed(row) !== null).sort((a, b) => (calls_needed(a) ?? 0) - (calls_needed(b) ?? 0))[0];
  const best_steps = best?.steps[best.errors.findIndex((error) => error <= near)];
  return (
    <Panel title="Order and cost" note="order: how often the error halves as the calls double">
      <div class="chart-table" tabIndex={0} role="group" aria-label="Order and cost of every sampler">
        <table class="facts-table">
          <thead><tr><th scope="col">Sampler</th><th scope="col" class="is-number">Order</th><th scope="col" class="is-number">Calls to 2 %</th></tr></thead>
          <tbody>{[...rows].sort((a, b) => b.order - a.order).map((row) => <tr key={row.sampler}><th scope="row">{row.sampler}</th><td class="is-number">{row.order.toFixed(2)}</td><td class="is-number">{calls_needed(row) ?? 'more'}</td></tr>)}</tbody>
        </table>
      </div>
      {best && best_steps !== undefined && <p class="button-row"><Button icon="send" on_click={() => use(best)}>Use {best.sampler}, {best_steps} steps</Button></p>}
    </Panel>
  );
}

function Gain({ job }: { job: Job }) {
  const [steps, set_steps] = useState('20');
  const found = file_of<Gains>(job, `gain_${steps}.json`);
  const columns = found && !(found instanceof Error) ? Object.keys(Object.values(found.gains)[0] ?? {}) : [];
  return (
    <Panel class="is-wide" title="Noise gain" note="How much a sampler enlarges the model's own error; above 1.5 you are warned.">
      <Segmented name="Steps of the noise gain" value={steps} options={[{ value: '20', label: '20 steps' }, { value: '100', label: '100 steps' }]} on_change={set_steps} />
      <Wanting found={found}>{(gains) => <HeatTable name="Noise gain by sampler and schedule" corner="Sampler" columns={columns} warn_above={1.5} rows={Object.entries(gains.gains).map(([name, row]) => ({ name, values: columns.map((column) => row[column] ?? null) }))} />}</Wanting>
    </Panel>
  );
}

function Contrast({ moments }: { moments: Moments }) {
  return (
    <Panel title="Contrast" note="Variance of what is drawn where 1 is right: below 1 is flat, above 1 harsh.">
      <HeatTable name="Variance by sampler and steps" corner="Sampler" columns={moments.steps.map((steps) => `${steps} steps`)} rows={moments.rows.map((row) => ({ name: row.sampler, values: row.variances }))} />
    </Panel>
  );
}

export function SamplersReport({ job }: { job: Job }) {
  const order = file_of<{ rows: OrderRow[] }>(job, 'order.json');
  const moments = file_of<Moments>(job, 'moments.json');
  return (
    <div class="report-panels">
      <Wanting found={order}>{({ rows }) => <><Errors rows={rows} /><Orders rows={rows} /></>}</Wanting>
      <Gain job={job} />
      <Wanting found={moments}>{(found) => <Contrast moments={found} />}</Wanting>
    </div>
  );
}
