// The source picture and mask of img2img and inpaint. They live in the browser's database, one of each per mode and tab, so that a
// reload keeps them; the mask as strokes, which are vectors.
import { signal } from '@preact/signals';
import { api } from '../api';
import { tab_id } from '../store';
import type { Stroke } from './strokes';

export type SourceMode = 'img2img' | 'inpaint';

export interface SourcePicture { blob: Blob; url: string; name: string; width: number; height: number; upload: string | null }

export const sources = signal<Record<SourceMode, SourcePicture | null>>({ img2img: null, inpaint: null });
export const strokes = signal<Stroke[]>([]);
export const undone = signal<Stroke[]>([]);

const most_pixels = 200_000_000;

function database(): Promise<IDBDatabase> {
  return new Promise((done, failed) => {
    const opening = indexedDB.open('darkroom', 1);
    opening.onupgradeneeded = () => opening.result.createObjectStore('canvas');
    opening.onsuccess = () => done(opening.result);
    opening.onerror = () => failed(opening.error);
  });
}

async function kept<T>(act: (store: IDBObjectStore) => IDBRequest<T>): Promise<T | undefined> {
  try {
    const base = await database();
    return await new Promise<T>((done, failed) => {
      const request = act(base.transaction('canvas', 'readwrite').objectStore('canvas'));
      request.onsuccess = () => done(request.result);
      request.onerror = () => failed(request.error);
    });
  } catch {
    return undefined; // private windows may have no database: the canvas works, and forgets
  }
}

const key = (what: string) => `${tab_id} ${what}`;

async function measured(blob: Blob): Promise<[number, number]> {
  const bitmap = await createImageBitmap(blob).catch(() => { throw new Error('This file cannot be read as a picture: a PNG, JPEG or WebP is needed.'); });
  const size: [number, number] = [bitmap.width, bitmap.height];
  bitmap.close();
  return size;
}

function put(mode: SourceMode, picture: SourcePicture | null) {
  const old = sources.value[mode];
  if (old) URL.revokeObjectURL(old.url);
  sources.value = { ...sources.value, [mode]: picture };
}

export async function set_source(mode: SourceMode, blob: Blob, name: string) {
  const [width, height] = await measured(blob);
  if (width * height > most_pixels) throw new Error(`${name} has ${Math.round((width * height) / 1e6)} megapixels; sources have at most ${most_pixels / 1e6}.`);
  put(mode, { blob, url: URL.createObjectURL(blob), name, width, height, upload: null });
  if (mode === 'inpaint') set_strokes([]);
  await kept((store) => store.put({ blob, name, width, height }, key(mode)));
}

export function clear_source(mode: SourceMode) {
  put(mode, null);
  void kept((store) => store.delete(key(mode)));
}

export function set_strokes(next: Stroke[]) {
  strokes.value = next;
  undone.value = [];
  keep_strokes();
}

export function keep_strokes() {
  void kept((store) => store.put(strokes.value, key('strokes')));
}

/** Brings back what this tab had. */
export async function restore_sources() {
  for (const mode of ['img2img', 'inpaint'] as const) {
    const old = await kept<{ blob: Blob; name: string; width: number; height: number } | undefined>((store) => store.get(key(mode)));
    if (old && sources.value[mode] === null) put(mode, { ...old, url: URL.createObjectURL(old.blob), upload: null });
  }
  const old_strokes = await kept<Stroke[] | undefined>((store) => store.get(key('strokes')));
  if (old_strokes && strokes.value.length === 0) strokes.value = old_strokes;
}

/** The name under which the server knows the source; it is sent once. */
export async function uploaded(mode: SourceMode): Promise<string> {
  const source = sources.value[mode];
  if (!source) throw new Error('A source picture is needed: drop one on the page, paste one or pick one from the gallery.');
  if (source.upload !== null) return source.upload;
  const { name } = await api.upload(source.blob);
  source.upload = name;
  return name;
}
