import type { ComponentChildren } from 'preact';
import { useEffect, useRef } from 'preact/hooks';
import { closes_on_escape } from '../keys';
import { IconButton } from './button';

interface DialogProps { name: string; title: ComponentChildren; close_name?: string; class: string; close: () => void; head?: ComponentChildren; on_key?: (event: KeyboardEvent) => void; children: ComponentChildren }

/** Over the page until it is closed: by its button, Escape or a press beside it. The focus goes back to where it was. */
export function Dialog({ name, title, close_name = 'Close', class: more, close, head, on_key, children }: DialogProps) {
  const box = useRef<HTMLDivElement>(null);
  useEffect(() => {
    const before = document.activeElement as HTMLElement | null;
    box.current?.focus();
    const forget = closes_on_escape(close);
    return () => { forget(); before?.focus({ preventScroll: true }); };
  }, []);
  return (
    <div class="ground" onClick={(event) => { if (event.target === event.currentTarget) close(); }}>
      <div class={`dialog ${more}`} role="dialog" aria-modal="true" aria-label={name} tabIndex={-1} ref={box} onKeyDown={on_key}>
        <header><h2 class="grow">{title}</h2>{head}<IconButton icon="x" name={close_name} on_click={close} /></header>
        {children}
      </div>
    </div>
  );
}
