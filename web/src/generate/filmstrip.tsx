// The frames of this tab: the batch in the making, what waits, then finished pictures, newest batch first.
import type { Job, Picture } from '../api';
import { asked, size_asked } from '../form/request';
import { pictures_of } from '../job_kinds';
import { makes_pictures, own_live, own_running, pictures, progress } from '../store';
import { unsent } from '../unsent';
import { mode } from '../form/form';
import { sources } from '../canvas/source';
import { follow, picked, preview_kind, read_recipe, shown, source_is_shown, walk } from './shown';
import { LiveCanvas } from './screen_canvas';
import { picture_name } from './stage';
import { Icon } from '../widgets/icon';
import { go } from '../places';

interface Frame { key: string; picture?: Picture; seed?: number; is_running?: boolean; job?: Job; starts_batch?: boolean }

const most_waiting = 24;

function frames_of_job(job: Job): Frame[] {
  const count = pictures_of(job);
  const seed = Number(asked(job.request, 'seed'));
  const running = own_running.value?.id === job.id ? job.pictures.length : -1;
  return Array.from({ length: Math.min(count, most_waiting) }, (_, i) => ({
    key: `${job.id} ${i}`, ...(job.pictures[i] ? { picture: job.pictures[i] as Picture } : { seed: seed < 0 ? -1 : job.kind === 'xyz' ? seed : seed + i }), is_running: i === running, job, starts_batch: i === 0,
  }));
}

function finished_frames(live: Set<string>): Frame[] {
  const groups: Picture[][] = [];
  for (const picture of pictures.value) {
    if (live.has(picture.job)) continue;
    const last = groups.at(-1);
    if (last && last[0]?.job === picture.job) last.unshift(picture);
    else groups.push([picture]);
  }
  return groups.flatMap((group) => group.map((picture, i) => ({ key: String(picture.id), picture, starts_batch: i === 0 })));
}

export function frames(): Frame[] {
  const coming = own_live.value.filter(makes_pictures);
  const live = coming.filter((job) => job.state === 'running').concat(coming.filter((job) => job.state === 'waiting').reverse());
  const late = unsent.value.flatMap((job): Frame[] => (job.kind === 'generate' || job.kind === 'xyz' ? [{ key: job.id, seed: Number(asked(job.request, 'seed')), starts_batch: true }] : []));
  const ahead = [...live.flatMap(frames_of_job), ...late].slice(0, most_waiting);
  return [...ahead, ...finished_frames(new Set(live.map((job) => job.id)))];
}

function choose(event: MouseEvent, picture: Picture | undefined) {
  const now = shown.value;
  if (!picture) return follow();
  if ((event.ctrlKey || event.metaKey) && now.kind === 'picture' && now.picture.id !== picture.id) {
    const [a, b] = [now.picture.id, picture.id].sort((one, two) => one - two);
    return go(`/gallery/compare?a=${a}&b=${b}`);
  }
  source_is_shown.value = false;
  picked.value = picture.id;
  read_recipe.value = null;
}

const source_is_shown_now = () => mode.value !== 'txt2img' && source_is_shown.value;

/** The source picture comes first; it brings back the canvas. */
function SourceFrame() {
  if (mode.value === 'txt2img') return null;
  const source = sources.value[mode.value];
  return (
    <div class="film-frame is-source" role="option" aria-selected={source_is_shown.value} aria-label="Source picture" onClick={() => { source_is_shown.value = true; }}>
      {source ? <img src={source.url} alt="" /> : <Icon name="image-plus" />}<small>source</small>
    </div>
  );
}

function FrameBox({ frame }: { frame: Frame }) {
  const now = shown.value;
  const is_shown = !source_is_shown_now() && (frame.is_running ? now.kind === 'live' : now.kind === 'picture' && frame.picture?.id === now.picture.id);
  const name = frame.picture ? picture_name(frame.picture) : frame.is_running ? 'The picture in the making' : `Coming picture${frame.seed !== undefined && frame.seed >= 0 ? `, seed ${frame.seed}` : ''}`;
  const step = frame.is_running && frame.job ? progress.value[frame.job.id] : undefined;
  return (
    <div class={`film-frame ${frame.picture ? '' : 'is-coming'} ${frame.starts_batch ? 'starts-batch' : ''}`} role="option" aria-selected={is_shown} aria-label={name}
      onClick={(event) => choose(event, frame.picture)}>
      {frame.picture ? <img src={frame.picture.thumbnail} alt="" loading="lazy" decoding="async" /> : <span>{frame.is_running ? '' : frame.seed !== undefined && frame.seed >= 0 ? frame.seed : ''}</span>}
      {frame.is_running && frame.job && !frame.picture && preview_kind.value === 'on' && <LiveCanvas job={frame.job.id} width={size_asked(frame.job.request)[0]} height={size_asked(frame.job.request)[1]} />}
      {step && <i class="film-bar" style={{ transform: `scaleX(${step.steps > 0 ? step.step / step.steps : 0})` }} />}
    </div>
  );
}

export function Filmstrip() {
  const all = frames();
  if (all.length === 0 && mode.value === 'txt2img') return null;
  const on_key = (event: KeyboardEvent) => {
    if (event.key !== 'ArrowLeft' && event.key !== 'ArrowRight') return;
    event.preventDefault();
    event.stopPropagation();
    walk(event.key === 'ArrowRight' ? 1 : -1);
    requestAnimationFrame(() => document.querySelector('.filmstrip [aria-selected=true]')?.scrollIntoView({ block: 'nearest', inline: 'nearest' }));
  };
  return <div class="filmstrip" role="listbox" aria-label="Filmstrip" aria-orientation="horizontal" tabIndex={0} onKeyDown={on_key}><SourceFrame />{all.map((frame) => <FrameBox key={frame.key} frame={frame} />)}</div>;
}
