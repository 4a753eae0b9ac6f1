// What the page asks the program to do.
import { signal } from '@preact/signals';
import { api, type Job, type NewXyz, type Picture, type ResidencyChange, type Settings, type Start, type Work } from './api';
import { mode, reset, set_value, text_of, value_of } from './form/form';
import { requests_of_form, type Source } from './form/request';
import { axes_of_form, has_plot } from './form/xyz';
import { again } from './job_kinds';
import { remembered } from './remember';
import {
  bring_picture_back, change_picture, forget_picture, new_id, own_jobs, own_live, own_running, paused, residency, start, take_answer, take_snapshot,
  waiting, waiting_order,
} from './store';
import { line } from './stream';
import { attempt, tell, tell_failure, tell_undoable } from './toasts';
import { add_job } from './unsent';
import { follow } from './generate/shown';

/** Uploads the source picture and mask of a mode; the canvas puts itself here while it is loaded. */
export const source_of_mode = signal<(() => Promise<Source>) | null>(null);

export interface Written { prompt: string; negative_prompt: string; at: number }
export const prompt_history = remembered<Written[]>('prompts', [], 'browser');
const most_history = 500;

function note_prompt() {
  const [prompt, negative_prompt] = [text_of('prompt'), text_of('negative_prompt')];
  if (prompt.trim() === '') return;
  const others = prompt_history.value.filter((entry) => entry.prompt !== prompt || entry.negative_prompt !== negative_prompt);
  prompt_history.value = [{ prompt, negative_prompt, at: Date.now() }, ...others].slice(0, most_history);
}

export const is_preparing = signal(false); // a source picture is on its way to the server

async function sources(): Promise<Source> {
  if (mode.value === 'txt2img') return {};
  if (source_of_mode.value === null) throw new Error('A source picture is needed: drop one on the page, paste one or pick one from the gallery.');
  return source_of_mode.value();
}

/** The first visit's sheets come before the form: an empty prompt takes the first of them. True where the press was taken. */
export const press_taken = signal<() => boolean>(() => false);

export async function generate(to_front = false, changes: Settings = {}): Promise<void> {
  if (press_taken.value()) return;
  is_preparing.value = true;
  try {
    const source = await sources();
    note_prompt();
    follow();
    const requests = requests_of_form(source, changes);
    if (has_plot.value) return void (await submit(plot_of(requests[0] as Settings), to_front));
    for (const request of requests) await add_job({ id: new_id(), kind: 'generate', request, to_front });
  } catch (error) {
    tell_failure(error);
  } finally {
    is_preparing.value = false;
  }
}

/** One picture a cell: the counts of the form have no place in a plot. */
function plot_of(request: Settings): NewXyz {
  const { n_iter: _n, batch_size: _b, ...fields } = request;
  return { kind: 'xyz', request: fields, ...axes_of_form() };
}

/** Sends work of any kind. Returns the job's id. */
export function submit(work: Work, to_front = false): string {
  const id = new_id();
  void add_job({ ...work, id, to_front });
  return id;
}

/** Makes a picture of a request as it is, without touching the form. Returns the job's id. */
export function generate_apart(request: Settings): string {
  return submit({ kind: 'generate', request });
}

export const goes_on_forever = signal(false);

/** A1111's "Generate forever": the next one is asked for while the last one waits no longer. */
export function keep_generating() {
  if (goes_on_forever.value && own_live.value.length === 0 && line.value.state === 'open') void generate();
}

export function interrupt() {
  goes_on_forever.value = false;
  const job = own_running.value;
  if (job) void attempt(async () => take_answer(await api.cancel_job(job.id)));
}

export function skip_picture() {
  const job = own_running.value;
  if (job) void attempt(() => api.skip_picture(job.id));
}

export function cancel_job(id: string) {
  void attempt(async () => take_answer(await api.cancel_job(id)));
}

/** Cancelled jobs come back as new ones with the same request. */
export function cancel_waiting(id: string) {
  const job = waiting.value.find((other) => other.id === id);
  void attempt(async () => {
    take_answer(await api.cancel_job(id));
    if (job?.kind === 'training') tell(`Removed from the queue: ${job.title}`);
    else if (job) tell_undoable(`Removed from the queue: ${job.title}`, () => void submit(again(job)));
  });
}

export function clear_waiting() {
  const before = waiting.value.filter((job) => job.kind !== 'training');
  void attempt(async () => {
    const { cancelled } = await api.clear_queue();
    await read_queue();
    tell_undoable(`${cancelled} waiting jobs cleared`, () => {
      for (const job of before) submit(again(job));
    });
  });
}

export async function read_queue() {
  const { jobs, paused: is_paused } = await api.jobs('waiting,running', 1000);
  paused.value = is_paused;
  const order = jobs.filter((job) => job.state === 'waiting').map((job) => job.id);
  for (const job of jobs) take_answer(job);
  waiting_order.value = order;
}

export function move_job(id: string, to: 'front' | 'up' | 'down' | 'back') {
  const order = [...waiting.value.map((job) => job.id)];
  const at = order.indexOf(id);
  const goal = { front: 0, up: Math.max(0, at - 1), down: Math.min(order.length - 1, at + 1), back: order.length - 1 }[to];
  order.splice(goal, 0, ...order.splice(at, 1));
  waiting_order.value = order; // at once; the event that follows is the truth
  void attempt(async () => {
    await api.move_job(id, to);
  });
}

export function pause_queue(is_paused: boolean) {
  void attempt(async () => {
    await api.pause_queue(is_paused);
    paused.value = is_paused;
  });
}

export function try_again(job: Job) {
  submit(again(job));
  follow();
}

/** On return of the line: jobs that ended meanwhile are read, and counted in a notice. */
export async function catch_up(snapshot: Parameters<typeof take_snapshot>[0], was_lost: boolean) {
  const gone = take_snapshot(snapshot);
  let made = 0;
  for (const id of gone) {
    try {
      const job = await api.job(id);
      take_answer(job);
      made += job.pictures.length;
    } catch {
      // The server has forgotten it; so does the page at the next reload.
    }
  }
  if (was_lost) tell(made > 0 ? `Connected again. ${made === 1 ? '1 picture was' : `${made} pictures were`} finished meanwhile.` : 'Connected again.');
}

export function reuse_seed(picture?: { seed: number }) {
  const last = picture ?? own_jobs.value.flatMap((job) => job.pictures)[0];
  if (last) set_value('seed', last.seed);
}

export const random_seed_again = () => reset('seed');

export function delete_picture(picture: Picture) {
  void attempt(async () => {
    await api.delete_picture(picture.id);
    forget_picture(picture.id);
    tell_undoable('Picture moved to the bin', () => void attempt(async () => {
      await api.restore_picture(picture.id);
      bring_picture_back(picture);
    }));
  });
}

export function flag_picture(picture: Picture, flag: Picture['flag']) {
  change_picture(picture.id, { flag });
  void attempt(() => api.flag_picture(picture.id, flag));
}

/** Lists and recommendations anew; the build stays that of this page. */
export function take_start(news: Start) {
  start.value = { ...news, build_id: start.value.build_id };
}

export async function start_again() {
  take_start(await api.start());
}

export function use_model(title: string) {
  void attempt(async () => {
    await api.use_model(title);
    await start_again();
    residency.value = await api.residency();
  });
}

export function rescan() {
  return attempt(async () => take_start(await api.refresh()));
}

export function change_residency(action: ResidencyChange['action'], more: Omit<ResidencyChange, 'action'> = {}) {
  return attempt(async () => {
    const answer = await api.change_residency({ action, ...more });
    residency.value = answer;
    return answer;
  });
}

export function set_option(name: string, value: string | number | boolean) {
  const before = start.value.options[name];
  start.value = { ...start.value, options: { ...start.value.options, [name]: value } };
  void attempt(async () => {
    try {
      start.value = { ...start.value, options: (await api.set_option(name, value)).options };
    } catch (error) {
      if (before !== undefined) start.value = { ...start.value, options: { ...start.value.options, [name]: before } };
      throw error;
    }
  });
}

export async function copy_text(text: string, what: string) {
  try {
    await navigator.clipboard.writeText(text);
    tell(`${what} copied`);
  } catch {
    tell_failure(new Error('The browser did not allow copying.'));
  }
}

export const swap_size = () => {
  const [width, height] = [value_of('width'), value_of('height')];
  set_value('width', height);
  set_value('height', width);
};
