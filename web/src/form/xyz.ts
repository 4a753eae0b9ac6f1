// The X/Y/Z plot of the form: what varies along up to three axes, and what the program makes of it before anything is started.
import { computed, signal } from '@preact/signals';
import type { Axes, Field, XyzPlan } from '../api';
import { remembered } from '../remember';
import { start } from '../store';
import { field_named, text_of } from './form';

export interface AxisText { name: string; values: string }

export const sides = ['x', 'y', 'z'] as const;
export type Side = (typeof sides)[number];

const no_axis: AxisText = { name: '', values: '' };

export const has_plot_section = remembered('xyz', false, 'tab');
export const axes = remembered<Record<Side, AxisText>>('axes', { x: no_axis, y: no_axis, z: no_axis }, 'tab');

export const plot_kind = remembered<'axes' | 'matrix'>('plot-kind', 'axes', 'tab');

export const has_plot = computed(() => has_plot_section.value && (plot_kind.value === 'matrix' || sides.some((side) => axes.value[side].name !== '')));

/** What the program said of the axes as they stand, or why they cannot be. */
export const plan = signal<{ plan: XyzPlan | null; error: string | null }>({ plan: null, error: null });

export const cells_of_form = computed(() => (has_plot.value ? plan.value.plan?.cells ?? null : null));

export function set_axis(side: Side, change: Partial<AxisText>) {
  axes.value = { ...axes.value, [side]: { ...axes.value[side], ...change } };
}

/** A value with a comma or a quote stands in quotes, as in CSV. */
export function quoted(value: string): string {
  return /[",\n]/.test(value) ? `"${value.replaceAll('"', '""')}"` : value;
}

const axis_text = ({ name, values }: AxisText) => (name === '' ? '' : `${name}: ${values}`);

export function axes_of_form(): Axes {
  if (plot_kind.value === 'matrix') return { matrix: true };
  return { x: axis_text(axes.value.x), y: axis_text(axes.value.y), z: axis_text(axes.value.z) };
}

export interface AxisOption { value: string; label: string; fact?: string }

const apart = new Set(['prompt', 'negative_prompt', 'batch_size', 'n_iter', 'init_image', 'mask', 'threads', 'width', 'height']);

/** A field's name on an axis: its infotext key, which the legend shows; A1111's clients know these. */
export function axis_name(field: Field): string {
  const key = field.infotext ?? '';
  return key === '' || /-\d$/.test(key) || ['Model', 'VAE'].includes(key) ? field.name : key;
}

export function axis_options(): AxisOption[] {
  return [
    { value: '', label: 'None' },
    ...start.value.loras.map((lora) => ({ value: `LoRA weight ${lora.name}`, label: `LoRA weight: ${lora.name}` })),
    { value: 'Prompt S/R', label: 'Prompt S/R', fact: 'the first text is replaced by each' },
    { value: 'Prompt order', label: 'Prompt order', fact: 'every order of the texts' },
    { value: 'Size', label: 'Size', fact: '512x768' },
    ...(start.value.styles.length > 0 ? [{ value: 'Styles', label: 'Styles' }] : []),
    ...start.value.fields.filter((field) => !apart.has(field.name)).map((field) => ({ value: axis_name(field), label: field.label })),
  ];
}

function field_of_axis(name: string): Field | undefined {
  return start.value.fields.find((field) => axis_name(field) === name);
}

const rounded = (value: number, field: Field) => (field.type === 'whole' ? Math.max(1, Math.round(value)) : Number(value.toFixed(2)));

/** Values that can be tried at once: every choice, or numbers around the form's own. */
export function filled(name: string): string {
  if (name.startsWith('LoRA weight ')) return '0-1 [6]';
  if (name === 'Size') return `${text_of('width')}x${text_of('height')}, ${text_of('height')}x${Number(text_of('width')) * 1.5}`;
  if (name === 'Styles') return start.value.styles.map((style) => quoted(style.name)).join(', ');
  const field = field_of_axis(name);
  if (!field) return '';
  if (field.name === 'model') return start.value.models.filter((model) => model.error === null).map((model) => quoted(model.title)).join(', ');
  if (field.name === 'vae') return (start.value.vaes ?? []).map((vae) => quoted(vae.name)).join(', ');
  if (field.name === 'seed' || field.name === 'subseed') return '1-4';
  if (field.name.endsWith('sampler_name')) return start.value.samplers.map((sampler) => quoted(sampler.name)).join(', ');
  if (field.name.endsWith('scheduler')) return start.value.schedules.map((schedule) => quoted(schedule.label)).join(', ');
  if (field.type === 'truth') return 'False, True';
  if (field.choices && field.choices.length > 0) return field.choices.map(quoted).join(', ');
  if (field.type === 'text') return '';
  const now = Number(text_of(field.name)) || 1;
  const values = [0.5, 1, 1.5].map((part) => rounded(now * part, field)).filter((value) => value >= (field.least ?? value) && value <= (field.most ?? value));
  return [...new Set(values)].join(', ');
}

/** Steps of the cells together, where one axis varies them; else all have those of the form. */
export function steps_of_cells(): number {
  const made = plan.value.plan;
  if (!made) return 0;
  const label = field_named('steps')?.infotext ?? 'Steps';
  const sides_of_plan: [Side, string[]][] = [['x', made.x_labels], ['y', made.y_labels], ['z', made.z_labels]];
  const varied = plot_kind.value === 'matrix' ? undefined : sides_of_plan.find(([side]) => axes.value[side].name === label)?.[1];
  if (!varied || varied.length === 0) return made.cells * Number(text_of('steps'));
  const sum = varied.reduce((total, text) => total + (Number(text.split(': ').pop()) || 0), 0);
  return (made.cells / varied.length) * sum;
}
