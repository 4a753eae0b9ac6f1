// What the queue is doing, in the words of the top bar and the browser's tab.
import { computed } from '@preact/signals';
import { move_job } from './actions';
import { part_done } from './generate/progress_line';
import { kind_name, pictures_of } from './job_kinds';
import { last_failed, progress, running, waiting } from './store';
import { line } from './stream';
import { unsent } from './unsent';

export type Lamp = 'idle' | 'running' | 'attention';

export const lamp = computed<Lamp>(() => (line.value.state === 'lost' ? 'attention' : running.value ? 'running' : last_failed.value ? 'attention' : 'idle'));

export interface QueueWords { state: string; facts: string }

export const queue_words = computed<QueueWords>(() => {
  if (line.value.state === 'lost') return { state: 'Reconnecting', facts: unsent.value.length > 0 ? `${unsent.value.length} not sent yet` : '' };
  const job = running.value;
  const count = waiting.value.length + unsent.value.length;
  const later = count > 0 ? `${count} waiting` : '';
  if (job?.kind === 'training') return { state: 'Training', facts: [`${Math.round(100 * part_done(job))} %`, later].filter((part) => part !== '').join(' · ') };
  if (!job) return { state: count > 0 ? 'Waiting' : 'Idle', facts: count > 0 ? String(count) : '' };
  const pictures = pictures_of(job);
  const part = progress.value[job.id]?.picture ?? job.pictures.length + 1;
  const now = pictures > 1 ? `${Math.min(pictures, part)} of ${pictures}` : '';
  return { state: 'Running', facts: [now, later].filter((part) => part !== '').join(' · ') };
});

export const tab_title = computed(() => {
  const job = running.value;
  if (!job) return 'Darkroom';
  const now = progress.value[job.id];
  if (job.kind === 'training') return `${Math.round(100 * part_done(job))} % Training ${job.title}`;
  const what = kind_name(job);
  return now && now.pictures > 1 ? `${what} ${now.picture} of ${now.pictures}` : `${what} in the making`;
});

export function api_move_to_front(id: string) {
  move_job(id, 'front');
}
