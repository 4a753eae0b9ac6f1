// The rows of the X/Y/Z plot in the settings panel: axis, values, a way to fill them, and what the plot would cost.
import { useEffect } from 'preact/hooks';
import { api } from '../api';
import { axes, axes_of_form, axis_options, filled, has_plot, has_plot_section, plan, plot_kind, set_axis, sides, type Side } from '../form/xyz';
import { model_calls, seconds_of_form, settings_of_form } from '../form/request';
import { count_text, number_text, time_text } from '../form/words';
import { IconButton } from '../widgets/button';
import { Choice, Segmented } from '../widgets/choice';
import { Section } from './settings_panel';

const pause_ms = 300;

/** Asks the program what the axes mean, a moment after they were changed; the newest answer wins. */
function use_plan() {
  const asked = JSON.stringify([axes_of_form(), has_plot.value, settings_of_form()]);
  useEffect(() => {
    if (!has_plot.value) {
      plan.value = { plan: null, error: null };
      return undefined;
    }
    let is_old = false;
    const timer = window.setTimeout(() => {
      const { n_iter: _n, batch_size: _b, init_image: _i, mask: _m, ...request } = settings_of_form();
      api.plan_xyz(request, axes_of_form()).then(
        (made) => { if (!is_old) plan.value = { plan: made, error: null }; },
        (error: unknown) => { if (!is_old) plan.value = { plan: null, error: error instanceof Error ? error.message : String(error) }; });
    }, pause_ms);
    return () => { is_old = true; clearTimeout(timer); };
  }, [asked]);
}

function AxisRow({ side }: { side: Side }) {
  const { name, values } = axes.value[side];
  const letter = side.toUpperCase();
  const labels = plan.value.plan?.[`${side}_labels`] ?? [];
  const take = (next: string) => set_axis(side, { name: next, values: filled(next) });
  return (
    <div class="axis-row">
      <span class="axis-letter" aria-hidden="true">{letter}</span>
      <Choice name={`${letter} axis`} value={name} options={axis_options()} on_change={take} />
      {name !== '' && (
        <>
          <input type="text" class="text-field axis-values" aria-label={`${letter} values`} value={values} placeholder="1-10 [5]" spellcheck={false}
            onInput={(event) => set_axis(side, { values: event.currentTarget.value })} />
          <IconButton icon="list-ordered" name={`Fill ${letter} values`} on_click={() => set_axis(side, { values: filled(name) })} />
          <span class="hint axis-count">{labels.length > 0 ? count_text(labels.length, 'value') : ''}</span>
        </>
      )}
    </div>
  );
}

function Cost() {
  const { plan: made, error } = plan.value;
  if (error !== null) return <p class="note is-attention" role="status">{error}</p>;
  if (!made) return <p class="hint">{has_plot.value ? 'Counting' : 'Choose what varies along X.'}</p>;
  const seconds = seconds_of_form();
  return <p class="axis-cost" role="status"><b>{count_text(made.cells, 'cell')}</b>, {number_text(model_calls())} model calls{seconds === null ? '' : `, about ${time_text(seconds)}`}</p>;
}

export function XyzBuilder() {
  use_plan();
  const cells = plan.value.plan?.cells;
  return (
    <Section id="xyz" title="X/Y/Z plot" summary={has_plot_section.value ? (cells ? count_text(cells, 'cell') : '') : 'off'} toggle={{ is_on: has_plot_section.value, set: (is_on) => { has_plot_section.value = is_on; } }}>
      <div class="axes">
        <Segmented name="What varies" value={plot_kind.value} options={[{ value: 'axes', label: 'Axes' }, { value: 'matrix', label: 'Prompt matrix' }]} on_change={(kind) => { plot_kind.value = kind as 'axes' | 'matrix'; }} />
        {plot_kind.value === 'axes' ? <>{sides.map((side) => <AxisRow key={side} side={side} />)}
          <p class="hint">Lists, ranges: 1-5, 1-5 (+2), 1-10 [5]. A value with a comma stands in quotes.</p></>
          : <p class="hint">The prompt with and without each part behind a bar, all with one seed: <code>a cat | at night | in snow</code> makes four pictures.</p>}
        <Cost />
      </div>
    </Section>
  );
}
