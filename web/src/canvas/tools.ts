// The state of the mask canvas: tool, brush, overlay, view; and what its buttons and keys do.
import { signal } from '@preact/signals';
import type { IconName } from '../icons';
import { remembered } from '../remember';
import { tell_undoable } from '../toasts';
import { keep_strokes, set_strokes, strokes, undone } from './source';
import type { Stroke } from './strokes';

export type Tool = 'brush' | 'eraser' | 'lasso' | 'rectangle' | 'pan';

export const tool = signal<Tool>('brush');
export const brush = remembered('brush', 48, 'browser');
export const overlay = remembered('mask-overlay', 55, 'browser');
export const mask_colour = remembered<'red' | 'cyan' | 'white'>('mask-colour', 'red', 'browser');

/** The film's colour as it stands in the tokens. */
export function film_colour(): string {
  return getComputedStyle(document.documentElement).getPropertyValue(`--mask-${mask_colour.value}`).trim();
}

export interface ToolRow { tool: Tool | 'fill' | 'invert'; label: string; icon: IconName; key: string }

export const tool_rows: ToolRow[] = [
  { tool: 'brush', label: 'Brush', icon: 'brush', key: 'B' }, { tool: 'eraser', label: 'Eraser', icon: 'eraser', key: 'E' },
  { tool: 'lasso', label: 'Lasso', icon: 'lasso', key: 'L' }, { tool: 'rectangle', label: 'Rectangle', icon: 'square-dashed', key: 'M' },
  { tool: 'fill', label: 'Fill', icon: 'paint-bucket', key: 'F' }, { tool: 'invert', label: 'Invert', icon: 'contrast', key: 'I' }, { tool: 'pan', label: 'Pan', icon: 'hand', key: 'Space' },
];

export function add_stroke(stroke: Stroke) {
  strokes.value = [...strokes.value, stroke];
  undone.value = [];
  keep_strokes();
}

export function undo_stroke() {
  const last = strokes.value.at(-1);
  if (!last) return;
  strokes.value = strokes.value.slice(0, -1);
  undone.value = [...undone.value, last];
  keep_strokes();
}

export function redo_stroke() {
  const next = undone.value.at(-1);
  if (!next) return;
  undone.value = undone.value.slice(0, -1);
  strokes.value = [...strokes.value, next];
  keep_strokes();
}

export function clear_mask() {
  const before = strokes.value;
  if (before.length === 0) return;
  set_strokes([]);
  tell_undoable('Mask cleared', () => set_strokes(before));
}

export function use_tool(row: ToolRow) {
  if (row.tool === 'fill') add_stroke({ kind: 'fill' });
  else if (row.tool === 'invert') add_stroke({ kind: 'invert' });
  else tool.value = row.tool;
}

const least_brush = 1;
const most_brush = 1024;

export function change_brush(by: number) {
  brush.value = Math.round(Math.max(least_brush, Math.min(most_brush, by > 0 ? Math.max(brush.value + 1, brush.value * 1.15) : Math.min(brush.value - 1, brush.value / 1.15))));
}

export function change_overlay(by: number) {
  overlay.value = Math.max(10, Math.min(100, overlay.value + by));
}
