// Signals that survive a reload: in the tab (sessionStorage) or in the browser (localStorage). Written 250 ms after a change, and at
// once when the page is left.
import { effect, signal, type Signal } from '@preact/signals';

const prefix = 'darkroom.';
const delay_ms = 250;
const late = new Map<string, () => void>();

function storage(where: 'tab' | 'browser'): Storage | null {
  try {
    return where === 'tab' ? sessionStorage : localStorage;
  } catch {
    return null; // a browser that keeps nothing: the page works, and forgets
  }
}

export function read_kept<T>(key: string, where: 'tab' | 'browser'): T | undefined {
  try {
    const text = storage(where)?.getItem(prefix + key);
    return text === null || text === undefined ? undefined : (JSON.parse(text) as T);
  } catch {
    return undefined;
  }
}

export function keep(key: string, where: 'tab' | 'browser', value: unknown) {
  try {
    storage(where)?.setItem(prefix + key, JSON.stringify(value));
  } catch {
    // Full: the newest state is lost at the next reload, nothing else.
  }
}

export function remembered<T>(key: string, initial: T, where: 'tab' | 'browser'): Signal<T> {
  const kept = signal<T>(read_kept<T>(key, where) ?? initial);
  let is_first = true;
  let timer = 0;
  effect(() => {
    const value = kept.value;
    if (is_first) {
      is_first = false;
      return;
    }
    const write = () => {
      clearTimeout(timer);
      late.delete(`${where} ${key}`);
      keep(key, where, value);
    };
    clearTimeout(timer);
    timer = setTimeout(write, delay_ms) as unknown as number;
    late.set(`${where} ${key}`, write);
  });
  return kept;
}

/** What still waits to be written. */
export function write_kept() {
  for (const write of [...late.values()]) write();
}

if (typeof window !== 'undefined') {
  window.addEventListener('pagehide', write_kept);
  document.addEventListener('visibilitychange', write_kept);
}
