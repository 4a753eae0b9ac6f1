// The page begins: first data from the document, the stream, keys, and the frame around every place.
import { effect } from '@preact/signals';
import { render } from 'preact';
import './styles/fonts.css';
import './styles/tokens.css';
import './styles/base.css';
import './styles/controls.css';
import './styles/frame.css';
import './styles/generate.css';
import './styles/detail.css';
import './styles/queue.css';
import './styles/gallery.css';
import './styles/canvas.css';
import './styles/models.css';
import './styles/lab.css';
import './styles/train.css';
import './styles/phone.css';
import { catch_up, goes_on_forever, keep_generating, press_taken, start_again } from './actions';
import { announce_work } from './announce';
import { api, tidy_job, tidy_start, type Start } from './api';
import { offer_sources } from './canvas/send';
import { restore_sources } from './canvas/source';
import { note_pace } from './form/request';
import { develop, sheet_of_press } from './generate/first_visit';
import { watch_prompts } from './generate/prompt_info';
import { add_page_keys } from './page_keys';
import { Page } from './page';
import { tab_title } from './queue_words';
import { jobs, own_live, residency, start, take_answer, take_job, take_picture, take_pictures, take_preview, take_progress, take_queue, take_warning, training_news } from './store';
import { keep_line, line, type Listener } from './stream';
import { tell } from './toasts';
import { send_unsent } from './unsent';
import { newer_build } from './widgets/banner';

let was_lost = false;

const replay_ms = 400;

/** A line that came back may be given what was missed instead of a snapshot. */
function after_replay() {
  if (!was_lost || line.value.state !== 'open') return;
  was_lost = false;
  tell('Connected again.');
  void send_unsent();
}

/** Another run of the program: its numbers of events begin anew, so everything is asked for. */
function after_restart(start_id: string) {
  was_lost = false;
  start.value = { ...start.value, start_id };
  tell('Darkroom restarted. Waiting jobs are kept.');
  void (async () => {
    await start_again();
    const { jobs: live, paused } = await api.jobs('waiting,running', 1000);
    await catch_up({ jobs: live, paused, residency: await api.residency() }, false);
    await send_unsent();
  })().catch(() => {});
}

const listener: Listener = {
  hello(hello) {
    newer_build.value = hello.build_id ?? null;
    if (hello.start_id !== start.value.start_id) after_restart(hello.start_id);
    else if (was_lost) window.setTimeout(after_replay, replay_ms);
  },
  snapshot(snapshot) {
    void catch_up({ ...snapshot, jobs: snapshot.jobs.map(tidy_job) }, was_lost).then(send_unsent);
    was_lost = false;
  },
  job(job) { take_job(tidy_job(job)); },
  queue: take_queue,
  progress(progress) {
    take_progress(progress);
    const job = jobs.peek()[progress.id];
    if (job?.kind === 'generate' && progress.seconds_per_step && progress.step > 2) note_pace(job.request, progress.seconds_per_step);
  },
  preview: take_preview,
  picture: take_picture,
  residency(news) { residency.value = news; },
  training(news) { training_news.value = news; },
  warning({ job, text }) { take_warning(job, text); },
};

async function first_data(): Promise<Start> {
  const block = document.getElementById('start')?.textContent;
  return block ? tidy_start(JSON.parse(block) as Start) : api.start();
}

/** Pictures and ended jobs of before a reload: the strip and the stage are as they were. */
async function read_past() {
  const [recent, past] = await Promise.all([api.pictures({ limit: 60 }), api.jobs('waiting,running,finished,failed,cancelled', 60)]);
  take_pictures(recent.pictures);
  for (const job of past.jobs) take_answer(job);
}

async function begin() {
  const page = document.getElementById('page') as HTMLElement;
  try {
    start.value = await first_data();
  } catch (error) {
    page.textContent = `Darkroom's page could not start: ${error instanceof Error ? error.message : String(error)}`;
    return;
  }
  press_taken.value = () => {
    const sheet = sheet_of_press();
    if (sheet >= 0) develop(sheet);
    return sheet >= 0;
  };
  effect(() => { document.title = tab_title.value; });
  effect(() => { if (line.value.state === 'lost') was_lost = true; });
  effect(() => { if (goes_on_forever.value) keep_generating(); });
  add_page_keys();
  watch_prompts();
  announce_work();
  keep_line(listener, () => own_live.peek().length > 0);
  void read_past().catch(() => {});
  offer_sources();
  void restore_sources();
  render(<Page />, page);
}

void begin();
