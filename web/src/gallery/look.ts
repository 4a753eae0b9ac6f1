// How pictures that are looked at together lie in their frames: one zoom and one place for all, in shares of a frame.
import { signal } from '@preact/signals';

/** The picture's corner lies at x, y of the frame; at zoom 1 it fills the frame. */
export interface Look { zoom: number; x: number; y: number }

export const whole: Look = { zoom: 1, x: 0, y: 0 };
export const most_zoom = 32;

/** No picture leaves its frame. */
function kept({ zoom, x, y }: Look): Look {
  const inside = (at: number) => Math.min(0, Math.max(1 - zoom, at));
  return { zoom, x: inside(x), y: inside(y) };
}

/** What lies at (px, py) of the frame stays there. */
export function zoomed(look: Look, factor: number, px = 0.5, py = 0.5): Look {
  const zoom = Math.min(most_zoom, Math.max(1, look.zoom * factor));
  const place = (at: number, from: number) => at - ((at - from) * zoom) / look.zoom;
  return kept({ zoom, x: place(px, look.x), y: place(py, look.y) });
}

export const moved = (look: Look, dx: number, dy: number): Look => kept({ ...look, x: look.x + dx, y: look.y + dy });

export const look = signal<Look>(whole);
