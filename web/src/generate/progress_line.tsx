import type { Job } from '../api';
import { pictures_of } from '../job_kinds';
import { pace_text, time_text } from '../form/words';
import { progress } from '../store';
import { line } from '../stream';

/** How far a job is, 0 to 1. */
export function part_done(job: Job): number {
  const now = progress.value[job.id];
  if (job.kind === 'training') return now && now.steps > 0 ? now.step / now.steps : 0;
  const pictures = now?.pictures ?? pictures_of(job);
  const done = job.kind === 'generate' ? job.pictures.length : Math.max(job.pictures.length, (now?.picture ?? 1) - 1);
  const within = now && now.steps > 0 && now.picture > done ? now.step / now.steps : 0;
  return Math.min(1, (done + within) / Math.max(1, pictures));
}

export function progress_words(job: Job): string {
  const now = progress.value[job.id];
  if (!now) return 'starting';
  const picture = now.pictures > 1 ? `Picture ${now.picture} of ${now.pictures}, ` : '';
  return ['sampling', 'training', ''].includes(now.stage) ? `${picture}step ${now.step} of ${now.steps}` : `${picture}${now.stage}`;
}

export function left_words(job: Job): string {
  const now = progress.value[job.id];
  if (!now || now.seconds_left === null) return '';
  const pace = now.seconds_per_step;
  const this_picture = pace === null ? null : Math.max(0, now.steps - now.step) * pace;
  if (now.pictures > 1 && this_picture !== null) return `${time_text(this_picture)} for this picture, ${time_text(now.seconds_left)} for all`;
  return `${time_text(now.seconds_left)} left`;
}

export function ProgressBar({ job, name = 'Progress' }: { job: Job; name?: string }) {
  const part = part_done(job);
  return (
    <div class={`bar ${line.value.state === 'lost' ? 'is-lost' : ''}`} role="progressbar" aria-label={name} aria-valuemin={0} aria-valuemax={100} aria-valuenow={Math.round(part * 100)} aria-valuetext={progress_words(job)}>
      <i style={{ transform: `scaleX(${part})` }} />
    </div>
  );
}

export function ProgressLine({ job }: { job: Job }) {
  const now = progress.value[job.id];
  const is_sampling = now?.stage === 'sampling' || now?.stage === '';
  return (
    <div class="progress-line">
      <ProgressBar job={job} />
      <p>
        {now && now.pictures > 1 && <span class="live-tag">Picture {now.picture} of {now.pictures}</span>}
        <b>{!now ? 'Starting' : is_sampling ? `Step ${now.step} of ${now.steps}` : now.stage.charAt(0).toUpperCase() + now.stage.slice(1)}</b>
        {now?.seconds_per_step ? <span class="hint pace">{pace_text(now.seconds_per_step)}</span> : null}
        <span class="grow" />
        <span class="left">{left_words(job)}</span>
      </p>
    </div>
  );
}
