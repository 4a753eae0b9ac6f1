// A grid of any length: only the rows in view exist.
import { useSignalEffect } from '@preact/signals';
import { useEffect, useLayoutEffect, useRef, useState } from 'preact/hooks';
import type { Picture } from '../api';
import { is_coarse, is_phone } from '../screen';
import { go } from '../places';
import { picture_name } from '../generate/stage';
import { Icon } from '../widgets/icon';
import { found, read_more, tile_size, total } from './found';
import { active, move_active, select, selected } from './selection';

const gap = 8;
const rows_beyond = 2;
let kept_scroll = 0; // the place in the grid survives a look at one picture

interface View { top: number; height: number; width: number }

function Tile({ picture, left, top, size, index }: { picture: Picture; left: number; top: number; size: number; index: number }) {
  const click = (event: MouseEvent) => {
    if (is_coarse.value) return go(`/gallery/${picture.id}`);
    select(picture.id, event.shiftKey ? 'range' : event.ctrlKey || event.metaKey ? 'toggle' : 'only');
  };
  return (
    <div class={`tile is-${picture.flag}`} id={`tile-${picture.id}`} role="option" aria-selected={selected.value.has(picture.id)} aria-label={`${picture_name(picture)}${picture.flag === 'none' ? '' : `, ${picture.flag}`}`} aria-posinset={index + 1} aria-setsize={total.value}
      style={{ transform: `translate(${left}px, ${top}px)`, width: `${size}px`, height: `${size}px` }} onClick={click} onDblClick={() => go(`/gallery/${picture.id}`)}>
      <img src={picture.thumbnail} alt="" decoding="async" />
      {picture.flag !== 'none' && <span class="tile-flag"><Icon name={picture.flag === 'picked' ? 'flag' : 'x'} /></span>}
    </div>
  );
}

export function PictureGrid() {
  const box = useRef<HTMLDivElement>(null);
  const [view, set_view] = useState<View>({ top: kept_scroll, height: 800, width: 0 });
  const look = () => {
    const element = box.current;
    if (!element) return;
    kept_scroll = element.scrollTop;
    set_view({ top: element.scrollTop, height: element.clientHeight, width: element.clientWidth });
  };
  useLayoutEffect(() => {
    const element = box.current;
    if (!element) return undefined;
    const watch = new ResizeObserver(look);
    watch.observe(element);
    look();
    return () => watch.disconnect();
  }, []);
  const inset = is_phone.value ? 4 : 12;
  const room = Math.max(1, view.width - 2 * inset);
  const columns = is_phone.value ? 3 : Math.max(1, Math.floor((room + gap) / (tile_size.value + gap)));
  const size = Math.floor((room - gap * (columns - 1)) / columns);
  const pitch = size + gap;
  const rows = Math.ceil(total.value / columns);
  const first = Math.max(0, Math.floor(view.top / pitch) - rows_beyond);
  const last = Math.min(rows, Math.ceil((view.top + view.height) / pitch) + rows_beyond);
  useEffect(() => { if (box.current && view.width > 0) box.current.scrollTop = kept_scroll; }, [view.width > 0]);
  useEffect(() => read_more(last * columns), [last, columns, found.value.length]);
  useSignalEffect(() => {
    const at = found.value.findIndex((picture) => picture.id === active.value);
    const element = box.current;
    if (at < 0 || !element || size <= 1) return;
    const top = Math.floor(at / columns) * pitch;
    if (top < element.scrollTop) element.scrollTop = top - inset;
    else if (top + pitch > element.scrollTop + element.clientHeight) element.scrollTop = top + pitch + inset - element.clientHeight;
  });
  const on_key = (event: KeyboardEvent) => {
    const by = { ArrowLeft: -1, ArrowRight: 1, ArrowUp: -columns, ArrowDown: columns, Home: -1e9, End: 1e9 }[event.key];
    if (by === undefined && event.key !== 'Enter') return;
    event.preventDefault();
    event.stopPropagation();
    if (by !== undefined) move_active(by);
    else if (active.value !== null) go(`/gallery/${active.value}`);
  };
  const shown = found.value.slice(first * columns, last * columns);
  return (
    <div class="picture-grid" ref={box} role="listbox" aria-label="Pictures" aria-multiselectable="true" tabIndex={0} onScroll={look} onKeyDown={on_key}
      aria-activedescendant={active.value === null ? undefined : `tile-${active.value}`}>
      <div class="picture-grid-all" style={{ height: `${rows * pitch + 2 * inset}px` }}>
        {view.width > 0 && shown.map((picture, i) => {
          const at = first * columns + i;
          return <Tile key={picture.id} picture={picture} index={at} size={size} left={inset + (at % columns) * pitch} top={inset + Math.floor(at / columns) * pitch} />;
        })}
      </div>
    </div>
  );
}
