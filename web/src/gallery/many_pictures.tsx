// More than two pictures against each other: side by side, enlarged and moved together, or as a grid whose words say only what differs.
import { useEffect, useRef } from 'preact/hooks';
import type { PictureDetail } from '../api';
import { label_of } from '../generate/recipe_tab';
import { add_keys } from '../keys';
import { Button } from '../widgets/button';
import { Slider } from '../widgets/slider';
import { look, most_zoom, moved, whole, zoomed } from './look';

export const most_beside = 6;
export const most_in_grid = 36;
const close_up = 4;      // of Z
const pixels_from = 4;   // zoom from which single pixels are shown
const key_step = 0.1;    // of a frame
const longest_value = 60;

const letters = 'ABCDEFGHIJKLMNOPQRSTUVWXYZ';
export const name_of_place = (index: number) => letters[index] ?? String(index + 1);

export function value_text(value: unknown): string {
  return value === undefined ? 'default' : value === '' ? 'none' : String(value);
}

/** Every field a recipe has, the seed drawn among them, and the few that only count pictures left out. */
export function fields_of(picture: PictureDetail): Record<string, unknown> {
  const { n_iter: _pictures, batch_size: _batch, ...rest } = picture.request as Record<string, unknown>;
  return { ...rest, seed: picture.seed };
}

/** For each picture only the fields in which not all are equal. */
export function words_apart(pictures: PictureDetail[]): string[] {
  const all = pictures.map(fields_of);
  const names = [...new Set(all.flatMap((fields) => Object.keys(fields)))].filter((name) => all.some((fields) => fields[name] !== all[0]?.[name]));
  const short = (text: string) => (text.length > longest_value ? `${text.slice(0, longest_value - 1)}…` : text);
  return all.map((fields) => names.map((name) => `${label_of(name)} ${short(value_text(fields[name]))}`).join(', ') || 'the same recipe');
}

/** A picture in its frame: wheel and pinch enlarge it, dragging moves it, and all others with it. */
function Frame({ picture, alt }: { picture: PictureDetail; alt: string }) {
  const frame = useRef<HTMLDivElement>(null);
  const fingers = useRef(new Map<number, { x: number; y: number }>());
  useEffect(() => {
    const room = frame.current as HTMLDivElement;
    const wheel = (event: WheelEvent) => {
      event.preventDefault();
      const edge = room.getBoundingClientRect();
      look.value = zoomed(look.value, Math.exp(-event.deltaY * (event.ctrlKey ? 0.01 : 0.0015)), (event.clientX - edge.left) / edge.width, (event.clientY - edge.top) / edge.height);
    };
    room.addEventListener('wheel', wheel, { passive: false });
    return () => room.removeEventListener('wheel', wheel);
  }, []);
  const down = (event: PointerEvent) => {
    fingers.current.set(event.pointerId, { x: event.clientX, y: event.clientY });
    frame.current?.setPointerCapture(event.pointerId);
  };
  const move = (event: PointerEvent) => {
    const before = fingers.current.get(event.pointerId);
    if (!before) return;
    const now = { x: event.clientX, y: event.clientY };
    const other = [...fingers.current].find(([id]) => id !== event.pointerId)?.[1];
    const edge = (frame.current as HTMLDivElement).getBoundingClientRect();
    const share = other ? 0.5 : 1; // of two fingers each moves half
    let next = moved(look.value, (share * (now.x - before.x)) / edge.width, (share * (now.y - before.y)) / edge.height);
    const distance = (from: { x: number; y: number }) => (other ? Math.hypot(from.x - other.x, from.y - other.y) : 0);
    if (other && distance(before) > 0) next = zoomed(next, distance(now) / distance(before), ((now.x + other.x) / 2 - edge.left) / edge.width, ((now.y + other.y) / 2 - edge.top) / edge.height);
    look.value = next;
    fingers.current.set(event.pointerId, now);
  };
  const up = (event: PointerEvent) => { fingers.current.delete(event.pointerId); };
  const { zoom, x, y } = look.value;
  return (
    <div ref={frame} class="linked-frame" style={{ aspectRatio: `${picture.width} / ${picture.height}`, '--ratio': picture.width / picture.height }} onPointerDown={down} onPointerMove={move} onPointerUp={up} onPointerCancel={up}>
      <img src={picture.url} alt={alt} draggable={false} class={zoom >= pixels_from ? 'is-close' : ''} style={{ transform: `translate(${100 * x}%, ${100 * y}%) scale(${zoom})` }} />
    </div>
  );
}

export function ZoomControl() {
  const { zoom } = look.value;
  const set = (doublings: number) => { look.value = zoomed(look.value, 2 ** doublings / look.value.zoom); };
  return <span class="zoom-of-all"><span aria-hidden="true">Zoom</span><Slider name="Zoom of all" value={Math.log2(zoom)} least={0} most={Math.log2(most_zoom)} step={0.25} value_text={`${zoom.toFixed(1)} times`} on_input={set} /></span>;
}

export function SideView({ pictures, set_b }: { pictures: PictureDetail[]; set_b: (index: number) => void }) {
  const move = (dx: number, dy: number) => () => { look.value = moved(look.value, dx * key_step, dy * key_step); };
  useEffect(() => add_keys('Side by side', [
    { keys: 'Z', label: 'Enlarge all, or show them whole', act: () => { look.value = look.value.zoom > 1 ? whole : zoomed(whole, close_up); } },
    { keys: 'Left', label: 'Look further left', act: move(1, 0) }, { keys: 'Right', label: 'Look further right', act: move(-1, 0) },
    { keys: 'Up', label: 'Look further up', act: move(0, 1) }, { keys: 'Down', label: 'Look further down', act: move(0, -1) },
  ]), []);
  const shown = pictures.slice(0, most_beside);
  const words = words_apart(shown);
  return (
    <div class="compare-many">
      <div class="compare-side" style={{ '--count': Math.min(3, shown.length), '--highest': shown.length > 3 ? '36vh' : '60vh' }}>
        {shown.map((picture, i) => (
          <figure key={picture.id}>
            <Frame picture={picture} alt={`${name_of_place(i)}: ${picture.prompt}, seed ${picture.seed}`} />
            <figcaption><b>{name_of_place(i)}</b> {words[i]}{' '}{i > 1 && <Button class="outlined" on_click={() => set_b(i)}>{`${name_of_place(i)} as B`}</Button>}</figcaption>
          </figure>
        ))}
      </div>
      {pictures.length > shown.length && <p class="note">The first {most_beside} of {pictures.length}; the grid shows all.</p>}
    </div>
  );
}

export function GridView({ pictures }: { pictures: PictureDetail[] }) {
  const words = words_apart(pictures);
  return (
    <ul class="compare-grid" aria-label="Pictures compared">
      {pictures.map((picture, i) => <li key={picture.id}><a href={`/gallery/${picture.id}`}><img src={picture.url} alt={`${picture.prompt}, seed ${picture.seed}`} loading="lazy" /><span><b>{name_of_place(i)}</b> {words[i]}</span></a></li>)}
    </ul>
  );
}
