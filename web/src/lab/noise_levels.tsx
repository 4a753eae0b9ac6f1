// The noise levels of the form in Generate: curve, ends, table. No report is kept: it is computed at once.
import { useEffect, useState } from 'preact/hooks';
import { api } from '../api';
import { LineChart } from '../charts/line_chart';
import { number_of } from '../form/form';
import { noise_rows, main_rows } from '../form/layout';
import { settings_of_form } from '../form/request';
import { FieldRow } from '../widgets/field_row';
import { has_field } from '../form/form';

const names = ['sampler_name', 'scheduler', 'steps', 'sigma_min', 'sigma_max', 'rho', 'discard_next_to_last_sigma', 'profile'];

export function NoiseLevels() {
  const [found, set_found] = useState<{ sigmas: number[]; sampler: string; schedule: string } | null>(null);
  const [error, set_error] = useState<string | null>(null);
  const request = Object.fromEntries(Object.entries(settings_of_form()).filter(([name]) => names.includes(name)));
  const key = JSON.stringify(request);
  useEffect(() => {
    let is_old = false;
    api.noise_levels(request).then((levels) => { if (!is_old) { set_found(levels); set_error(null); } }, (problem: unknown) => { if (!is_old) set_error(problem instanceof Error ? problem.message : String(problem)); });
    return () => { is_old = true; };
  }, [key]);
  const positive = found?.sigmas.filter((sigma) => sigma > 0) ?? [];
  return (
    <div class="report-panels">
      <section class="report-panel" aria-label="Noise levels">
        {error !== null && <p class="note is-attention" role="status">{error}</p>}
        {found && <LineChart title="Noise levels" note={`${found.sampler}, ${found.schedule}`} x="linear" x_label="step" y_label="sigma" lines={[{ name: 'sigma', style: 0, points: positive.map((sigma, i) => [i, sigma]) }]} names={60}
          caption={`From ${positive[0]?.toPrecision(4)} down to ${positive.at(-1)?.toPrecision(4)} in ${number_of('steps')} steps.`} />}
      </section>
      <section class="report-panel" aria-label="Schedule">
        <p class="hint">These are the fields of the form in Generate: what is changed here is changed there.</p>
        {[...main_rows, ...noise_rows].filter((row) => names.includes(row.name) && has_field(row.name)).map((row) => <FieldRow key={row.name} row={row} note={null} />)}
      </section>
    </div>
  );
}
