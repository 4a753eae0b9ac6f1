import type { ComponentChildren } from 'preact';
import { useEffect, useRef } from 'preact/hooks';
import { closes_on_escape } from '../keys';
import { IconButton } from './button';

interface SheetProps { name: string; close: () => void; head?: ComponentChildren; foot?: ComponentChildren; children: ComponentChildren }

/** Rises from the foot of a phone's screen. */
export function Sheet({ name, close, head, foot, children }: SheetProps) {
  const box = useRef<HTMLDivElement>(null);
  useEffect(() => {
    const before = document.activeElement as HTMLElement | null;
    box.current?.focus({ preventScroll: true });
    const forget = closes_on_escape(close);
    return () => {
      forget();
      before?.focus({ preventScroll: true });
    };
  }, []);
  return (
    <div class="sheet-ground" onClick={(event) => { if (event.target === event.currentTarget) close(); }}>
      <div class="bottom-sheet" role="dialog" aria-modal="true" aria-label={name} tabIndex={-1} ref={box}>
        <header><h2 class="grow">{name}</h2>{head}<IconButton icon="x" name={`Close ${name.toLowerCase()}`} on_click={close} /></header>
        <div class="sheet-body">{children}</div>
        {foot && <footer>{foot}</footer>}
      </div>
    </div>
  );
}
