// Two pictures in one place, A left and B right of a divider that is dragged, or moved by arrow keys.
import { useState } from 'preact/hooks';

export interface Side { url: string; alt: string; tag: string }

export function Divided({ a, b, style = {}, on_load }: { a: Side; b: Side; style?: Record<string, string | number>; on_load?: (width: number, height: number) => void }) {
  const [at, set_at] = useState(50);
  const set = (value: number) => set_at(Math.max(0, Math.min(100, value)));
  const on_key = (event: KeyboardEvent) => {
    const by = { ArrowLeft: -1, ArrowRight: 1 }[event.key];
    if (by === undefined) return;
    event.preventDefault();
    event.stopPropagation();
    set(at + by * (event.shiftKey ? 10 : 1));
  };
  return (
    <div class="compare-picture is-slider" style={{ ...style, '--at': `${at}%` }}>
      <img src={b.url} alt={b.alt} draggable={false} onLoad={(event) => on_load?.(event.currentTarget.naturalWidth, event.currentTarget.naturalHeight)} />
      <img src={a.url} alt={a.alt} draggable={false} class="is-a" />
      <span class="compare-tag is-left"><b>A</b> {a.tag}</span><span class="compare-tag is-right"><b>B</b> {b.tag}</span>
      <i class="divider" />
      <input type="range" min={0} max={100} step={0.5} value={at} aria-label={`Divider between A and B, ${Math.round(at)} %`} onInput={(event) => set(Number(event.currentTarget.value))} onKeyDown={on_key} />
    </div>
  );
}
