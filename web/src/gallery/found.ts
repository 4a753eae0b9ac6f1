// The pictures that the search finds, read page by page as they come into view.
import { computed, effect, signal } from '@preact/signals';
import { api, type Facet, type Picture, type PictureOrder } from '../api';
import { change_picture, pictures as session } from '../store';
import { remembered } from '../remember';
import { tell_failure } from '../toasts';

export const search = remembered('gallery-search', '', 'browser');
export const sort = remembered<PictureOrder>('gallery-sort', 'newest', 'browser');
export const tile_size = remembered('gallery-tile', 160, 'browser');

const loaded = signal<Picture[]>([]);
export const total = signal(0);
export const is_loading = signal(false);
export const has_read = signal(false);
export const facets = signal<Facet[]>([]);
const gone = signal<Set<number>>(new Set());

const page_length = 120;
const delay_ms = 200;
let asked = 0;

/** Flags and deletions show at once, whatever the list said when it was read. */
export const found = computed<Picture[]>(() => {
  const fresh = new Map(session.value.map((picture) => [picture.id, picture]));
  return loaded.value.filter((picture) => !gone.value.has(picture.id)).map((picture) => fresh.get(picture.id) ?? picture);
});

async function read(before: number | undefined) {
  const mine = ++asked;
  is_loading.value = true;
  try {
    const answer = await api.pictures({ search: search.value, sort: sort.value, before, limit: page_length });
    if (mine !== asked) return;
    loaded.value = before === undefined ? answer.pictures : [...loaded.value, ...answer.pictures];
    total.value = before === undefined ? answer.total : Math.max(answer.total, loaded.value.length);
    has_read.value = true;
  } catch (error) {
    if (mine === asked) tell_failure(error);
  } finally {
    if (mine === asked) is_loading.value = false;
  }
}

let count_timer = 0;
let counted = 0;

/** Once for all that changes at a time. The list says where there is no answer. */
export function count_again() {
  clearTimeout(count_timer);
  count_timer = window.setTimeout(() => {
    const mine = ++counted;
    void api.picture_facets(search.peek()).then((answer) => { if (mine === counted) facets.value = answer; }, () => undefined);
  }, delay_ms);
}

export function read_more(up_to: number) {
  const last = loaded.value.at(-1);
  if (!is_loading.value && last && loaded.value.length < Math.min(up_to, total.value)) void read(last.id);
}

export function read_again() {
  void read(undefined);
}

/** Follows the search field and pictures that are made meanwhile. Returns how to stop. */
export function watch_search(): () => void {
  let timer = 0;
  const stop_search = effect(() => {
    void search.value;
    void sort.value;
    clearTimeout(timer);
    timer = window.setTimeout(() => void read(undefined), has_read.peek() ? delay_ms : 0);
    count_again();
  });
  let newest = session.peek()[0]?.id ?? 0;
  const stop_news = effect(() => {
    const now = session.value[0]?.id ?? 0;
    if (now > newest && has_read.peek()) {
      newest = now;
      count_again();
      if (search.peek() === '' && sort.peek() === 'newest') {
        const known = new Set(loaded.peek().map((picture) => picture.id));
        const fresh = session.peek().filter((picture) => !known.has(picture.id) && picture.id > (loaded.peek()[0]?.id ?? 0));
        loaded.value = [...fresh, ...loaded.peek()];
        total.value = total.peek() + fresh.length;
      } else void read(undefined);
    }
  });
  return () => { stop_search(); stop_news(); };
}

export function mark_gone(ids: number[], is_gone: boolean) {
  const next = new Set(gone.value);
  for (const id of ids) is_gone ? next.add(id) : next.delete(id);
  gone.value = next;
}

export function change_found(id: number, change: Partial<Picture>) {
  loaded.value = loaded.value.map((picture) => (picture.id === id ? { ...picture, ...change } : picture));
  change_picture(id, change);
}
