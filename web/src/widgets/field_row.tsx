import type { ComponentChildren } from 'preact';
import type { Field } from '../api';
import { explained, has_explanation } from '../explain';
import { base_value, field_named, is_changed, number_of, reset, set_value, text_of, truth_of } from '../form/form';
import type { Row } from '../form/layout';
import { start } from '../store';
import { Choice, Segmented, Switch, type Option } from './choice';
import { NumberField } from './number_field';
import { Slider } from './slider';

/** The label of a control: opens its explanation; a double click restores the default. */
export function RowLabel({ names, label, explains = names[0] as string }: { names: string[]; label: string; explains?: string }) {
  const has_changed = names.some(is_changed);
  const default_text = String(base_value(names[0] as string));
  const restore = () => reset(...names);
  return (
    <span class="row-label">
      {has_changed && <button type="button" class="changed-dot" aria-label={`Reset ${label}`} title={`Differs from the default${default_text === '' || default_text === '-1' ? '' : `, ${default_text}`}. Press to reset.`}
        onClick={restore} onKeyDown={(event) => { if (event.key === 'Delete') { event.preventDefault(); restore(); } }} />}
      {has_explanation(explains)
        ? <button type="button" class={`label-button ${has_changed ? 'is-changed' : ''}`} aria-label={`Explain ${label}`} onDblClick={restore}
            onClick={(event) => { explained.value = { name: explains, label, anchor: event.currentTarget }; }}>{label}</button>
        : <span class="label-text" onDblClick={restore}>{label}</span>}
    </span>
  );
}

/** Why a field does nothing as the form stands; null where it acts. */
export function no_effect(name: string): string | null {
  const family = start.value.models.find((model) => model.title === start.value.model)?.family ?? '';
  const sampler = text_of('sampler_name');
  if (name === 'clip_skip' && /SDXL|SD 2|XL/.test(family)) return 'This model always reads its own layer. The setting has no effect.';
  if (name === 'steps' && sampler === 'DPM adaptive') return 'Ignored: DPM adaptive chooses its own steps.';
  if (name === 'subseed' && number_of('subseed_strength') === 0) return 'No effect now: the variation strength is 0';
  if (name === 'negative_prompt' && number_of('cfg_scale') === 1) return 'No effect at CFG 1';
  return null;
}

/** The page's words for choices that the program names as A1111 does. */
const words_of: Record<string, string> = {
  'Inpaint masked': 'Masked', 'Inpaint not masked': 'The rest', 'Whole picture': 'Whole', 'Only masked': 'Masked only',
  fill: 'Fill with surroundings', original: 'Original pixels', 'latent noise': 'Latent noise', 'latent nothing': 'Latent nothing', 'Just resize (latent upscale)': 'Latent upscale', auto: 'Automatic',
};

/** What an empty field stands for: the model's own, or what the first pass uses. */
const word_for_none = (name: string) => (name === 'vae' ? 'Automatic' : 'Same');

export function choice_options(field: Field): Option[] {
  const sampler_facts = (name: string) => {
    const sampler = start.value.samplers.find((row) => row.name === name);
    if (!sampler) return undefined;
    return `${sampler.draws_noise ? 'keeps changing with steps' : 'settles'}${sampler.calls_per_step > 1 ? `, ${sampler.calls_per_step} calls a step` : ''}`;
  };
  const is_sampler = field.name.endsWith('sampler_name');
  const from_start = is_sampler ? start.value.samplers.map((row) => row.name)
    : field.name.endsWith('scheduler') ? ['Automatic', ...start.value.schedules.map((row) => row.label).filter((label) => label !== 'Automatic')]
    : field.name === 'hr_upscaler' ? start.value.upscalers : field.name === 'vae' ? (start.value.vaes ?? []).map((vae) => vae.name) : [];
  const names = field.choices && field.choices.length > 0 ? field.choices : from_start;
  const options = names.map((name): Option => {
    const fact = is_sampler ? sampler_facts(name) : undefined;
    return { value: name, label: words_of[name] ?? name, ...(fact ? { fact } : {}) };
  });
  return field.default === '' && options.length > 0 && !names.includes('') ? [{ value: '', label: word_for_none(field.name) }, ...options] : options;
}

const is_short = (options: Option[]) => options.length <= 3 && options.reduce((sum, option) => sum + option.label.length, 0) <= 20;

/** Falls back on the spelling of the list: requests and recommendations may spell a name in small letters. */
function spelled(value: string, options: Option[]): string {
  return options.find((option) => option.value.toLowerCase() === value.toLowerCase())?.value ?? value;
}

export function FieldControl({ row, field, described_by }: { row: Row; field: Field; described_by: string | undefined }) {
  const { name, label } = row;
  if (field.type === 'truth') return <Switch name={label} is_on={truth_of(name)} described_by={described_by} on_change={(is_on) => set_value(name, is_on)} />;
  if (field.type === 'text') {
    const options = choice_options(field);
    const props = { name: label, value: spelled(text_of(name), options), options, described_by, on_change: (value: string) => set_value(name, value) };
    if (options.length > 0) return is_short(options) ? <Segmented {...props} /> : <Choice {...props} />;
    return <input type="text" class="text-field" aria-label={label} aria-describedby={described_by} value={text_of(name)} placeholder={word_for_none(name)} onInput={(event) => set_value(name, event.currentTarget.value)} />;
  }
  const range = { least: field.least, most: field.most, multiple_of: field.multiple_of, whole: field.type === 'whole' };
  const step = row.step ?? (field.type === 'whole' ? Math.max(1, field.multiple_of ?? 1) : 0.1);
  const value = number_of(name);
  const number = <NumberField name={label} value={value} step={step} range={range} described_by={described_by} has_stepper={row.slider !== undefined} on_change={(next) => set_value(name, next)} />;
  if (!row.slider) return number;
  const [least, most] = [Math.max(row.slider[0], field.least ?? -Infinity), Math.min(row.slider[1], field.most ?? Infinity)];
  return (
    <>
      <Slider name={label} value={value} least={least} most={most} step={step} tick={Number(base_value(name))} described_by={described_by} on_input={(next) => set_value(name, next)} />
      {number}
    </>
  );
}

/** Label, control, number, and what is to be said about them now. */
export function FieldRow({ row, note, children }: { row: Row; note?: string | null; children?: ComponentChildren }) {
  const field = field_named(row.name);
  if (!field) return null;
  const reason = no_effect(row.name);
  const text = reason ?? note ?? null;
  const note_id = text ? `note-${row.name}` : undefined;
  return (
    <div class={`row ${reason ? 'has-no-effect' : ''} ${row.slider ? 'has-slider' : ''}`}>
      <RowLabel names={[row.name]} label={row.label} />
      <div class="row-control">{children ?? <FieldControl row={row} field={field} described_by={note_id} />}</div>
      {text && <p class="row-note" id={note_id}>{text}</p>}
    </div>
  );
}
