// What the page knows of the program: plain data in signals, changed by events and answers.
import { batch, computed, signal } from '@preact/signals';
import type { Job, Picture, Preview, Progress, QueueOrder, Residency, Snapshot, Start, TrainingNews } from './api';
import { read_kept, keep, remembered } from './remember';

export const start = signal<Start>(undefined as unknown as Start); // set before the first render
export const jobs = signal<Record<string, Job>>({});
export const waiting_order = signal<string[]>([]);
export const progress = signal<Record<string, Progress>>({});
export const previews = signal<Record<string, Preview>>({});
export const pictures = signal<Picture[]>([]); // newest first
export const residency = signal<Residency | null>(null);
export const paused = signal(false);
export const warnings = signal<Record<string, string[]>>({});

const strip_length = 120;
const kept_jobs = 60;

function own_tab(): string {
  const known = read_kept<string>('tab', 'tab');
  if (known !== undefined) return known;
  const made = new_id();
  keep('tab', 'tab', made);
  return made;
}

/** A name for a job, made here so that a request sent twice is made once. */
export function new_id(): string {
  const bytes = crypto.getRandomValues(new Uint8Array(12));
  return [...bytes].map((byte) => byte.toString(16).padStart(2, '0')).join('');
}

export const tab_id = typeof sessionStorage === 'undefined' ? 'tab' : own_tab();

/** Ids of the jobs asked for in this tab: the server knows users, not tabs. */
const own_ids = remembered<string[]>('own-jobs', [], 'tab');
const most_own = 500;

export function own_job(id: string) {
  own_ids.value = [...own_ids.value, id].slice(-most_own);
}

export const is_own = (job: Job) => own_ids.value.includes(job.id);

/** Work of the place Generate; reports, merges and proofs have places of their own. */
export const makes_pictures = (job: { kind: string }) => job.kind === 'generate' || job.kind === 'xyz';

const is_live = (job: Job) => job.state === 'running' || job.state === 'waiting';

/** What the trainer last told of a run: curves and pictures are new. */
export const training_news = signal<TrainingNews | null>(null);

/** The job that computes: a training stands still while pictures pass it. */
export const running = computed<Job | null>(() => {
  const all = Object.values(jobs.value).filter((job) => job.state === 'running');
  return all.find((job) => job.kind !== 'training') ?? all[0] ?? null;
});

export const waiting = computed<Job[]>(() => {
  const place = new Map(waiting_order.value.map((id, i) => [id, i]));
  const position = (job: Job) => place.get(job.id) ?? 1e9 + job.number;
  return Object.values(jobs.value).filter((job) => job.state === 'waiting').sort((a, b) => position(a) - position(b));
});

export const own_jobs = computed<Job[]>(() =>
  Object.values(jobs.value).filter(is_own).sort((a, b) => b.number - a.number));

export const own_running = computed<Job | null>(() => (running.value && is_own(running.value) ? running.value : null));
export const own_live = computed<Job[]>(() => own_jobs.value.filter(is_live));

export const ended = computed<Job[]>(() => Object.values(jobs.value).filter((job) => !is_live(job)).sort((a, b) => b.number - a.number));
export const last_failed = computed<boolean>(() => ended.value[0]?.state === 'failed');

export function picture_named(id: number): Picture | undefined {
  return pictures.value.find((picture) => picture.id === id);
}

const binned = new Set<number>(); // jobs still name what was deleted

function with_pictures(old: Picture[], more: Picture[]): Picture[] {
  const by_id = new Map(old.map((picture) => [picture.id, picture]));
  for (const picture of more) if (!binned.has(picture.id)) by_id.set(picture.id, { ...by_id.get(picture.id), ...picture });
  return [...by_id.values()].sort((a, b) => b.id - a.id).slice(0, strip_length);
}

/** Forgets the oldest ended jobs, so that a page left open for weeks stays small. */
function trimmed(all: Record<string, Job>): Record<string, Job> {
  const over = Object.values(all).filter((job) => !is_live(job)).sort((a, b) => b.number - a.number).slice(kept_jobs);
  if (over.length === 0) return all;
  const left = { ...all };
  for (const job of over) delete left[job.id];
  return left;
}

export function take_job(job: Job) {
  batch(() => {
    jobs.value = trimmed({ ...jobs.value, [job.id]: job });
    if (job.state === 'waiting' && !waiting_order.value.includes(job.id)) waiting_order.value = [...waiting_order.value, job.id];
    if (job.state !== 'waiting') waiting_order.value = waiting_order.value.filter((id) => id !== job.id);
    if (job.progress) progress.value = { ...progress.value, [job.id]: job.progress };
    if (makes_pictures(job) && job.pictures.length > 0) pictures.value = with_pictures(pictures.value, job.pictures);
    if (job.warnings.length > 0) warnings.value = { ...warnings.value, [job.id]: job.warnings };
    if (!is_live(job)) forget_progress(job.id);
  });
}

const rank = (job: Job) => (job.state === 'waiting' ? 0 : job.state === 'running' ? 1 : 2);

/** The answer to a call may be older than the events that overtook it. */
export function take_answer(job: Job) {
  const known = jobs.peek()[job.id];
  if (!known || rank(job) > rank(known) || (rank(job) === rank(known) && job.pictures.length >= known.pictures.length)) take_job(job);
}

function forget_progress(id: string) {
  if (!(id in progress.value)) return;
  const left = { ...progress.value };
  delete left[id];
  progress.value = left;
}

/** The truth about what waits and runs. Returns the ids that this page believed alive and the snapshot does not name. */
export function take_snapshot(snapshot: Snapshot): string[] {
  const named = new Set(snapshot.jobs.map((job) => job.id));
  const gone = Object.values(jobs.value).filter((job) => is_live(job) && !named.has(job.id)).map((job) => job.id);
  batch(() => {
    for (const job of snapshot.jobs) take_job(job);
    waiting_order.value = snapshot.jobs.filter((job) => job.state === 'waiting').map((job) => job.id);
    paused.value = snapshot.paused;
    residency.value = snapshot.residency;
  });
  return gone;
}

/** What waits, in order, and whether it is held back: sent to every page whenever either changes. */
export function take_queue({ order, paused: is_paused }: QueueOrder) {
  batch(() => {
    waiting_order.value = order;
    paused.value = is_paused;
  });
}

export function take_progress(news: Progress) {
  progress.value = { ...progress.value, [news.id]: news };
}

export function take_preview(news: Preview) {
  previews.value = { ...previews.value, [news.id]: news };
}

export function take_picture(news: Picture) {
  batch(() => {
    pictures.value = with_pictures(pictures.value, [news]);
    const job = jobs.value[news.job];
    if (job && !job.pictures.some((picture) => picture.id === news.id))
      jobs.value = { ...jobs.value, [job.id]: { ...job, pictures: [...job.pictures, news] } };
  });
}

export function take_pictures(more: Picture[]) {
  pictures.value = with_pictures(pictures.value, more);
}

export function forget_picture(id: number) {
  binned.add(id);
  pictures.value = pictures.value.filter((picture) => picture.id !== id);
}

export function bring_picture_back(picture: Picture) {
  binned.delete(picture.id);
  take_pictures([picture]);
}

export function change_picture(id: number, change: Partial<Picture>) {
  pictures.value = pictures.value.map((picture) => (picture.id === id ? { ...picture, ...change } : picture));
}

export function take_warning(job: string, text: string) {
  const known = warnings.value[job] ?? [];
  if (!known.includes(text)) warnings.value = { ...warnings.value, [job]: [...known, text] };
}
