// The form of Generate. Only what was said is kept; everything else is the program's default under the model's recommendation, so
// that changing the model changes a value only while nobody touched it.
import { batch, computed } from '@preact/signals';
import type { Field, FieldValue, Settings } from '../api';
import { read_kept, remembered, keep } from '../remember';
import { start } from '../store';
import { effect } from '@preact/signals';

export type Mode = 'txt2img' | 'img2img' | 'inpaint';
export const modes: Mode[] = ['txt2img', 'img2img', 'inpaint'];

export const mode = remembered<Mode>('mode', 'txt2img', 'tab');
// A new tab begins where the last one was.
export const said = remembered<Settings>('form', read_kept<Settings>('last-form', 'browser') ?? {}, 'tab');
export const seed_list = remembered<string>('seeds', '', 'tab'); // the text of the seed field while it is a list
export const level = remembered<'essentials' | 'all'>('level', 'essentials', 'browser');
export const chosen_styles = remembered<string[]>('styles', [], 'tab');

effect(() => keep('last-form', 'browser', said.value));

const fields_by_name = computed(() => new Map(start.value.fields.map((field) => [field.name, field])));

export function field_named(name: string): Field | undefined {
  return fields_by_name.value.get(name);
}

export function has_field(name: string): boolean {
  return fields_by_name.value.has(name);
}

/** The program has one denoising strength; a picture as source and a hires pass want their own. */
function slot(name: string): string {
  return name === 'denoising_strength' && mode.value === 'txt2img' ? 'denoising_strength@hires' : name;
}

export function typed(value: FieldValue, field: Field): FieldValue {
  if (field.type === 'truth') return value === true || value === 'True' || value === 'true';
  if (field.type === 'text') return String(value);
  const number = Number(value);
  return Number.isFinite(number) ? number : field.default;
}

export function base_value(name: string): FieldValue {
  const field = field_named(name);
  if (!field) return '';
  const recommended = start.value.recommended[name];
  if (recommended !== undefined) return typed(recommended, field);
  // -1 stands for "what the kind of run is used to".
  if (name === 'denoising_strength' && field.default === -1) return mode.value === 'txt2img' ? 0.7 : 0.75;
  return field.default;
}

export function value_of(name: string): FieldValue {
  const own = said.value[slot(name)];
  const field = field_named(name);
  return own === undefined || !field ? base_value(name) : typed(own, field);
}

export const text_of = (name: string) => String(value_of(name));
export const number_of = (name: string) => Number(value_of(name));
export const truth_of = (name: string) => value_of(name) === true;

export function set_value(name: string, value: FieldValue) {
  const key = slot(name);
  const next = { ...said.value };
  if (value === base_value(name)) delete next[key];
  else next[key] = value;
  said.value = next;
  if (name === 'seed') seed_list.value = '';
}

export function is_changed(name: string): boolean {
  if (name === 'seed' && seed_list.value !== '') return true;
  const own = said.value[slot(name)];
  return own !== undefined && own !== base_value(name);
}

export function reset(...names: string[]) {
  batch(() => {
    const next = { ...said.value };
    for (const name of names) delete next[slot(name)];
    said.value = next;
    if (names.includes('seed')) seed_list.value = '';
  });
}

const texts = ['prompt', 'negative_prompt'];

/** Everything but the words goes back to its default. Returns what was there, for Undo. */
export function reset_form(): () => void {
  const [before, seeds] = [said.value, seed_list.value];
  batch(() => {
    said.value = Object.fromEntries(Object.entries(before).filter(([name]) => texts.includes(name)));
    seed_list.value = '';
  });
  return () => batch(() => { said.value = before; seed_list.value = seeds; });
}

/** Takes settings over by field name. Returns how to undo it. */
export function take_settings(settings: Record<string, FieldValue>): () => void {
  const [before, seeds] = [said.value, seed_list.value];
  batch(() => {
    for (const [name, value] of Object.entries(settings)) {
      const field = field_named(name);
      if (field && !is_of_the_machine(name)) set_value(name, typed(value, field));
    }
  });
  return () => batch(() => { said.value = before; seed_list.value = seeds; });
}

const machine_fields = new Set(['model', 'lora_dir', 'embeddings_dir', 'taesd', 'threads', 'init_image', 'mask']);

/** Fields that say where things lie on the server: they are chosen elsewhere, and a recipe does not bring them. */
export function is_of_the_machine(name: string): boolean {
  return machine_fields.has(name);
}

/** The first of several names a field may have. */
export function first_field(...names: string[]): string {
  return names.find(has_field) ?? (names[0] as string);
}

export const mask_fields = {
  get repaint() { return first_field('mask_mode', 'inpainting_mask_invert'); },
  get start_from() { return first_field('masked_content', 'inpainting_fill'); },
  get area() { return first_field('inpaint_area', 'inpaint_full_res'); },
  get padding() { return first_field('masked_padding', 'inpaint_full_res_padding'); },
};

export function is_masked_only(): boolean {
  const area = value_of(mask_fields.area);
  return area === true || /^only/i.test(String(area));
}
