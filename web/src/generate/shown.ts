// Which picture the stage shows: the one that is being made, or one that was picked from the strip.
import { computed, signal } from '@preact/signals';
import type { Job, Picture, Recipe } from '../api';
import { remembered } from '../remember';
import { makes_pictures, own_jobs, own_live, own_running, picture_named, pictures } from '../store';

export const picked = remembered<number | null>('picked', null, 'tab'); // null: follow the work
export const read_recipe = signal<{ recipe: Recipe; name: string } | null>(null); // a dropped picture's recipe, until it is closed
export const detail_tab = remembered<'recipe' | 'prompt' | 'lora' | 'mask'>('detail-tab', 'recipe', 'tab');
export const is_detail_open = remembered('detail-open', false, 'tab'); // only where the panel is a drawer
export const fit = remembered<'fit' | 'one'>('fit', 'fit', 'browser');
export const surround = remembered<'' | 'black' | 'dark' | 'grey' | 'light' | 'white'>('surround', '', 'browser');
export const preview_kind = remembered<'on' | 'off'>('preview', 'on', 'browser');
export const lights = signal(0); // 0 on, 1 dimmed, 2 out

export const source_is_shown = remembered('source-shown', true, 'tab'); // the canvas stands on the stage

export function follow() {
  source_is_shown.value = false;
  picked.value = null;
  read_recipe.value = null;
}

export type Shown = { kind: 'live'; job: Job } | { kind: 'picture'; picture: Picture } | { kind: 'failed'; job: Job } | { kind: 'waiting'; job: Job } | { kind: 'empty' };

export const shown = computed<Shown>(() => {
  const chosen = picked.value === null ? undefined : picture_named(picked.value);
  if (chosen) return { kind: 'picture', picture: chosen };
  const own = own_jobs.value.filter(makes_pictures);
  if (own_running.value && makes_pictures(own_running.value)) return { kind: 'live', job: own_running.value };
  const last = own.find((job) => job.state !== 'waiting');
  const first_waiting = own_live.value.filter(makes_pictures).at(-1);
  if (first_waiting && last === undefined) return { kind: 'waiting', job: first_waiting };
  if (last?.state === 'failed') return { kind: 'failed', job: last };
  const of_last = last?.pictures.at(-1);
  const newest = (of_last && picture_named(of_last.id)) ?? pictures.value[0];
  if (first_waiting && !newest) return { kind: 'waiting', job: first_waiting };
  return newest ? { kind: 'picture', picture: newest } : { kind: 'empty' };
});

export const shown_picture = computed<Picture | null>(() => (shown.value.kind === 'picture' ? shown.value.picture : shown.value.kind === 'live' ? shown.value.job.pictures.at(-1) ?? null : null));

/** Left and Right walk the strip. */
export function walk(direction: 1 | -1) {
  const all = pictures.value;
  const at = all.findIndex((picture) => picture.id === shown_picture.value?.id);
  const next = all[Math.max(0, Math.min(all.length - 1, at + direction))];
  if (next) picked.value = next.id;
}

export function show_detail(tab: 'recipe' | 'prompt' | 'lora' | 'mask') {
  detail_tab.value = tab;
  is_detail_open.value = true;
}
