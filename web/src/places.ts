// The places of the page and their addresses. Going somewhere never stops work and never clears a field.
import { computed, signal } from '@preact/signals';
import type { IconName } from './icons';
import { mode, modes, type Mode } from './form/form';

export interface Place { path: string; name: string; icon: IconName }

export const places: Place[] = [
  { path: '/', name: 'Generate', icon: 'aperture' },
  { path: '/gallery', name: 'Gallery', icon: 'images' },
  { path: '/train', name: 'Train', icon: 'graduation-cap' },
  { path: '/lab', name: 'Lab', icon: 'flask-conical' },
  { path: '/models', name: 'Models', icon: 'box' },
];

export const address = signal(new URL(window.location.href));

export const path = computed(() => address.value.pathname);
export const place_name = computed(() => {
  const first = `/${path.value.split('/')[1] ?? ''}`;
  return first === '/settings' ? 'Settings' : first === '/queue' ? 'Queue' : places.find((place) => place.path === first)?.name ?? 'Generate';
});

function take_mode() {
  const asked = address.value.searchParams.get('mode');
  if (path.value === '/' && modes.includes(asked as Mode)) mode.value = asked as Mode;
}

export function go(to: string, replace = false) {
  const next = new URL(to, window.location.href);
  if (next.href !== window.location.href) window.history[replace ? 'replaceState' : 'pushState'](null, '', next);
  address.value = next;
  take_mode();
}

export function set_mode(to: Mode) {
  mode.value = to;
  go(to === 'txt2img' ? '/' : `/?mode=${to}`);
}

export function generate_path(): string {
  return mode.value === 'txt2img' ? '/' : `/?mode=${mode.value}`;
}

window.addEventListener('popstate', () => {
  address.value = new URL(window.location.href);
  take_mode();
});

/** Plain clicks on links of the page stay in the page. */
export function follow_link(event: MouseEvent) {
  const link = (event.target as Element).closest('a');
  if (!link || event.defaultPrevented || event.button !== 0 || event.ctrlKey || event.metaKey || event.shiftKey || link.target !== '') return;
  if (link.origin !== window.location.origin || link.hasAttribute('download') || link.getAttribute('href')?.startsWith('#') || link.pathname.startsWith('/api/')) return;
  event.preventDefault();
  go(link.href);
}

take_mode();
