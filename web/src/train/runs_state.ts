// What the Train page knows: the trainer's options, runs and datasets; the run that is open, its draft as it is typed, what its options
// mean, its plan and its curves. Everything is the program's own answer; the page counts nothing itself.
import { batch, computed, effect, signal } from '@preact/signals';
import { api, ApiError, type Batch, type Draft, type Explained, type Job, type Plan, type Problem, type Run, type RunState, type Series, type TrainOption, type TrainStart, type WholeRun } from '../api';
import { path } from '../places';
import { jobs, progress, take_answer, training_news } from '../store';
import { attempt, tell, tell_failure } from '../toasts';
import { with_rows } from './curves';

export const train = signal<TrainStart | null>(null);
export const open_run = signal<WholeRun | null>(null);
export const draft = signal<Draft | null>(null);
export const explained = signal<Explained | null>(null);
export const plan = signal<Plan | null>(null);
export const plan_state = signal<{ is_busy: boolean; problem: string | null }>({ is_busy: false, problem: null });
export const series = signal<Series>({});
/** What one of the last steps of the open run was made with. */
export const batch_now = signal<Batch | null>(null);
export const load_problem = signal<string | null>(null);

export const tabs = ['dataset', 'options', 'plan', 'live'] as const;
export type Tab = (typeof tabs)[number];

/** "/train/<run>/<tab>". */
export const place = computed(() => {
  const [, , run = '', tab = ''] = path.value.split('/');
  return { run: decodeURIComponent(run), tab: (tabs as readonly string[]).includes(tab) ? (tab as Tab) : 'options' };
});

export const option_named = (name: string): TrainOption | undefined => train.value?.options.find((option) => option.name === name);
export const label_of = (name: string) => option_named(name)?.label ?? name;

export function told(name: string): string | undefined {
  return draft.value?.options[name];
}

/** What an option is now: said, or its default. */
export function value_of(name: string): string {
  return told(name) ?? option_named(name)?.default ?? '';
}

export const is_told = (name: string) => told(name) !== undefined;
export const told_count = computed(() => Object.keys(draft.value?.options ?? {}).length);

/** The job of a run, as the queue knows it now. */
export function job_of(run: Run): Job | null {
  return (run.job ? jobs.value[run.job] : undefined) ?? null;
}

export function state_of(run: Run): RunState {
  const job = job_of(run);
  if (job?.state === 'waiting' || job?.state === 'running' || job?.state === 'failed') return job.state;
  if (job?.state === 'cancelled') return 'stopped';
  return run.state === 'waiting' || run.state === 'running' ? (job ? 'finished' : run.state) : run.state;
}

export const state_words = { draft: 'draft', waiting: 'waiting', running: 'running', finished: 'finished', stopped: 'stopped, can go on', failed: 'failed', recorded: 'from a file' };

export const is_live = (run: Run) => ['waiting', 'running'].includes(state_of(run));

export function progress_of(run: Run) {
  return run.job ? progress.value[run.job] ?? job_of(run)?.progress ?? null : null;
}

export async function read_train() {
  const answer = await attempt(() => api.train());
  if (answer) train.value = answer;
}

const waits = { explain: 150, save: 1000, plan: 700 };
const timers: Partial<Record<keyof typeof waits, number>> = {};

function later(what: keyof typeof waits, act: () => void) {
  clearTimeout(timers[what]);
  timers[what] = window.setTimeout(act, waits[what]);
}

let is_unsaved = false;

/** What was typed goes to the server now. */
export async function save_draft() {
  const [run, now] = [open_run.peek(), draft.peek()];
  clearTimeout(timers.save);
  if (!is_unsaved || !run || !now) return;
  is_unsaved = false;
  await attempt(() => api.save_draft(run.name, now));
}

const changed_by = (options: Draft['options'], changes: Record<string, string | null>): Draft['options'] =>
  Object.fromEntries(Object.entries({ ...options, ...changes }).filter((entry): entry is [string, string] => entry[1] !== null));

/** A draft that contradicts itself was opened, so there is no before: what its first way out would mean is shown, but for what that changes. */
async function explain_settled(run: string, now: Draft, problem: Problem) {
  const way = problem.remedies[0];
  if (!way) return;
  const settled = { ...now, options: changed_by(now.options, way.changes) };
  const answer = await api.explain_run(run, settled);
  if (draft.peek() !== now || answer.effects === null) return;
  explained.value = { values: null, commands: null, problem, effects: Object.fromEntries(Object.entries(answer.effects).filter(([name]) => !(name in way.changes))) };
  const planned = now.dataset === '' ? null : await api.plan_run(run, settled, false);
  if (draft.peek() === now) plan.value ??= planned;
}

async function explain() {
  const [run, now] = [open_run.peek(), draft.peek()];
  if (!run || !now) return;
  try {
    const answer = await api.explain_run(run.name, now);
    if (draft.peek() !== now) return; // typed on meanwhile
    // While options contradict each other, what they meant before stays.
    explained.value = answer.problem && explained.peek() ? { ...(explained.peek() as Explained), problem: answer.problem } : answer;
    if (answer.problem && answer.effects === null && explained.peek() === answer) await explain_settled(run.name, now, answer.problem);
  } catch (error) {
    if (error instanceof ApiError) explained.value = { values: null, effects: null, commands: null, ...explained.peek(), problem: { text: error.message, option: '', remedies: [] } };
    else tell_failure(error);
  }
}

export async function make_plan(probe = false) {
  const [run, now] = [open_run.peek(), draft.peek()];
  if (!run || !now) return;
  plan_state.value = { is_busy: true, problem: null };
  try {
    const answer = await api.plan_run(run.name, now, probe);
    if (open_run.peek()?.name !== run.name) return;
    plan.value = !probe && plan.peek()?.probe && draft.peek() === now ? { ...answer, probe: plan.peek()?.probe as NonNullable<Plan['probe']> } : answer;
    plan_state.value = { is_busy: false, problem: null };
  } catch (error) {
    if (error instanceof ApiError && error.kind === 'Cancelled') return; // a newer one is on its way
    plan_state.value = { is_busy: false, problem: error instanceof Error ? error.message : String(error) };
  }
}

function follow_change() {
  later('explain', () => void explain());
  later('plan', () => void make_plan());
}

export function change_draft(change: Partial<Draft>) {
  if (!draft.value) return;
  draft.value = { ...draft.value, ...change };
  is_unsaved = true;
  later('save', () => void save_draft());
  follow_change();
}

/** null: back to the default. */
export function set_options(changes: Record<string, string | null>) {
  const options = { ...draft.value?.options };
  for (const [name, value] of Object.entries(changes)) {
    if (value === null || value === option_named(name)?.default) delete options[name];
    else options[name] = value;
  }
  change_draft({ options });
}

export const set_option = (name: string, value: string | null) => set_options({ [name]: value });

export async function read_series() {
  const run = open_run.peek();
  if (!run) return;
  const known = series.peek().loss?.steps.at(-1) ?? -1;
  // A run that goes on writes its rows anew from its last state: those are read again.
  const after = Math.max(-1, known - 1);
  try {
    const rows = await api.run_series(run.name, after);
    if (open_run.peek()?.name === run.name) series.value = with_rows(series.peek(), rows, after);
  } catch (error) {
    if (error instanceof ApiError) tell_failure(error);
    // Without a connection the next news brings them.
  }
}

export async function read_run() {
  const name = place.peek().run;
  if (name === '') return;
  try {
    const run = await api.run(name);
    if (place.peek().run === name) open_run.value = run;
  } catch (error) {
    load_problem.value = error instanceof Error ? error.message : String(error);
  }
}

/** Opens a run: its draft, what that means, its curves. */
export async function open(name: string) {
  await save_draft();
  batch(() => {
    open_run.value = draft.value = explained.value = plan.value = load_problem.value = batch_now.value = null;
    series.value = {};
    plan_state.value = { is_busy: false, problem: null };
  });
  await read_run();
  const run = open_run.peek();
  if (!run || run.name !== name) return;
  if (run.job && !jobs.peek()[run.job]) void attempt(async () => take_answer(await api.job(run.job as string)));
  draft.value = { options: run.told ?? {}, dataset: run.dataset ?? '', regularisation: run.regularisation ?? '', prompts: run.prompts ?? '', note: run.note ?? '' };
  await Promise.all([explain(), make_plan(), read_series()]);
}

/** Starts the run, or lets it go on. True where the server took it. */
export async function start_run(): Promise<boolean> {
  const [run, now] = [open_run.peek(), draft.peek()];
  if (!run || !now) return false;
  clearTimeout(timers.save);
  is_unsaved = false;
  const job = await attempt(() => api.start_run(run.name, now));
  if (!job) return false;
  take_answer(job);
  await read_run();
  return true;
}

export async function stop_run() {
  const job = open_run.peek()?.job;
  if (job) await attempt(async () => take_answer(await api.cancel_job(job)));
}

const wish_words = { save: 'The file and the state are saved at the end of this step', sample: 'Sample pictures are made at the end of this step' };

/** Asks a run that goes on to save, or to make sample pictures. */
export async function wish(what: 'save' | 'sample') {
  const run = open_run.peek();
  if (!run) return;
  if (await attempt(() => api.wish_of_run(run.name, what))) tell(wish_words[what]);
}

let last_state = '';
let last_noted = -1;

/** Curves follow the trainer while a run is looked at; its events, files and samples when they are new. */
export function follow_run(): () => void {
  const stop_news = effect(() => {
    const news = training_news.value;
    if (!news || news.run !== open_run.peek()?.name) return;
    void read_series();
    if (news.batch) batch_now.value = news.batch;
    if (news.noted !== last_noted) void read_run();
    last_noted = news.noted;
  });
  const stop_states = effect(() => {
    const run = open_run.value;
    if (!run) return;
    const state = `${run.name} ${state_of(run)}`;
    if (state === last_state) return;
    last_state = state;
    void read_series().then(read_run);
  });
  const leave = () => void save_draft();
  window.addEventListener('pagehide', leave);
  return () => {
    stop_news();
    stop_states();
    window.removeEventListener('pagehide', leave);
    leave();
  };
}
