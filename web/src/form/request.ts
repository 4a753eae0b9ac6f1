// From the form to the jobs that one press of the main button asks for, and what they cost.
import type { Settings } from '../api';
import { start } from '../store';
import { base_value, chosen_styles, field_named, has_field, mask_fields, mode, number_of, said, seed_list, text_of, truth_of, typed, value_of } from './form';
import { random_seed, read_seeds, seed_runs } from './seeds';
import { remembered } from '../remember';
import { cells_of_form, has_plot, steps_of_cells } from './xyz';

export const sizes_fallback = 512;

export function size_of_form(): [number, number] {
  return [number_of('width') || sizes_fallback, number_of('height') || sizes_fallback];
}

export function hires_size(): [number, number] {
  const [width, height] = size_of_form();
  const [x, y] = [number_of('hr_resize_x'), number_of('hr_resize_y')];
  if (x > 0 || y > 0) return [x || Math.round((width * y) / height), y || Math.round((height * x) / width)];
  const scale = number_of('hr_scale') || 2;
  return [Math.floor((width * scale) / 8) * 8, Math.floor((height * scale) / 8) * 8];
}

/** Pictures that one press makes. */
export function picture_count(): number {
  if (has_plot.value) return cells_of_form.value ?? 1;
  const seeds = seed_list.value === '' ? null : read_seeds(seed_list.value);
  const listed = seeds && seeds.length > 1 ? seeds.length : 0;
  return listed || number_of('n_iter') * number_of('batch_size') || 1;
}

const of_source = new Set(['resize_mode', 'img2img_fix_steps', 'initial_noise_multiplier', 'img2img_extra_noise']);
const of_mask = () => new Set<string>([...Object.values(mask_fields), 'mask_blur', 'mask_blur_x', 'mask_blur_y', 'mask_round', 'inpainting_mask_weight']);

function is_used(name: string): boolean {
  if (of_source.has(name)) return mode.value !== 'txt2img';
  if (of_mask().has(name)) return mode.value === 'inpaint';
  if (name.startsWith('hr_') || name === 'enable_hr') return mode.value === 'txt2img' && truth_of('enable_hr');
  if (name === 'denoising_strength') return mode.value !== 'txt2img' || truth_of('enable_hr');
  return true;
}

/** A1111's rule: {prompt} in a style is replaced, else the style follows after a comma. */
export function merged(text: string, style: string): string {
  if (style.includes('{prompt}')) return style.replaceAll('{prompt}', text);
  return [text.trim(), style.trim()].filter((part) => part !== '').join(', ');
}

export function sent_prompts(): { prompt: string; negative_prompt: string } {
  let [prompt, negative_prompt] = [text_of('prompt'), text_of('negative_prompt')];
  for (const style of start.value.styles.filter(({ name }) => chosen_styles.value.includes(name))) {
    prompt = merged(prompt, style.prompt);
    negative_prompt = merged(negative_prompt, style.negative_prompt);
  }
  return { prompt, negative_prompt };
}

/** What differs from the program's own defaults: said here or recommended by the model's makers. */
export function settings_of_form(): Settings {
  const names = new Set([...Object.keys(said.value).map((key) => key.replace('@hires', '')), ...Object.keys(start.value.recommended)]);
  const settings: Settings = {};
  for (const name of names) {
    if (!has_field(name) || !is_used(name)) continue;
    const value = value_of(name);
    if (value !== field_named(name)?.default || value !== base_value(name)) settings[name] = value;
  }
  return { ...settings, ...sent_prompts() };
}

export interface Source { init_image?: string; mask?: string }

/** One request for each run of neighbouring seeds. A random seed is drawn here, so that the coming pictures can be named. */
export function requests_of_form(source: Source, changes: Settings = {}): Settings[] {
  const settings: Settings = { ...settings_of_form(), ...source, ...changes };
  const seeds = seed_list.value === '' ? [number_of('seed')] : read_seeds(seed_list.value) ?? [-1];
  if (changes.seed !== undefined || seeds.length === 1) {
    const seed = Number(changes.seed ?? seeds[0]);
    return [{ ...settings, seed: seed < 0 ? random_seed() : seed }];
  }
  return seed_runs(seeds).map(({ seed, count }) => ({ ...settings, seed, n_iter: count, batch_size: 1 }));
}

/** What a job asked for, for fields it did not name too. */
export function asked(request: Settings, name: string) {
  const said = request[name];
  const field = field_named(name);
  return said === undefined || !field ? said ?? base_value(name) : typed(said, field);
}

export function pictures_asked(request: Settings): number {
  return Number(asked(request, 'n_iter')) * Number(asked(request, 'batch_size')) || 1;
}

export function size_asked(request: Settings): [number, number] {
  let [width, height] = [Number(asked(request, 'width')) || sizes_fallback, Number(asked(request, 'height')) || sizes_fallback];
  if (asked(request, 'enable_hr') === true) {
    const [x, y, scale] = [Number(asked(request, 'hr_resize_x')), Number(asked(request, 'hr_resize_y')), Number(asked(request, 'hr_scale'))];
    [width, height] = x > 0 || y > 0 ? [x || (width * y) / height, y || (height * x) / width] : [width * scale, height * scale];
  }
  return [Math.round(width), Math.round(height)];
}

export function calls_per_step(sampler: string): number {
  return start.value.samplers.find((row) => row.name === sampler)?.calls_per_step ?? 1;
}

/** Steps that a source picture leaves: the denoising strength's share, as A1111 counts it. */
export function steps_run(): number {
  const steps = number_of('steps');
  if (mode.value === 'txt2img' || truth_of('img2img_fix_steps')) return steps;
  const strength = number_of('denoising_strength');
  return Math.max(1, Math.min(Math.floor(Math.min(strength, 0.999) * steps) + 1, steps));
}

export function model_calls(): number {
  const hires_steps = truth_of('enable_hr') && mode.value === 'txt2img'
    ? Math.ceil((number_of('hr_second_pass_steps') || number_of('steps')) * number_of('denoising_strength')) : 0;
  if (has_plot.value) return Math.round((steps_of_cells() + hires_steps * picture_count()) * calls_per_step(text_of('sampler_name')));
  return Math.round((steps_run() + hires_steps) * calls_per_step(text_of('sampler_name')) * picture_count());
}

/** Seconds per step as measured here, by model and size. */
const paces = remembered<Record<string, number>>('paces', {}, 'browser');

function pace_key(model: string, width: number, height: number, sampler: string, cfg: number): string {
  return `${model} ${width}x${height} ${calls_per_step(sampler)} ${cfg === 1 ? 1 : 2}`;
}

export function note_pace(request: Settings, seconds_per_step: number) {
  const key = pace_key(start.value.model, Number(asked(request, 'width')), Number(asked(request, 'height')), String(asked(request, 'sampler_name')), Number(asked(request, 'cfg_scale')));
  const known = paces.value[key];
  if (known !== undefined && Math.abs(known - seconds_per_step) < 0.05 * known) return;
  paces.value = { ...paces.value, [key]: known === undefined ? seconds_per_step : 0.7 * known + 0.3 * seconds_per_step };
}

/** Seconds for the whole press, or null before the first measurement at this size. */
export function seconds_of_form(): number | null {
  const pace = paces.value[pace_key(start.value.model, number_of('width'), number_of('height'), text_of('sampler_name'), number_of('cfg_scale'))];
  return pace === undefined ? null : (model_calls() / calls_per_step(text_of('sampler_name'))) * pace;
}
