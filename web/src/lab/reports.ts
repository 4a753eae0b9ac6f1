// The kept reports and their files: read once, kept while the page is open.
import { signal } from '@preact/signals';
import { api, type Job, type ReportKind } from '../api';
import type { IconName } from '../icons';
import { report_of } from '../job_kinds';
import { jobs } from '../store';

export const kinds: { kind: ReportKind; name: string; icon: IconName }[] = [
  { kind: 'samplers', name: 'Samplers', icon: 'chart-line' },
  { kind: 'convergence', name: 'Samplers on a model', icon: 'git-compare' },
  { kind: 'precision', name: 'Precision', icon: 'cpu' },
  { kind: 'guidance', name: 'Guidance', icon: 'sliders-horizontal' },
  { kind: 'lora', name: 'LoRA', icon: 'layers' },
];

export const kept = signal<Job[] | null>(null); // newest first

const most_kept = 200;

export async function read_kept_reports() {
  kept.value = (await api.jobs('finished,failed,cancelled,running,waiting', most_kept, undefined, 'lab')).jobs;
}

/** A report as it is now: what events said of it since it was read counts more. */
export function report_named(id: string): Job | null {
  return jobs.value[id] ?? kept.value?.find((job) => job.id === id) ?? null;
}

/** All reports, with those that were started meanwhile. */
export function all_reports(): Job[] {
  const known = new Map((kept.value ?? []).map((job) => [job.id, job]));
  for (const job of Object.values(jobs.value)) if (job.kind === 'lab') known.set(job.id, job);
  return [...known.values()].sort((a, b) => b.number - a.number);
}

export const of_kind = (kind: ReportKind) => all_reports().filter((job) => report_of(job) === kind);

interface File { value?: unknown; error?: string }
const files = signal<Record<string, File>>({});
const asked = new Set<string>();

/** A JSON file of a report; null while it is on its way, an Error where it is not there. */
export function file_of<T>(job: Job, name: string): T | Error | null {
  const key = `${job.id}/${name}`;
  const known = files.value[key];
  if (known) return known.error === undefined ? (known.value as T) : new Error(known.error);
  if (!asked.has(key)) {
    asked.add(key);
    const take = (file: File) => { files.value = { ...files.value, [key]: file }; };
    api.job_file<T>(job.id, name).then((value) => take({ value }), (error: unknown) => take({ error: error instanceof Error ? error.message : String(error) }));
  }
  return null;
}
