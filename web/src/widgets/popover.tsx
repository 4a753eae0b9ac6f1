import type { ComponentChildren } from 'preact';
import { useLayoutEffect, useRef } from 'preact/hooks';
import { closes_on_escape } from '../keys';

interface PopoverProps {
  anchor: HTMLElement; name: string; role?: 'dialog' | 'menu' | 'listbox' | 'none'; beside?: boolean; class?: string; close: () => void; children: ComponentChildren;
  returns_focus?: boolean;
}

const gap = 6;

function put(box: HTMLElement, anchor: HTMLElement, beside: boolean) {
  const at = anchor.getBoundingClientRect();
  const row = (beside && anchor.closest('.row')?.getBoundingClientRect()) || at; // beside the whole row, so that its control stays free
  const [width, height] = [box.offsetWidth, box.offsetHeight];
  const [most_left, most_top] = [window.innerWidth - width - 8, window.innerHeight - height - 8];
  const has_room_beside = beside && row.right + 4 * gap + width < window.innerWidth;
  const left = has_room_beside ? row.right + 4 * gap : at.left;
  const has_room_below = at.bottom + gap + height < window.innerHeight;
  const top = has_room_beside ? at.top - 20 : has_room_below ? at.bottom + gap : at.top - gap - height;
  box.style.left = `${Math.max(8, Math.min(most_left, left))}px`;
  box.style.top = `${Math.max(8, Math.min(most_top, top))}px`;
}

/** Floats beside its anchor; closes on Escape and on a press elsewhere, and gives the focus back. */
export function Popover({ anchor, name, role = 'dialog', beside = false, class: more = '', close, children, returns_focus = true }: PopoverProps) {
  const box = useRef<HTMLDivElement>(null);
  useLayoutEffect(() => {
    if (box.current) put(box.current, anchor, beside);
  });
  useLayoutEffect(() => {
    const shut = () => {
      close();
      if (returns_focus) anchor.focus({ preventScroll: true });
    };
    const forget = closes_on_escape(shut);
    const pressed = (event: PointerEvent) => {
      const target = event.target as Node;
      if (!box.current?.contains(target) && !anchor.contains(target)) close();
    };
    const moved = () => box.current && put(box.current, anchor, beside);
    document.addEventListener('pointerdown', pressed, true);
    window.addEventListener('resize', moved);
    return () => {
      forget();
      document.removeEventListener('pointerdown', pressed, true);
      window.removeEventListener('resize', moved);
    };
  }, [anchor]);
  return <div ref={box} class={`popover ${more}`} role={role === 'none' ? undefined : role} aria-label={name}>{children}</div>;
}
