import { useEffect, useRef } from 'preact/hooks';
import { closes_on_escape, is_help_open, letters_on, shown_keys } from '../keys';
import { IconButton } from './button';

export function KeyHelp() {
  const box = useRef<HTMLDivElement>(null);
  const close = () => { is_help_open.value = false; };
  useEffect(() => {
    const before = document.activeElement as HTMLElement | null;
    box.current?.focus();
    const forget = closes_on_escape(close);
    return () => { forget(); before?.focus(); };
  }, []);
  return (
    <div class="ground" onClick={(event) => { if (event.target === event.currentTarget) close(); }}>
      <div class="dialog key-help" role="dialog" aria-modal="true" aria-label="Keys" tabIndex={-1} ref={box}>
        <header><h2 class="grow">Keys</h2><IconButton icon="x" name="Close keys" on_click={close} /></header>
        <div class="key-sets">
          {shown_keys.value.filter((set) => set.keys.length > 0).map((set) => (
            <section key={set.name}>
              <h3>{set.name}</h3>
              <dl>{set.keys.map((key) => <div key={key.keys + key.label}><dt><kbd class="key-cap">{key.keys}</kbd></dt><dd>{key.label}</dd></div>)}</dl>
            </section>
          ))}
        </div>
        <label class="check-row"><input type="checkbox" checked={letters_on.value} onChange={() => { letters_on.value = !letters_on.value; }} /><span>Single letters act as keys</span></label>
      </div>
    </div>
  );
}
