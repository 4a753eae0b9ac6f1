// Short notices at the foot of the page. What was destroyed or replaced in bulk can be undone for 10 s here, and later by the palette.
import { signal } from '@preact/signals';

export interface Toast { id: number; text: string; undo?: (() => void) | undefined; is_failure: boolean; action?: { label: string; act: () => void } | undefined }

const shown_ms = 10_000;
const most_undone = 50;

export const toasts = signal<Toast[]>([]);
export const undo_list = signal<{ text: string; undo: () => void }[]>([]);

let next = 1;

export function close_toast(id: number) {
  toasts.value = toasts.value.filter((toast) => toast.id !== id);
}

function show(toast: Omit<Toast, 'id'>, for_ms = shown_ms) {
  const id = next++;
  toasts.value = [...toasts.value.slice(-3), { ...toast, id }];
  setTimeout(() => close_toast(id), for_ms);
}

export function tell(text: string, action?: Toast['action']) {
  show({ text, is_failure: false, action }, action ? shown_ms : 6000);
}

/** Anything thrown by a call; its own sentence is shown. */
export function tell_failure(error: unknown) {
  show({ text: error instanceof Error ? error.message : String(error), is_failure: true });
}

export function tell_undoable(text: string, undo: () => void) {
  undo_list.value = [...undo_list.value.slice(-most_undone), { text, undo }];
  show({ text, undo, is_failure: false });
}

export function undo_last() {
  const last = undo_list.value.at(-1);
  if (!last) return tell('There is nothing to undo.');
  undo_list.value = undo_list.value.slice(0, -1);
  toasts.value = toasts.value.filter((toast) => toast.undo !== last.undo);
  last.undo();
}

export function undo_toast(toast: Toast) {
  close_toast(toast.id);
  undo_list.value = undo_list.value.filter((entry) => entry.undo !== toast.undo);
  toast.undo?.();
}

/** Runs a call and shows its refusal. */
export async function attempt<T>(work: () => Promise<T>): Promise<T | undefined> {
  try {
    return await work();
  } catch (error) {
    tell_failure(error);
    return undefined;
  }
}
