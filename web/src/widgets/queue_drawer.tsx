// Everything that was asked for: now, done, failed. One key, one place.
import { useEffect, useState } from 'preact/hooks';
import { api, type Job } from '../api';
import { cancel_job, cancel_waiting, clear_waiting, copy_text, move_job, pause_queue, try_again } from '../actions';
import { left_words, ProgressBar, progress_words } from '../generate/progress_line';
import { picked, source_is_shown } from '../generate/shown';
import { asked, size_asked } from '../form/request';
import { icon_of, kind_words, pictures_of, unsent_words } from '../job_kinds';
import { take_settings } from '../form/form';
import { count_text, time_text } from '../form/words';
import { closes_on_escape } from '../keys';
import { generate_path, go } from '../places';
import { ended, is_own, paused, progress, running, take_answer, waiting } from '../store';
import { attempt, tell_undoable } from '../toasts';
import { drop_unsent, unsent } from '../unsent';
import { LiveCanvas } from '../generate/screen_canvas';
import { Button, IconButton, KeyCap } from './button';
import { Icon } from './icon';
import { MenuButton, type MenuItem } from './menu';
import { Tabs } from './tabs';
import { VirtualRows } from './virtual_rows';

function request_words(job: Job): string {
  if (job.kind === 'training') return 'training';
  const [width, height] = size_asked(job.request);
  if (job.kind !== 'generate' && job.kind !== 'xyz') return kind_words(job);
  const what = job.kind === 'xyz' ? `X/Y/Z plot, ${count_text(pictures_of(job), 'cell')}` : count_text(pictures_of(job), 'picture');
  return `${what}, ${width} × ${height}, ${String(asked(job.request, 'steps'))} steps`;
}

function edit_as_new(job: Job) {
  if (job.kind === 'training') return go(`/train/${job.title}/options`);
  tell_undoable('The form is that of the job', take_settings(job.request));
  go(generate_path());
}

/** A training goes on where it was; of other jobs there is one more. */
function once_more(job: Job) {
  if (job.kind === 'training') void attempt(async () => take_answer(await api.start_run(job.title, {})));
  else try_again(job);
}

function again_items(job: Job): MenuItem[] {
  const has_form = job.kind === 'generate' || job.kind === 'training';
  return [
    ...(has_form ? [{ label: 'Edit as new', act: () => edit_as_new(job) }] : []),
    { label: job.kind === 'training' ? 'Go on' : 'Duplicate', act: () => once_more(job) },
  ];
}

function Running({ job }: { job: Job }) {
  const [width, height] = size_asked(job.request);
  const last = job.pictures.at(-1);
  const has_preview = progress.value[job.id] !== undefined;
  return (
    <section class="running-card" aria-label="Running">
      <div class="running-picture">{job.kind === 'training' ? <Icon name="graduation-cap" /> : has_preview ? <LiveCanvas job={job.id} width={width} height={height} /> : last ? <img src={last.thumbnail} alt="" /> : <Icon name="image" />}</div>
      <div class="grow">
        <p class="job-head"><span class="live-tag">running</span><span class="grow" /><span class="hint">#{job.number}</span></p>
        <p class="job-title">{job.title || 'without words'}</p>
        <p class="hint">{progress_words(job)}</p>
        <ProgressBar job={job} name="Progress of the running job" />
        <p class="job-foot"><span class="hint grow">{left_words(job).replace(/^.* for this picture, /, '')}</span>
          {job.kind === 'training' && <a class="button" href={`/train/${job.title}/live`}>Open</a>}
          {(job.kind === 'generate' || job.kind === 'xyz') && pictures_of(job) > 1 && <Button class="outlined" name="Skip this picture" on_click={() => void attempt(() => api.skip_picture(job.id))}>Skip</Button>}
          <Button class="outlined" name={`Cancel ${job.title}`} on_click={() => cancel_job(job.id)}>Cancel</Button></p>
      </div>
    </section>
  );
}

function WaitingRow({ job, place, of }: { job: Job; place: number; of: number }) {
  const on_key = (event: KeyboardEvent) => {
    const to = event.altKey ? { ArrowUp: 'up', ArrowDown: 'down' }[event.key] : undefined;
    if (to === undefined && event.key !== 'Delete') return;
    event.preventDefault();
    event.stopPropagation();
    if (to !== undefined) move_job(job.id, to as 'up' | 'down');
    else cancel_waiting(job.id);
  };
  const drop = (event: DragEvent) => {
    const id = event.dataTransfer?.getData('text/darkroom-job');
    if (!id || id === job.id) return;
    event.preventDefault();
    const order = waiting.value.map((other) => other.id);
    const [from, to] = [order.indexOf(id), order.indexOf(job.id)];
    for (let i = 0; i < Math.abs(to - from); ++i) move_job(id, to > from ? 'down' : 'up');
  };
  return (
    <li class="job-row" tabIndex={0} draggable aria-posinset={place} aria-setsize={of} onKeyDown={on_key} onDragStart={(event) => event.dataTransfer?.setData('text/darkroom-job', job.id)}
      onDragOver={(event) => { if (event.dataTransfer?.types.includes('text/darkroom-job')) event.preventDefault(); }} onDrop={drop}>
      <span class="handle" aria-hidden="true"><Icon name="grip-vertical" /></span><span class="job-picture"><Icon name={icon_of(job)} /></span>
      <div class="grow"><p class="job-title">{job.title || 'without words'}</p><p class="hint">{request_words(job)}{is_own(job) ? '' : ', from another page'}</p></div>
      <MenuButton icon="ellipsis" name={`More for ${job.title}`} class="icon-button" items={[
        { label: 'To the front', act: () => move_job(job.id, 'front') }, { label: 'Move up', keys: 'Alt Up', act: () => move_job(job.id, 'up') },
        { label: 'Move down', keys: 'Alt Down', act: () => move_job(job.id, 'down') }, { label: 'To the back', act: () => move_job(job.id, 'back') },
        ...(job.kind === 'training' ? again_items(job).slice(0, 1) : again_items(job)), { label: 'Copy id', act: () => void copy_text(job.id, 'Id') },
      ]} />
      <IconButton icon="x" name={`Remove ${job.title} from the queue`} on_click={() => cancel_waiting(job.id)} />
    </li>
  );
}

const most_ended = 300;

function Now() {
  const all = waiting.value;
  const is_empty = !running.value && all.length === 0 && unsent.value.length === 0;
  return (
    <>
      {running.value && <Running key={running.value.id} job={running.value} />}
      <VirtualRows name="Waiting jobs" items={all} row={(job, i) => <WaitingRow key={job.id} job={job} place={i + 1} of={all.length} />}>
        {unsent.value.map((job) => (
          <li key={job.id} class="job-row is-unsent"><Icon name="wifi-off" /><div class="grow"><p class="job-title">{unsent_words(job)}</p><p class="hint">not sent yet</p></div>
            <IconButton icon="x" name="Remove the job that is not sent yet" on_click={() => drop_unsent(job.id)} /></li>
        ))}
      </VirtualRows>
      {is_empty ? <p class="hint pad">Nothing to do. What you start appears here and survives a restart.</p>
        : <p class="note queue-note"><Icon name="save" />The queue lives on disk. After a restart waiting jobs go on.</p>}
    </>
  );
}

function EndedRow({ job }: { job: Job }) {
  const last = job.pictures.at(-1);
  const seconds = job.started && job.ended ? job.ended - job.started : null;
  const report = job.kind === 'lab' && job.state === 'finished' ? `/lab/${encodeURIComponent(job.id)}` : null;
  const show = () => {
    if (!last) return;
    picked.value = last.id;
    source_is_shown.value = false;
    go(generate_path());
  };
  return (
    <li class="job-row">
      {last ? <button type="button" class="job-picture" aria-label={`Show ${job.title}`} onClick={show}><img src={last.thumbnail} alt="" loading="lazy" /></button> : <span class="job-picture"><Icon name={job.state === 'failed' ? 'octagon-alert' : 'circle-x'} /></span>}
      <div class="grow">
        <p class="job-title">{job.title || 'without words'}</p>
        <p class="hint">{job.kind === 'training' && job.state === 'cancelled' ? 'training, stopped; its state is saved' : job.state === 'cancelled' ? `stopped, ${count_text(job.pictures.length, 'picture')}` : request_words(job)}{seconds !== null && `, ${time_text(seconds)}`}</p>
        {job.error && <p class="job-error">{job.error}</p>}
      </div>
      {report && <a class="button" href={report}>Show</a>}
      {job.state === 'failed' && <Button on_click={() => once_more(job)}>Try again</Button>}
      <MenuButton icon="ellipsis" name={`More for ${job.title}`} class="icon-button" items={again_items(job)} />
    </li>
  );
}

function Ended({ jobs, empty }: { jobs: Job[]; empty: string }) {
  return <>{jobs.length === 0 ? <p class="hint pad">{empty}</p> : <ul class="job-rows">{jobs.slice(0, most_ended).map((job) => <EndedRow key={job.id} job={job} />)}</ul>}</>;
}

function read_ended() {
  void attempt(async () => { for (const job of (await api.jobs('finished,failed,cancelled', 50)).jobs) take_answer(job); });
}

export function Queue({ close }: { close?: () => void }) {
  const [tab, set_tab] = useState('now');
  useEffect(() => { read_ended(); return close && closes_on_escape(close); }, []);
  const failed = ended.value.filter((job) => job.state === 'failed');
  const done = ended.value.filter((job) => job.state !== 'failed');
  const count = waiting.value.length + unsent.value.length;
  return (
    <aside class="queue" aria-label="Queue">
      <header>
        <h2>Queue</h2><span class="hint grow">{running.value ? '1 running' : ''}{running.value && count > 0 ? ', ' : ''}{count > 0 ? `${count} waiting` : ''}</span>
        <IconButton icon={paused.value ? 'play' : 'pause'} name={paused.value ? 'Go on' : 'Pause after this job'} pressed={paused.value} on_click={() => pause_queue(!paused.value)} />
        {close && <IconButton icon="x" name="Close queue" keys="Q" on_click={close} />}
      </header>
      <Tabs name="Queue" value={tab} on_change={set_tab} tabs={[{ id: 'now', label: 'Now', count: count + (running.value ? 1 : 0) }, { id: 'done', label: 'Done', count: done.length }, { id: 'failed', label: 'Failed', count: failed.length }]} />
      <div class="queue-body">
        {paused.value && <p class="note">Paused{running.value ? ' after the running job' : ''}. <button type="button" class="link" onClick={() => pause_queue(false)}>Go on</button></p>}
        {tab === 'now' && <Now />}
        {tab === 'done' && <Ended jobs={done} empty="Nothing has been finished yet." />}
        {tab === 'failed' && <Ended jobs={failed} empty="Nothing has failed." />}
      </div>
      {tab === 'now' && waiting.value.length > 0 && <footer><Button on_click={() => pause_queue(true)} disabled={paused.value}>Stop after this one</Button><Button on_click={clear_waiting}>Clear waiting</Button><span class="grow" /><span class="hint">Drag, or <KeyCap>Alt ↑ ↓</KeyCap></span></footer>}
    </aside>
  );
}
