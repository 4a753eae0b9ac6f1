// What kind of screen and hand the page meets.
import { computed, effect, signal, type ReadonlySignal } from '@preact/signals';
import { remembered } from './remember';

function matches(query: string): ReadonlySignal<boolean> {
  const list = window.matchMedia(query);
  const value = signal(list.matches);
  list.addEventListener('change', () => { value.value = list.matches; });
  return value;
}

export const is_phone = matches('(max-width: 767px)');
export const is_wide = matches('(min-width: 1280px)');
export const is_coarse = matches('(pointer: coarse)');
export const is_still = matches('(prefers-reduced-motion: reduce)');
const likes_light = matches('(prefers-color-scheme: light)');

export type Theme = 'system' | 'dark' | 'light';
export const theme = remembered<Theme>('theme', 'system', 'browser');
export const theme_now = computed(() => (theme.value === 'system' ? (likes_light.value ? 'light' : 'dark') : theme.value));

effect(() => { document.documentElement.dataset.theme = theme_now.value; });

export const text_size = remembered('text-size', 100, 'browser');
effect(() => { document.documentElement.style.setProperty('--zoom', String(text_size.value / 100)); });

export function next_theme() {
  theme.value = theme_now.value === 'dark' ? 'light' : 'dark';
}
