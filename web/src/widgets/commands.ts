// What the palette can find and do: places, acts, values of fields, files, pictures.
import { change_residency, generate, interrupt, pause_queue, random_seed_again, reuse_seed, skip_picture, swap_size, use_model } from '../actions';
import type { Picture } from '../api';
import { choice_options } from './field_row';
import { read_number } from '../form/arithmetic';
import { allowed } from '../form/arithmetic';
import { field_named, level, modes, number_of, set_value, text_of, truth_of } from '../form/form';
import { all_rows, type Row } from '../form/layout';
import { clear_prompts } from '../generate/deck';
import { open_first_steps } from '../generate/first_visit';
import { toggle_lora } from '../generate/prompt_edits';
import { reset_with_undo } from '../generate/settings_panel';
import { is_help_open } from '../keys';
import { generate_path, go, places, set_mode } from '../places';
import { theme, type Theme } from '../screen';
import { paused, start } from '../store';
import { undo_last } from '../toasts';
import type { IconName } from '../icons';
import { is_queue_open } from './top_bar';

export interface Command { label: string; fact: string; icon: IconName; act: () => void; words?: string; stays?: boolean }

const to_generate = () => go(generate_path());

function focus_row(row: Row) {
  to_generate();
  level.value = 'all';
  requestAnimationFrame(() => requestAnimationFrame(() => document.querySelector<HTMLElement>(`.settings [aria-label="${CSS.escape(row.label)}"]`)?.focus()));
}

function acts(): Command[] {
  const act = (label: string, icon: IconName, run: () => void, fact = '', words = ''): Command => ({ label, fact, icon, act: run, words });
  return [
    ...places.map((place) => act(place.name, place.icon, () => go(place.path === '/' ? generate_path() : place.path), 'place')),
    act('Settings', 'settings', () => go('/settings'), 'place'), act('Queue', 'list-ordered', () => { is_queue_open.value = true; }, 'place'),
    act('Generate a picture', 'play', () => void generate(), 'Ctrl Enter', 'make start run'), act('Generate to the front', 'play', () => void generate(true), 'Ctrl Shift Enter'),
    act('Interrupt', 'circle-x', interrupt, 'Esc', 'stop cancel'), act('Skip this picture', 'chevron-right', skip_picture, 'Alt Enter'),
    ...modes.map((mode) => act(mode, 'image', () => set_mode(mode), 'mode')),
    ...(['dark', 'light', 'system'] as Theme[]).map((name) => act(`Theme ${name}`, 'sun-moon', () => { theme.value = name; }, 'appearance')),
    act('Unload', 'download', () => void change_residency('unload'), 'checkpoint', 'free memory'), act('Reload', 'refresh-cw', () => void change_residency('reload'), 'checkpoint'),
    act(paused.value ? 'Go on with the queue' : 'Pause the queue', 'pause', () => pause_queue(!paused.value), 'queue'),
    act('Random seed', 'dices', random_seed_again, 'Shift R'), act('Reuse seed', 'recycle', () => reuse_seed(), 'R'), act('Swap width and height', 'arrow-left-right', swap_size),
    act('Clear prompts', 'eraser', clear_prompts), act('Reset this form', 'rotate-ccw', reset_with_undo, '', 'defaults'), act('Undo', 'undo-2', undo_last, 'the last reset, deletion, recipe'),
    act('Essentials', 'sliders-horizontal', () => { level.value = 'essentials'; }, 'level of detail'), act('All settings', 'sliders-horizontal', () => { level.value = 'all'; }, 'level of detail'),
    act('First steps', 'mouse-pointer-click', () => { open_first_steps(); set_mode('txt2img'); }, '', 'sheets tour'), act('Keys', 'keyboard', () => { is_help_open.value = true; }, '?', 'shortcuts help'),
  ];
}

function row_commands(): Command[] {
  return all_rows().map((row) => ({ label: row.label, fact: field_named(row.name)?.type === 'truth' ? (truth_of(row.name) ? 'on' : 'off') : text_of(row.name), icon: 'sliders-horizontal' as const, words: `${row.also ?? ''} ${row.name} ${row.name.replace(/_/g, ' ')}`, act: () => focus_row(row) }));
}

function file_commands(): Command[] {
  return [
    ...start.value.models.map((model): Command => ({ label: model.name, fact: 'checkpoint', icon: 'box', act: () => use_model(model.title) })),
    ...start.value.loras.map((lora): Command => ({ label: lora.name, fact: 'LoRA', icon: 'layers', act: () => { to_generate(); toggle_lora(lora.name); } })),
    ...start.value.samplers.map((sampler): Command => ({ label: sampler.name, fact: 'sampler', icon: 'sliders-horizontal', words: sampler.aliases.join(' '), act: () => { set_value('sampler_name', sampler.name); } })),
  ];
}

const row_called = (fits: (known: string) => boolean) => all_rows().find((row) => [row.label, row.also ?? '', row.name, row.name.replace(/_/g, ' ')].some((known) => fits(known.toLowerCase())));

/** "steps 30", "cfg 5.5", "size 768 512", "sampler euler a": sets a value. */
export function value_commands(text: string): Command[] {
  const size = /^size\s+(\d+)\s*[x× ,]\s*(\d+)$/i.exec(text.trim());
  if (size) {
    const [width, height] = [Number(size[1]), Number(size[2])].map((side) => allowed(side, { ...field_named('width') })) as [number, number];
    return [{ label: `Set size to ${width} × ${height}`, fact: '', icon: 'check', act: () => { set_value('width', width); set_value('height', height); } }];
  }
  const parts = /^(.+?)\s+(\S.*)$/.exec(text.trim());
  if (!parts) return [];
  const found: Command[] = [];
  for (let cut = text.trim().indexOf(' '); cut > 0; cut = text.trim().indexOf(' ', cut + 1)) {
    const [name, value] = [text.trim().slice(0, cut).toLowerCase(), text.trim().slice(cut + 1).trim()];
    const row = row_called((known) => known === name) ?? row_called((known) => known.split(' ')[0] === name);
    const command = row && value_command(row, value);
    if (command) found.push(command);
  }
  return found.slice(0, 1);
}

function value_command(row: Row, text: string): Command | null {
  const field = field_named(row.name);
  if (!field) return null;
  const set = (value: string | number | boolean, shown: string): Command => ({ label: `Set ${row.label} to ${shown}`, fact: `now ${field.type === 'truth' ? (truth_of(row.name) ? 'on' : 'off') : text_of(row.name)}`, icon: 'check', act: () => set_value(row.name, value) });
  if (field.type === 'truth') return /^(on|yes|true|1)$/i.test(text) ? set(true, 'on') : /^(off|no|false|0)$/i.test(text) ? set(false, 'off') : null;
  if (field.type === 'text') {
    const options = choice_options(field);
    const option = options.find((other) => other.value.toLowerCase() === text.toLowerCase()) ?? options.find((other) => other.value.toLowerCase().startsWith(text.toLowerCase()));
    return option ? set(option.value, option.label) : null;
  }
  const value = read_number(text);
  if (value === null) return null;
  const near = allowed(value, { least: field.least, most: field.most, multiple_of: field.multiple_of, whole: field.type === 'whole' });
  return near === number_of(row.name) ? null : set(near, String(near));
}

export function picture_commands(pictures: Picture[]): Command[] {
  return pictures.map((picture) => ({ label: picture.prompt || 'without words', fact: `picture, seed ${picture.seed}`, icon: 'image' as const, act: () => go(`/gallery/${picture.id}`) }));
}

const most = 40;

export function commands(text: string): Command[] {
  const words = text.toLowerCase().split(/\s+/).filter((word) => word !== '');
  const all = [...acts(), ...row_commands(), ...file_commands()];
  const place = (command: Command) => (command.label.toLowerCase().startsWith(words[0] ?? '') ? 0 : command.label.toLowerCase().includes(words[0] ?? '') ? 1 : 2);
  const found = all.filter((command) => words.every((word) => `${command.label} ${command.fact} ${command.words ?? ''}`.toLowerCase().includes(word)));
  return [...value_commands(text), ...found.sort((a, b) => place(a) - place(b))].slice(0, most);
}
