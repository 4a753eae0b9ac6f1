import { useLayoutEffect, useRef, useState } from 'preact/hooks';
import { api, type Job, type Picture } from '../api';
import { copy_text, delete_picture, generate_apart, try_again } from '../actions';
import { seconds_of_form, pictures_asked, picture_count, size_asked } from '../form/request';
import { field_named, said } from '../form/form';
import { time_text } from '../form/words';
import { go } from '../places';
import { is_still } from '../screen';
import { jobs, pictures, progress, residency, start, waiting } from '../store';
import { attempt, tell } from '../toasts';
import { Button, IconButton } from '../widgets/button';
import { Segmented } from '../widgets/choice';
import { Icon } from '../widgets/icon';
import { MenuButton } from '../widgets/menu';
import { api_move_to_front } from '../queue_words';
import { send_items } from '../send_to';
import { ProgressLine } from './progress_line';
import { prove } from '../proof';
import { Screen } from './screen_canvas';
import { use_plot, XyzGrid } from './xyz_grid';
import { fit, lights, preview_kind, show_detail, shown, surround, type Shown } from './shown';

/** The largest whole multiple that fits, for small pictures; else what fits. */
export function scale_of(width: number, height: number, room: [number, number], is_fit: boolean): number {
  if (!is_fit) return 1 / (window.devicePixelRatio || 1);
  const most = Math.min(room[0] / width, room[1] / height);
  return most >= 1 ? Math.floor(most) : most;
}

function use_room(): [{ current: HTMLDivElement | null }, [number, number]] {
  const box = useRef<HTMLDivElement>(null);
  const [room, set_room] = useState<[number, number]>([0, 0]);
  useLayoutEffect(() => {
    const element = box.current;
    if (!element) return undefined;
    const measure = () => set_room([element.clientWidth, element.clientHeight]);
    measure();
    const watch = new ResizeObserver(measure);
    watch.observe(element);
    return () => watch.disconnect();
  }, []);
  return [box, room];
}

export function picture_name(picture: Picture): string {
  return `Picture: ${picture.prompt}, seed ${picture.seed}`;
}

const surrounds = [['', 'As the theme'], ['black', 'Black'], ['dark', 'Dark'], ['grey', 'Middle grey'], ['light', 'Light'], ['white', 'White']] as const;

export function full_screen() {
  const box = document.querySelector('.stage');
  if (document.fullscreenElement) void document.exitFullscreen();
  else void box?.requestFullscreen().catch(() => tell('The browser does not allow full screen here.'));
}

export function compare_with_previous() {
  const at = pictures.value.findIndex((picture) => shown.value.kind === 'picture' && picture.id === shown.value.picture.id);
  const [b, a] = [pictures.value[Math.max(0, at)], pictures.value[Math.max(0, at) + 1]];
  if (a && b) go(`/gallery/compare?a=${a.id}&b=${b.id}`);
  else tell('There is no earlier picture to compare with.');
}

function StageTools({ facts }: { facts: string }) {
  return (
    <div class="stage-tools">
      <span class="hint stage-facts">{facts}</span>
      <span class="grow" />
      <button type="button" class="button quiet preview-button" aria-pressed={preview_kind.value === 'on'} onClick={() => { preview_kind.value = preview_kind.value === 'on' ? 'off' : 'on'; }}>
        <Icon name="eye" />{preview_kind.value === 'on' ? 'Preview every step' : 'Preview off'}
      </button>
      <Segmented name="Zoom" value={fit.value} options={[{ value: 'fit', label: 'Fit' }, { value: 'one', label: '1 : 1' }]} on_change={(value) => { fit.value = value as 'fit' | 'one'; }} />
      <IconButton icon="git-compare" name="Compare" keys="C" on_click={compare_with_previous} />
      <MenuButton icon="contrast" name="Surround" class="icon-button" items={surrounds.map(([value, label]) => ({ label, checked: surround.value === value, act: () => { surround.value = value; } }))} />
      <IconButton icon="maximize" name="Full screen" keys="F" on_click={full_screen} />
    </div>
  );
}

async function copy_picture(picture: Picture) {
  await attempt(async () => {
    await navigator.clipboard.write([new ClipboardItem({ 'image/png': api.bytes(picture.url) })]);
    tell('Picture copied');
  });
}

function hires_again(picture: Picture) {
  void attempt(async () => {
    const { request } = await api.picture(picture.id);
    const hires = Object.fromEntries(Object.entries(said.value).filter(([name]) => name.startsWith('hr_')));
    const strength = said.value['denoising_strength@hires'];
    generate_apart({ ...request, ...hires, ...(strength === undefined ? {} : { denoising_strength: strength }), seed: picture.seed, n_iter: 1, batch_size: 1, enable_hr: true });
    tell('The larger one is in the queue');
  });
}

export function PictureActions({ picture }: { picture: Picture }) {
  const job = jobs.value[picture.job];
  const is_plot = use_plot(picture) !== null;
  const seconds = job?.started && job.ended ? (job.ended - job.started) / Math.max(1, job.pictures.length) : null;
  return (
    <div class="picture-actions">
      <span class="grow picture-facts">{seconds !== null && `${time_text(seconds)}, `}seed {picture.seed}</span>
      <MenuButton icon="send" items={[...send_items(picture), ...(field_named('enable_hr') ? [{ label: 'Hires, with the settings here', act: () => hires_again(picture) }] : [])]}>Send to<Icon name="chevron-down" /></MenuButton>
      <Button icon="copy" on_click={() => void copy_picture(picture)}>Copy</Button>
      <a class="button" href={picture.url} download={`${picture.seed}.png`}><Icon name="download" />Save</a>
      <Button icon="list-ordered" on_click={() => show_detail('recipe')}>Recipe</Button>
      {!is_plot && <Button icon="circle-check" on_click={() => { prove(picture); show_detail('recipe'); }}>Prove it</Button>}
      <Button icon="trash-2" on_click={() => delete_picture(picture)}>Delete</Button>
    </div>
  );
}

function Failure({ job }: { job: Job }) {
  const field = start.value.fields.find((row) => row.flag !== '' && job.error?.includes(row.flag));
  return (
    <div class="stage-words">
      <p class="failure"><Icon name="octagon-alert" size={20} /><b>Failed</b></p>
      <p class="failure-text">{job.error ?? 'The program gave no reason.'}</p>
      <p class="button-row">
        <Button on_click={() => try_again(job)}>Try again</Button>
        {field && <Button on_click={() => document.querySelector<HTMLElement>(`.row [aria-label="${CSS.escape(field.label)}"]`)?.focus()}>Change this</Button>}
        {job.error && <Button icon="copy" on_click={() => void copy_text(job.error ?? '', 'Error')}>Copy</Button>}
      </p>
    </div>
  );
}

function Waiting({ job }: { job: Job }) {
  const before = Math.max(0, waiting.value.findIndex((other) => other.id === job.id)) + (Object.values(jobs.value).some((other) => other.state === 'running') ? 1 : 0);
  return (
    <div class="stage-words">
      <p class="display">{before === 0 ? 'Starts now.' : `Starts after ${before === 1 ? '1 job' : `${before} jobs`}.`}</p>
      {before > 1 && <Button on_click={() => api_move_to_front(job.id)}>To the front</Button>}
    </div>
  );
}

function Ready() {
  const seconds = seconds_of_form();
  const count = picture_count();
  const what = count === 1 ? '1 picture' : `${count} pictures`;
  return <div class="stage-words"><p class="display">Ready. Ctrl Enter makes {what}{seconds === null ? '' : ` in about ${time_text(seconds)}`}.</p></div>;
}

interface View { job: string | null; done: number; url: string | null; alt: string; width: number; height: number }

function view_of(now: Shown): View | null {
  if (now.kind === 'picture') return { job: null, done: 0, url: now.picture.url, alt: picture_name(now.picture), width: now.picture.width, height: now.picture.height };
  if (now.kind !== 'live') return null;
  const [width, height] = size_asked(now.job.request);
  const last = now.job.pictures.at(-1);
  return { job: now.job.id, done: now.job.pictures.length, url: last?.url ?? null, alt: `Picture in the making: ${now.job.title}`, width, height };
}

/** "Opening emoji" while a model loads, nothing else has been drawn yet. */
function Opening() {
  const now = shown.value;
  if (now.kind !== 'live' || progress.value[now.job.id]?.stage !== 'loading the model') return null;
  return <p class="stage-note">Opening {residency.value?.model || start.value.model}</p>;
}

export function Stage() {
  const [box, room] = use_room();
  const now = shown.value;
  const view = view_of(now);
  const plot = use_plot(now.kind === 'picture' ? now.picture : null);
  const scale = view ? scale_of(view.width, view.height, room, fit.value === 'fit') : 1;
  const shown_scale = Math.round(scale * (window.devicePixelRatio || 1) * 100) / 100;
  const size = view ? { width: `${view.width * scale}px`, height: `${view.height * scale}px` } : {};
  const facts = view ? `${view.width} × ${view.height}${shown_scale === 1 ? '' : `, ${shown_scale}x`}` : '';
  const lost = now.kind === 'live' ? pictures_asked(now.job.request) : 0;
  return (
    <figure class={`stage ${surround.value === '' ? '' : `surround-${surround.value}`} lights-${lights.value} ${is_still.value ? 'is-still' : ''}`} aria-label="Stage" data-pictures={lost || undefined}>
      <StageTools facts={facts} />
      <div class={`stage-room ${fit.value === 'one' ? 'is-one' : ''}`} ref={box} tabIndex={fit.value === 'one' ? 0 : -1}>
        {plot && now.kind === 'picture' ? <XyzGrid job={plot} picture={now.picture} /> : view && <div class="frame" style={size}><Screen {...view} is_on={preview_kind.value === 'on'} /></div>}
        <Opening />
        {now.kind === 'empty' && <Ready />}
        {now.kind === 'failed' && <Failure job={now.job} />}
        {now.kind === 'waiting' && <Waiting job={now.job} />}
      </div>
      {now.kind === 'live' && <ProgressLine job={now.job} />}
      {now.kind === 'picture' && <PictureActions picture={now.picture} />}
    </figure>
  );
}
