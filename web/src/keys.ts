// Keys of the page. A single letter acts only while no text field has focus; Escape closes what was opened last.
import { computed, signal } from '@preact/signals';
import { remembered } from './remember';

export interface Key { keys: string; label: string; act: (event: KeyboardEvent) => void; in_fields?: boolean; when?: () => boolean }

export const letters_on = remembered('letters', true, 'browser');
export const is_help_open = signal(false);

const sets = signal<{ name: string; keys: Key[] }[]>([]);
export const shown_keys = computed(() => sets.value.map(({ name, keys }) => ({ name, keys: keys.filter((key) => !key.when || key.when()) })));

/** Later sets win. Returns how to take the keys away. */
export function add_keys(name: string, keys: Key[]): () => void {
  const set = { name, keys };
  sets.value = [...sets.value, set];
  return () => { sets.value = sets.value.filter((other) => other !== set); };
}

const closers: (() => void)[] = [];

/** What Escape closes next. Returns how to forget it. */
export function closes_on_escape(close: () => void): () => void {
  closers.push(close);
  return () => {
    const at = closers.lastIndexOf(close);
    if (at >= 0) closers.splice(at, 1);
  };
}

export function name_of(event: KeyboardEvent): string {
  const key = event.key === ' ' ? 'Space' : event.key.length === 1 ? event.key.toUpperCase() : event.key.replace('Arrow', '');
  const shift = event.shiftKey && (event.key.length > 1 || /[A-Z]/i.test(event.key));
  return `${event.ctrlKey || event.metaKey ? 'Ctrl ' : ''}${event.altKey ? 'Alt ' : ''}${shift ? 'Shift ' : ''}${key}`;
}

export function is_text_field(target: EventTarget | null): boolean {
  if (!(target instanceof HTMLElement)) return false;
  if (target instanceof HTMLInputElement) return !['range', 'checkbox', 'radio', 'button'].includes(target.type);
  return target instanceof HTMLTextAreaElement || target.isContentEditable || target instanceof HTMLSelectElement;
}

/** Widgets whose own arrows, letters and Enter come first. */
function is_busy(target: EventTarget | null, name: string): boolean {
  if (!(target instanceof HTMLElement)) return false;
  const arrows = ['Left', 'Right', 'Up', 'Down', 'Home', 'End', 'Enter', 'Space'].includes(name.replace('Shift ', ''));
  return arrows && target.closest('input[type=range], [role=listbox], [role=slider], [role=tablist], [role=radiogroup], [role=menu], [role=spinbutton]') !== null;
}

function on_key(event: KeyboardEvent) {
  if (event.defaultPrevented || event.isComposing) return;
  const name = name_of(event);
  if (name === 'Escape' && closers.length > 0) {
    event.preventDefault();
    closers.at(-1)?.();
    return;
  }
  const in_field = is_text_field(event.target);
  if (is_busy(event.target, name)) return;
  const is_letter = !name.includes('Ctrl') && !name.includes('Alt') && name !== 'Escape';
  if (is_letter && (in_field || !letters_on.value) && !/^F\d/.test(name)) return;
  for (const { keys } of [...sets.value].reverse()) {
    const key = keys.find((row) => row.keys.split(' / ').includes(name) && (!row.when || row.when()) && (!in_field || row.in_fields));
    if (key) {
      event.preventDefault();
      key.act(event);
      return;
    }
  }
}

export function listen_to_keys() {
  window.addEventListener('keydown', on_key);
}
