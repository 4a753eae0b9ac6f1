// What a screen reader hears: a quarter, half, three quarters and the end of a picture; failures at once. Steps are not announced.
import { effect, signal } from '@preact/signals';
import { time_text } from './form/words';
import { kind_name, pictures_of } from './job_kinds';
import { makes_pictures, own_jobs, own_running } from './store';
import { part_done } from './generate/progress_line';

export const polite = signal('');
export const urgent = signal('');

export function announce_work() {
  let quarter = 0;
  let of_job = '';
  const told = new Map<string, number>(); // job -> pictures told, -1 when its end was told
  effect(() => {
    const job = own_running.value;
    if (!job) return;
    if (job.id !== of_job) [of_job, quarter] = [job.id, 0];
    const now = Math.floor(part_done(job) * 4);
    if (now > quarter && now < 4) polite.value = `${now * 25} percent`;
    quarter = now;
  });
  let is_first = true;
  effect(() => {
    for (const job of own_jobs.value) {
      const before = told.get(job.id);
      const end = job.state === 'failed' || job.state === 'cancelled' || job.state === 'finished';
      told.set(job.id, end ? -1 : job.pictures.length);
      if (is_first || before === -1 || (before === undefined && end)) continue;
      if (job.state === 'failed') urgent.value = `Failed. ${job.error ?? ''}`;
      else if (job.state === 'cancelled') polite.value = 'Stopped';
      else if (job.pictures.length > (before ?? 0) || job.state === 'finished') {
        const seconds = job.started && job.ended ? `, ${time_text(job.ended - job.started)}` : '';
        const part = makes_pictures(job) ? ` ${Math.min(job.pictures.length, pictures_of(job))} of ${pictures_of(job)}` : '';
        polite.value = `${kind_name(job)}${part} finished${seconds}`;
      }
    }
    is_first = false;
  });
}
