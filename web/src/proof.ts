// "Prove it": a picture is made again from its recipe, and the program says how near it came.
import { signal } from '@preact/signals';
import { api, type Job, type ReplayReport } from './api';
import { submit } from './actions';
import { read_kept, keep } from './remember';

/** The job that proves a picture, by the picture's id. */
export const proofs = signal<Record<number, string>>(read_kept('proofs', 'tab') ?? {});
const reports = signal<Record<string, ReplayReport | Error>>({});

export function prove(picture: { id: number }) {
  proofs.value = { ...proofs.value, [picture.id]: submit({ kind: 'replay', picture: picture.id }) };
  keep('proofs', 'tab', proofs.value);
}

/** What came of it, read once; null while it is on its way. */
export function report_of(job: Job): ReplayReport | Error | null {
  const known = reports.value[job.id];
  if (known) return known;
  if (job.state === 'finished')
    api.job_file<ReplayReport>(job.id, 'replay.json').then(
      (report) => { reports.value = { ...reports.value, [job.id]: report }; },
      (error: unknown) => { reports.value = { ...reports.value, [job.id]: error instanceof Error ? error : new Error(String(error)) }; });
  return null;
}
