// Jobs made while the server does not answer. Their ids are made here, so that a request which did arrive is not made twice.
import { api, NoAnswer, type NewJob } from './api';
import { remembered } from './remember';
import { own_job, take_answer } from './store';
import { tell_failure } from './toasts';

export const unsent = remembered<NewJob[]>('unsent', [], 'tab');

let is_sending = false;

/** Sends what waits, in order. Stops where there is no answer; a refusal is shown and the job dropped. */
export async function send_unsent(): Promise<void> {
  if (is_sending) return;
  is_sending = true;
  try {
    for (let job = unsent.value[0]; job; job = unsent.value[0]) {
      try {
        take_answer(await api.add_job(job));
      } catch (error) {
        if (error instanceof NoAnswer) return;
        tell_failure(error);
      }
      const sent = job.id;
      unsent.value = unsent.value.filter((other) => other.id !== sent);
    }
  } finally {
    is_sending = false;
  }
}

export function add_job(job: NewJob) {
  own_job(job.id);
  unsent.value = [...unsent.value, job];
  return send_unsent();
}

export function drop_unsent(id: string) {
  unsent.value = unsent.value.filter((job) => job.id !== id);
}
