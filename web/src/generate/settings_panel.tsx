// The settings in A1111's order, or the few of Essentials. Hiding never changes a value.
import type { ComponentChildren } from 'preact';
import { is_changed, has_field, level, mode, number_of, reset_form, set_value, text_of, truth_of } from '../form/form';
import { all_rows, computing_rows, hires_rows, main_rows, noise_rows, other_rows, source_rows, type Row } from '../form/layout';
import { calls_per_step, hires_size, model_calls, picture_count, seconds_of_form, steps_run } from '../form/request';
import { count_text, number_text, time_text } from '../form/words';
import { remembered } from '../remember';
import { tell_undoable } from '../toasts';
import { Segmented, Switch } from '../widgets/choice';
import { FieldRow } from '../widgets/field_row';
import { Icon } from '../widgets/icon';
import { Essentials } from './essentials';
import { LoraRows } from './lora_rows';
import { BatchRow, SeedRow, SizeRow } from './size_rows';
import { XyzBuilder } from './xyz_builder';

const open_sections = remembered<string[]>('sections', [], 'browser');

function note_of(row: Row): string | null {
  if (row.name === 'steps' && calls_per_step(text_of('sampler_name')) > 1) return `${number_of('steps') * calls_per_step(text_of('sampler_name'))} calls of the model`;
  if (row.name === 'denoising_strength' && mode.value !== 'txt2img') return `${steps_run()} of the ${number_of('steps')} steps will run`;
  if (row.name === 'mask_blur') return `${number_of('mask_blur') === 0 ? 1 : 2 * Math.floor(2.5 * number_of('mask_blur') + 0.5) + 1} pixels wide kernel`;
  return null;
}

export function Rows({ rows }: { rows: Row[] }) {
  return <>{rows.filter((row) => has_field(row.name)).map((row) => <FieldRow key={row.name} row={row} note={note_of(row)} />)}</>;
}

interface SectionProps { id: string; title: string; summary?: string; toggle?: { is_on: boolean; set: (is_on: boolean) => void }; children: ComponentChildren }

/** A part of the panel that unfolds; with a switch, it unfolds when switched on. */
export function Section({ id, title, summary, toggle, children }: SectionProps) {
  const is_open = toggle ? toggle.is_on : open_sections.value.includes(id);
  const flip = () => { open_sections.value = is_open ? open_sections.value.filter((other) => other !== id) : [...open_sections.value, id]; };
  return (
    <section class="section">
      {toggle
        ? <div class="section-head"><Switch name={title} is_on={toggle.is_on} on_change={toggle.set} /><b class="grow">{title}</b><span class="hint">{summary}</span></div>
        : <button type="button" class="section-head" aria-expanded={is_open} onClick={flip}><b class="grow">{title}</b><span class="hint">{summary}</span><Icon name={is_open ? 'chevron-down' : 'chevron-right'} /></button>}
      {is_open && children}
    </section>
  );
}

const changed_count = (rows: Row[]) => {
  const count = rows.filter((row) => is_changed(row.name)).length;
  return count > 0 ? `${count} changed` : '';
};

function AllSettings() {
  const [width, height] = hires_size();
  const others = other_rows();
  return (
    <>
      {mode.value !== 'txt2img' && <section class="section"><Rows rows={source_rows()} /></section>}
      <section class="section"><Rows rows={main_rows} /></section>
      <section class="section"><SizeRow /><BatchRow /><SeedRow /></section>
      <LoraRows />
      {mode.value === 'txt2img' && has_field('enable_hr') && (
        <Section id="hires" title="Hires fix" summary={`${truth_of('enable_hr') ? '' : 'off · would be '}${width} × ${height}`}
          toggle={{ is_on: truth_of('enable_hr'), set: (is_on) => set_value('enable_hr', is_on) }}>
          <Rows rows={hires_rows} />
        </Section>
      )}
      <XyzBuilder />
      <Section id="computing" title="Precision, VAE, compatibility" summary={changed_count(computing_rows)}><Rows rows={computing_rows} /></Section>
      <Section id="noise" title="Noise and sampler details" summary={changed_count(noise_rows)}><Rows rows={noise_rows} /></Section>
      {others.length > 0 && <Section id="others" title="More" summary={changed_count(others)}><Rows rows={others} /></Section>}
    </>
  );
}

export function CostLine() {
  const seconds = seconds_of_form();
  return (
    <footer class="cost">
      <span>{count_text(picture_count(), 'picture')}, {number_text(model_calls())} model calls</span>
      {seconds !== null && <b>about {time_text(seconds)}</b>}
    </footer>
  );
}

export function reset_with_undo() {
  tell_undoable('Form reset', reset_form());
}

export function SettingsRows() {
  return (
    <>
      <div class="level-row">
        <Segmented name="Level of detail" class="wide" value={level.value} options={[{ value: 'essentials', label: 'Essentials' }, { value: 'all', label: 'All settings' }]}
          on_change={(value) => { level.value = value as 'essentials' | 'all'; }} />
      </div>
      {level.value === 'all' ? <AllSettings /> : <Essentials />}
      {all_rows().some((row) => is_changed(row.name)) && <div class="section"><button type="button" class="button quiet" onClick={reset_with_undo}><Icon name="rotate-ccw" />Reset this form</button></div>}
    </>
  );
}

export function SettingsPanel() {
  return (
    <aside class="settings" aria-label="Settings">
      <div class="settings-scroll"><SettingsRows /></div>
      <CostLine />
    </aside>
  );
}
