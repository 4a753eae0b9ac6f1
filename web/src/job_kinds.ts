// What kinds of jobs there are besides pictures: their words, and how each is asked for again.
import type { Job, MergeKind, NewJob, ReportKind, Settings, WeightedLora, Work } from './api';
import { pictures_asked } from './form/request';
import { count_text } from './form/words';
import type { IconName } from './icons';

export const report_names: Record<ReportKind, string> = {
  samplers: 'Samplers', convergence: 'Samplers on a model', precision: 'Precision', guidance: 'Guidance', lora: 'LoRA',
};

interface KeptLora { path: string; weight: number }

const kept = <T>(job: Job, name: string, otherwise: T): T => (job.raw[name] as T | undefined) ?? otherwise;
const file_name = (path: string) => (path.split('/').pop() ?? path).replace(/\.(safetensors|pt|ckpt)$/, '');
const loras_of = (files: KeptLora[]): WeightedLora[] => files.map(({ path, weight }) => ({ name: file_name(path), weight }));

export function report_of(job: Job): ReportKind {
  return kept<ReportKind>(job, 'report', 'samplers');
}

/** Pictures that come of a job; the cells of a plot. */
export function pictures_of(job: Job): number {
  if (job.kind === 'xyz') return kept(job, 'columns', 1) * kept(job, 'rows', 1) * kept(job, 'layers', 1);
  return job.kind === 'generate' ? pictures_asked(job.request) : 1;
}

export function kind_name(job: Job): string {
  return ({ generate: 'Picture', xyz: 'Cell', replay: 'Proof', lab: 'Report', merge: 'Merge' } as Record<string, string>)[job.kind] ?? 'Job';
}

const icons: Record<string, IconName> = { xyz: 'table-2', training: 'graduation-cap', lab: 'flask-conical', merge: 'layers', replay: 'circle-check' };

export const icon_of = (job: Job): IconName => icons[job.kind] ?? 'image';

/** One line for the queue, for kinds without a size. */
export function kind_words(job: Job): string {
  if (job.kind === 'lab') return `Lab, ${report_names[report_of(job)] ?? 'report'}`;
  const how = kept<MergeKind>(job, 'how', 'merge');
  if (job.kind === 'merge' && how !== 'merge') return `LoRA file ${how === 'scale' ? 'rescaled' : 'made smaller'}`;
  if (job.kind === 'merge') return `Merge, ${count_text(kept<unknown[]>(job, 'files', []).length, 'LoRA file')}`;
  return job.kind === 'replay' ? 'A picture made again and compared' : job.kind;
}

export function unsent_words(job: NewJob): string {
  if (job.kind === 'merge') return `${job.how === 'scale' ? 'Scale' : job.how === 'resize' ? 'Resize' : 'Merge'} into ${job.name}`;
  if (job.kind === 'replay') return 'Prove it';
  return String(job.request?.prompt ?? (job.kind === 'lab' ? report_names[job.report] : ''));
}

/** The same work once more, as a request. */
export function again(job: Job): Work {
  const request: Settings = job.request;
  if (job.kind === 'xyz') {
    const { n_iter: _n, batch_size: _b, ...fields } = request;
    if (kept(job, 'is_matrix', false)) return { kind: 'xyz', request: fields, matrix: true };
    return { kind: 'xyz', request: fields, x: kept(job, 'x', ''), y: kept(job, 'y', ''), z: kept(job, 'z', '') };
  }
  if (job.kind === 'replay') {
    const picture = kept(job, 'picture', 0);
    return picture > 0 ? { kind: 'replay', picture } : { kind: 'replay', upload: kept(job, 'upload', '') };
  }
  if (job.kind === 'lab') {
    return {
      kind: 'lab', report: report_of(job), request, cfg_scales: kept(job, 'cfg_scales', []), steps: kept(job, 'steps', []), seeds: kept(job, 'seeds', 2),
      loras: loras_of(kept<KeptLora[]>(job, 'loras', [])), model: kept(job, 'model', ''),
    };
  }
  if (job.kind === 'merge') {
    return {
      kind: 'merge', how: kept<MergeKind>(job, 'how', 'merge'), alpha: kept(job, 'alpha', 0), loras: loras_of(kept<KeptLora[]>(job, 'files', [])), name: file_name(kept(job, 'output', '')), model: kept(job, 'model', ''),
      rank: kept(job, 'rank', 0), keep: kept(job, 'keep', 1), fp32: kept(job, 'is_fp32', false),
    };
  }
  return { kind: 'generate', request };
}
