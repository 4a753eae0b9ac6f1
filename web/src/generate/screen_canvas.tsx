// What the stage shows: previews on a canvas of the picture's size, finished pictures on top of it once they are decoded. Something
// always stays visible until the next thing can be drawn, so nothing flashes.
import { useSignalEffect } from '@preact/signals';
import { useEffect, useRef, useState } from 'preact/hooks';
import { api } from '../api';
import { is_still } from '../screen';
import { previews } from '../store';

const fade_ms = 120;

function draw(canvas: HTMLCanvasElement, bitmap: ImageBitmap, is_first: boolean) {
  const context = canvas.getContext('2d');
  if (!context) return;
  context.imageSmoothingQuality = 'high';
  const paint = (alpha: number) => {
    context.globalAlpha = alpha;
    context.drawImage(bitmap, 0, 0, canvas.width, canvas.height);
  };
  if (is_first || is_still.value) {
    paint(1);
    bitmap.close();
    return;
  }
  const began = performance.now();
  const frame = (now: number) => {
    const part = Math.min(1, (now - began) / fade_ms);
    paint(part < 1 ? 0.35 : 1);
    if (part < 1) requestAnimationFrame(frame);
    else bitmap.close();
  };
  requestAnimationFrame(frame);
}

const kept_previews = 4;
const fetched = new Map<string, Promise<Blob>>();

/** The stage, the strip and the queue show the same preview: it is fetched once. */
function preview_bytes(url: string): Promise<Blob> {
  const known = fetched.get(url) ?? api.bytes(url);
  fetched.set(url, known);
  for (const old of [...fetched.keys()].slice(0, -kept_previews)) fetched.delete(old);
  return known;
}

interface LiveProps { job: string | null; width: number; height: number; on_drawn?: (picture: number) => void }

/** Fetches one preview at a time, always the newest: a slow line skips steps instead of queueing them. */
export function LiveCanvas({ job, width, height, on_drawn }: LiveProps) {
  const canvas = useRef<HTMLCanvasElement>(null);
  const state = useRef({ is_busy: false, drawn: '', job });
  state.current.job = job;
  const load = async () => {
    const now = state.current;
    const newest = now.job === null ? undefined : previews.peek()[now.job];
    if (now.is_busy || !newest || newest.url === now.drawn) return;
    now.is_busy = true;
    const is_first = !now.drawn.startsWith(newest.url.split('?')[0] ?? '');
    now.drawn = newest.url;
    try {
      const bitmap = await createImageBitmap(await preview_bytes(newest.url));
      if (canvas.current && now.job === newest.id) {
        draw(canvas.current, bitmap, is_first);
        on_drawn?.(newest.picture);
      }
    } catch {
      // A preview that is gone already: the next one follows.
    } finally {
      now.is_busy = false;
    }
    void load();
  };
  useSignalEffect(() => {
    const all = previews.value; // read first: without a job the effect must still wake for the next one
    if (state.current.job !== null && all[state.current.job]) void load();
  });
  useEffect(() => { void load(); }, [job]);
  return <canvas ref={canvas} width={width} height={height} aria-hidden="true" />;
}

interface ScreenProps { job: string | null; done: number; url: string | null; alt: string; width: number; height: number; is_on: boolean }

/** `done`: how many pictures the running job has finished; `url`: the picture to show, the job's last one while it runs. */
export function Screen({ job, done, url, alt, width, height, is_on }: ScreenProps) {
  const [settled, set_settled] = useState<string | null>(null);
  const [is_live, set_live] = useState(false);
  const finished = useRef(done); // a preview may arrive after the picture it announces
  finished.current = done;
  useEffect(() => {
    if (url === null) return undefined;
    let is_wanted = true;
    const image = new Image();
    image.src = url;
    image.decode().catch(() => {}).then(() => {
      if (!is_wanted) return;
      set_settled(url);
      set_live(false);
    });
    return () => { is_wanted = false; };
  }, [url]);
  useEffect(() => {
    if (job === null && url === settled) set_live(false);
  }, [job]);
  return (
    <div class="screen">
      <LiveCanvas job={is_on ? job : null} width={width} height={height} on_drawn={(picture) => { if (picture > finished.current) set_live(true); }} />
      {settled !== null && <img src={settled} alt={alt} class={is_live ? 'is-under' : ''} draggable={true} />}
    </div>
  );
}
