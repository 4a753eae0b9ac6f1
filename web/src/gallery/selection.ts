// What is selected in the grid, and what can be done with it.
import { computed, signal } from '@preact/signals';
import { api, type Flag, type Picture } from '../api';
import { forget_picture, bring_picture_back } from '../store';
import { attempt, tell_undoable } from '../toasts';
import { go } from '../places';
import { change_found, count_again, found, mark_gone } from './found';

export const selected = signal<Set<number>>(new Set());
export const active = signal<number | null>(null);

export const selected_pictures = computed(() => found.value.filter((picture) => selected.value.has(picture.id)));
export const active_picture = computed(() => found.value.find((picture) => picture.id === active.value) ?? null);

const index_of = (id: number | null) => found.value.findIndex((picture) => picture.id === id);

export function select(id: number, how: 'only' | 'toggle' | 'range') {
  if (how === 'range' && active.value !== null) {
    const [from, to] = [index_of(active.value), index_of(id)].sort((a, b) => a - b);
    selected.value = new Set(found.value.slice(from, (to ?? 0) + 1).map((picture) => picture.id));
    return;
  }
  const next = new Set(how === 'toggle' ? selected.value : []);
  if (how === 'toggle' && next.has(id)) next.delete(id);
  else next.add(id);
  selected.value = next;
  active.value = id;
}

export function move_active(by: number): Picture | undefined {
  const at = index_of(active.value);
  const next = found.value[Math.max(0, Math.min(found.value.length - 1, at < 0 ? 0 : at + by))];
  if (next) select(next.id, 'only');
  return next;
}

export function flag(pictures: Picture[], to: Flag) {
  for (const picture of pictures) {
    change_found(picture.id, { flag: to });
    void attempt(() => api.flag_picture(picture.id, to)).then(count_again);
  }
}

export function bin(pictures: Picture[]) {
  if (pictures.length === 0) return;
  const ids = pictures.map((picture) => picture.id);
  const after = found.value[Math.max(...ids.map(index_of)) + 1];
  mark_gone(ids, true);
  selected.value = new Set();
  active.value = after?.id ?? null;
  void attempt(async () => {
    for (const id of ids) {
      await api.delete_picture(id);
      forget_picture(id);
    }
    count_again();
    tell_undoable(ids.length === 1 ? 'Picture moved to the bin' : `${ids.length} pictures moved to the bin`, () => void attempt(async () => {
      for (const picture of pictures) {
        await api.restore_picture(picture.id);
        bring_picture_back(picture);
      }
      mark_gone(ids, false);
      count_again();
    }));
  });
}

export function compare_address(ids: number[]): string {
  const [a, b, ...more] = ids;
  return `/gallery/compare?a=${a}&b=${b}${more.length > 0 ? `&more=${more.join(',')}` : ''}`;
}

/** A is the oldest one. */
export function compare(pictures: Picture[]) {
  const ids = pictures.map(({ id }) => id).sort((one, two) => one - two);
  if (ids.length >= 2) go(compare_address(ids));
}
