import { useEffect, useRef, useState } from 'preact/hooks';
import { api, type Picture } from '../api';
import { closes_on_escape } from '../keys';
import { commands, picture_commands, type Command } from './commands';
import { Icon } from './icon';
import { is_palette_open } from './top_bar';

const delay_ms = 250;

function use_pictures(text: string): Picture[] {
  const [found, set_found] = useState<Picture[]>([]);
  useEffect(() => {
    if (text.trim().length < 3) return set_found([]);
    let is_wanted = true;
    const timer = setTimeout(() => { api.pictures({ search: text.trim(), limit: 6 }).then((answer) => is_wanted && set_found(answer.pictures), () => {}); }, delay_ms);
    return () => { is_wanted = false; clearTimeout(timer); };
  }, [text]);
  return found;
}

export function CommandPalette() {
  const [text, set_text] = useState('');
  const [at, set_at] = useState(0);
  const input = useRef<HTMLInputElement>(null);
  const list = useRef<HTMLDivElement>(null);
  const before = useRef(document.activeElement as HTMLElement | null);
  const close = () => { is_palette_open.value = false; };
  useEffect(() => {
    input.current?.focus();
    const forget = closes_on_escape(() => { close(); before.current?.focus({ preventScroll: true }); });
    return forget;
  }, []);
  const pictures = use_pictures(text);
  const rows = [...commands(text), ...picture_commands(pictures)];
  const here = Math.min(at, rows.length - 1);
  useEffect(() => list.current?.querySelector('[data-here]')?.scrollIntoView({ block: 'nearest' }), [here]);
  const take = (row: Command | undefined) => {
    if (!row) return;
    close();
    before.current?.focus({ preventScroll: true });
    row.act();
  };
  const on_key = (event: KeyboardEvent) => {
    const to = { ArrowDown: here + 1, ArrowUp: here - 1, PageDown: here + 10, PageUp: here - 10 }[event.key];
    if (to !== undefined) set_at(Math.max(0, Math.min(rows.length - 1, to)));
    else if (event.key === 'Enter') take(rows[here]);
    else if (event.key === 'Tab') close();
    else return;
    event.preventDefault();
    event.stopPropagation();
  };
  return (
    <div class="ground" onPointerDown={(event) => { if (event.target === event.currentTarget) close(); }}>
      <div class="dialog palette" role="dialog" aria-modal="true" aria-label="Search or run a command">
        <input ref={input} type="text" role="combobox" aria-label="Search or run a command" aria-expanded="true" aria-controls="palette-rows" aria-activedescendant={rows[here] ? `palette-${here}` : undefined} autocomplete="off" spellcheck={false}
          placeholder="steps 30, size 768 512, a place, a model, a picture" value={text} onInput={(event) => { set_text(event.currentTarget.value); set_at(0); }} onKeyDown={on_key} />
        <div id="palette-rows" class="palette-rows" role="listbox" aria-label="Commands" ref={list}>
          {rows.map((row, i) => (
            <div key={`${row.label} ${row.fact} ${i}`} id={`palette-${i}`} class="option" role="option" aria-selected={i === here} data-here={i === here || undefined} onPointerMove={() => set_at(i)} onClick={() => take(row)}>
              <Icon name={row.icon} /><span>{row.label}</span><small>{row.fact}</small>
            </div>
          ))}
          {rows.length === 0 && <p class="hint pad">Nothing is called "{text}".</p>}
        </div>
      </div>
    </div>
  );
}
