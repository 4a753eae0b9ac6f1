// The stream of events. It is read with fetch rather than EventSource: the comments that keep the line alive must be seen (35 s of
// silence count as lost), and the waits between tries are the page's own.
import { signal } from '@preact/signals';
import type { Job, Picture, Preview, Progress, QueueOrder, Residency, Snapshot, TrainingNews } from './api';
import { api } from './api';
import { event_reader } from './event_text';
import { is_one_too_many, line_closed, line_opened } from './line_count';

const address = '/api/v1/events';
const silence_ms = 35_000;
const hidden_ms = 60_000;
const waits_s = [1, 2, 4, 8, 15];
const poll_ms = 1000;
const polls_until_line = 30;

export interface Hello { start_id: string; build_id: string; time: number }

export interface Listener {
  hello(hello: Hello): void;
  snapshot(snapshot: Snapshot): void;
  job(job: Job): void;
  progress(progress: Progress): void;
  preview(preview: Preview): void;
  picture(picture: Picture): void;
  residency(residency: Residency): void;
  queue(queue: QueueOrder): void;
  training(news: TrainingNews): void;
  warning(warning: { job: string; text: string }): void;
}

export interface Line {
  state: 'opening' | 'open' | 'lost' | 'asleep';
  since: number;       // ms, when it was lost
  next_try: number;    // ms
}

export const line = signal<Line>({ state: 'opening', since: Date.now(), next_try: 0 });

let listener: Listener;
let last_id = '';
let tries = 0;
let closing: AbortController | null = null;
let retry_timer = 0;
let poll_timer = 0;

function lost() {
  const wait = (waits_s[Math.min(tries, waits_s.length - 1)] ?? 15) * 1000 * (0.85 + 0.3 * Math.random());
  tries += 1;
  const was_lost = line.value.state === 'lost' || line.value.state === 'opening';
  line.value = { state: 'lost', since: was_lost ? line.value.since : Date.now(), next_try: Date.now() + wait };
  clearTimeout(retry_timer);
  retry_timer = window.setTimeout(open_line, wait);
}

function give(name: string, data: string) {
  const value: unknown = JSON.parse(data);
  if (Object.hasOwn(listener, name)) (listener[name as keyof Listener] as (value: unknown) => void)(value);
}

async function read(body: ReadableStream<Uint8Array>, heard: () => void) {
  const take = event_reader((event) => {
    if (event.id !== '') last_id = event.id;
    give(event.name, event.data);
  });
  const reader = body.getReader();
  const decoder = new TextDecoder();
  for (;;) {
    const { done, value } = await reader.read();
    if (done) return;
    heard();
    take(decoder.decode(value, { stream: true }));
  }
}

/** Instead of a line: the state once a second, and now and then a try whether a line is free. */
function start_polling() {
  line_closed();
  const control = closing;
  closing = null;
  control?.abort();
  let polls = 0;
  const poll = async () => {
    try {
      const { jobs, paused } = await api.jobs('waiting,running', 1000);
      listener.snapshot({ jobs, paused, residency: await api.residency() });
    } catch {
      return lost();
    }
    polls += 1;
    poll_timer = window.setTimeout(() => void (polls < polls_until_line ? poll() : open_line()), poll_ms);
  };
  void poll();
}

async function open_line() {
  clearTimeout(retry_timer);
  clearTimeout(poll_timer);
  closing?.abort();
  const control = new AbortController();
  closing = control;
  let silence = 0;
  const heard = () => {
    clearTimeout(silence);
    silence = window.setTimeout(() => control.abort(), silence_ms);
  };
  heard();
  try {
    const headers: Record<string, string> = { Accept: 'text/event-stream' };
    if (last_id !== '') headers['Last-Event-ID'] = last_id;
    const answer = await fetch(address, { headers, signal: control.signal, cache: 'no-store' });
    if (!answer.ok || answer.body === null) throw new Error(`events: ${answer.status}`);
    tries = 0;
    line.value = { state: 'open', since: 0, next_try: 0 };
    line_opened();
    void is_one_too_many().then((is_so) => { if (is_so && closing === control) start_polling(); });
    await read(answer.body, heard);
  } catch {
    // Any end of the line is the same to the page: it is lost and tried again.
  } finally {
    clearTimeout(silence);
  }
  if (closing === control) line_closed();
  if (closing === control && line.peek().state !== 'asleep') lost();
}

export function try_now() {
  tries = 0;
  void open_line();
}

function close_line() {
  clearTimeout(poll_timer);
  line_closed();
  const control = closing;
  closing = null;
  line.value = { state: 'asleep', since: 0, next_try: 0 };
  control?.abort();
}

/** Opens the line and keeps it; a hidden tab without work of its own lets it go after a minute. */
export function keep_line(to: Listener, has_own_work: () => boolean) {
  listener = to;
  void open_line();
  window.addEventListener('online', try_now);
  let hidden_timer = 0;
  document.addEventListener('visibilitychange', () => {
    clearTimeout(hidden_timer);
    if (document.visibilityState === 'visible') {
      if (line.peek().state !== 'open') try_now();
      return;
    }
    const rest = () => {
      if (has_own_work()) hidden_timer = window.setTimeout(rest, hidden_ms);
      else if (line.peek().state === 'open') close_line();
    };
    hidden_timer = window.setTimeout(rest, hidden_ms);
  });
}
