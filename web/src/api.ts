// Darkroom's HTTP API, version 1: the shapes of its answers and its addresses. Only this file and stream.ts know addresses.

export type FieldValue = string | number | boolean;
export type Settings = Record<string, FieldValue>;

export interface Field {
  name: string;
  label: string;
  flag: string;
  help: string;
  type: 'text' | 'whole' | 'number' | 'truth';
  default: FieldValue;
  least?: number;
  most?: number;
  multiple_of?: number;
  choices?: string[];
  infotext?: string;
}

export interface Sampler { name: string; aliases: string[]; calls_per_step: number; schedule: string; draws_noise: boolean }
export interface Schedule { name: string; label: string }
export interface Model {
  title: string; name: string; path: string; family: string; bytes: number; hash: string | null; built_in: boolean; error: string | null;
}
/** `preview` changes with the picture beside the file; `run` left the file. */
export interface Lora { name: string; alias: string; path: string; base: string | null; rank: number; alpha: number; preview?: string | null; run?: string | null; error?: string | null }
export interface VaeFile { name: string; path: string; bytes: number }
export interface Style { name: string; prompt: string; negative_prompt: string }

export interface Start {
  start_id: string;
  build_id: string;
  version: string;
  fields: Field[];
  samplers: Sampler[];
  schedules: Schedule[];
  models: Model[];
  model: string;
  recommended: Settings;
  loras: Lora[];
  embeddings: string[];
  styles: Style[];
  upscalers: string[];
  vaes?: VaeFile[];
  explain: Record<string, string>;
  first_prompts: string[];
  options: Settings;
}

export type JobState = 'waiting' | 'running' | 'finished' | 'failed' | 'cancelled';
export type Flag = 'none' | 'picked' | 'rejected';

export interface Progress {
  id: string; stage: string; picture: number; pictures: number; step: number; steps: number;
  seconds_per_step: number | null; seconds_left: number | null; note?: string;
}

export interface Picture {
  id: number; job: string; index: number; seed: number; width: number; height: number; created: number; prompt: string;
  url: string; thumbnail: string; infotext: string; flag: Flag;
}

export type FacetField = 'date' | 'model' | 'lora' | 'sampler' | 'by' | 'size' | 'flag';
/** How many pictures have a value; `word` finds them, "" where none is needed. */
export interface Facet { field: FacetField; value: string; word: string; count: number }
export type PictureOrder = 'newest' | 'oldest' | 'model' | 'seed';
export interface PictureQuery { search?: string; sort?: PictureOrder; before?: number | undefined; limit: number }

export interface PictureDetail extends Picture { request: Settings; recipe: RecipeField[] }

export interface Job {
  id: string; number: number; kind: string; state: JobState; title: string; owner: string; created: number;
  started: number | null; ended: number | null; request: Settings; pictures: Picture[]; progress: Progress | null;
  error: string | null; warnings: string[];
  fields?: Settings | null;      // what it says of a request, typed
  raw: Record<string, unknown>;  // as the server keeps it: of its kind
}

/** A LoRA by its name. */
export interface WeightedLora { name: string; weight: number }
export interface NewPictures { kind: 'generate'; request: Settings }
/** `matrix`: instead of axes, the parts of the prompt between its bars. */
export interface Axes { x?: string; y?: string; z?: string; matrix?: boolean }
export interface NewXyz extends Axes { kind: 'xyz'; request: Settings }
export interface NewReplay { kind: 'replay'; picture?: number; upload?: string; request?: Settings }
export type ReportKind = 'samplers' | 'convergence' | 'precision' | 'guidance' | 'lora';
export interface NewReport { kind: 'lab'; report: ReportKind; request?: Settings; cfg_scales?: number[]; steps?: number[]; seeds?: number; loras?: WeightedLora[]; model?: string }
export type MergeKind = 'merge' | 'scale' | 'resize';
export interface NewMerge { kind: 'merge'; how?: MergeKind; alpha?: number; loras: WeightedLora[]; name: string; model?: string; rank?: number; keep?: number; fp32?: boolean }
export type Work = NewPictures | NewXyz | NewReplay | NewReport | NewMerge;
export type NewJob = Work & { id: string; to_front: boolean };

export interface XyzPlan { cells: number; columns: number; rows: number; layers: number; x_labels: string[]; y_labels: string[]; z_labels: string[] }
export interface LabCost { pictures: number; calls: number }
/** How near a picture came that was made again. `psnr` is null where there is no difference at all, or no comparison. */
export interface ReplayReport {
  identical: boolean; same_bytes: boolean; same_size: boolean; psnr: number | null; largest: number | null; equal_pixels: number | null; profile: string;
  fields: { key: string; value: string; honoured: 'yes' | 'differently' | 'no' | 'note'; note: string }[];
}

/** `field` is the request's field that the key stands for; Size stands for two and names the first. */
export interface RecipeField { key: string; value: string; field: string | null; honoured: 'yes' | 'differently' | 'no' | 'note'; note: string }
export interface Recipe { infotext: string; settings: Record<string, string>; fields: RecipeField[]; model_title?: string | null }

export type Place = 'file' | 'memory' | 'accelerator';
export interface Part { name: string; where: Place | 'none'; bytes: number; memory_bytes: number; read_bytes: number; accelerator_bytes: number; pinned: boolean; movable: boolean; precision: string }
export interface ModelFolder { name: string; kind: 'checkpoints' | 'lora' | 'vae' | 'embeddings' | 'small_vae'; place: string; files: number }
/** What a model's folder says of it: Markdown, and lists of words by what they are. */
export interface ModelCard { model: string; name: string; card: string | null; knows: Record<string, string[]> | null }
export interface ResidencyChange { action: 'unload' | 'reload' | 'move' | 'pin' | 'unpin'; part?: string; to?: Place }
export interface Residency {
  model: string; state: 'loaded' | 'unloaded'; parts: Part[]; last_used?: number | null; pinned: boolean; accelerator: string | null; in_use_by: string | null;
  memory: { total: number; free: number; process: number };
}

export interface PromptPart { text: string; weight: number }
export interface ReadPrompt { tokens: number; limit: number; chunks: PromptPart[][]; error: string | null }
export interface PromptAnswer {
  prompt: ReadPrompt; negative_prompt: ReadPrompt; loras: { name: string; weight: number; found: boolean }[];
}

// Training

export interface TrainOption {
  name: string; label: string; section: string; words: string; type: 'text' | 'truth' | 'whole' | 'number' | 'list' | 'path'; default: string; choices: string[];
}
export type RunState = 'draft' | 'waiting' | 'running' | 'finished' | 'stopped' | 'failed' | 'recorded';
export interface Run {
  name: string; kind: 'run' | 'record'; state: RunState; error: string | null; options: Record<string, string> | null;
  dataset?: string; regularisation?: string; prompts?: string; note?: string; told?: Record<string, string>; job?: string | null; created?: number; started?: number | null; ended?: number | null;
  steps_done?: number | null; loss?: number | null; validation_loss?: number | null; sample?: string | null;
}
/** What happened in a run besides its steps; `time` in seconds since 1970. */
export interface RunEvent { time: number; step: number; kind: 'start' | 'state' | 'file' | 'samples' | 'validation' | 'rate' | 'warning' | 'end'; words: string }
export interface BatchPicture { dataset: string; folder: string; name: string; caption: string; width: number; height: number; timestep: number }
/** What a step was made with: the first few pictures of so many. */
export interface Batch { step: number; count: number; pictures: BatchPicture[] }
/** `noted`: how many events there are of its process; files and samples are new with them. */
export interface TrainingNews { run: string; step: number; noted: number; batch?: Batch }
export interface RunSample { file: string; label: string; prompt: number; seed: number; url: string }
export interface WholeRun extends Run { files: { name: string; bytes: number }[]; samples: RunSample[]; events: RunEvent[] }
export interface TrainStart { sections: { name: string; about: string }[]; options: TrainOption[]; runs: Run[]; datasets: string[] }
export interface Draft { options: Record<string, string>; dataset: string; regularisation: string; prompts: string; note: string }
export interface Problem { text: string; option: string; remedies: { label: string; changes: Record<string, string | null> }[] }
export interface Explained {
  problem: Problem | null; values: Record<string, string> | null; effects: Record<string, string> | null; commands: { darkroom: string; kohya: string; toml: string } | null;
}
export interface Plan {
  folders: { name: string; pictures: number; repeats: number; with_caption_file: number; regularisation: boolean }[]; validation_pictures: number;
  mean_crop_loss: number; largest_crop_loss: number; largest_crop_file: string; buckets: { width: number; height: number; pictures: number; batches: number }[];
  batch_size: number; gradient_accumulation_steps: number; batches_per_epoch: number; steps_per_epoch: number; steps: number; epochs: number; steps_done: number;
  optimizer: string; lr_scheduler: string; learning_rate_curve: { step: number; factor: number }[]; trained: { name: string; matrices: number; parameters: number; learning_rate: number }[];
  model_bytes: number; lora_bytes: number; state_bytes: number; step_bytes: number; machine_bytes: number; memory_warning: string; file_bytes: number; probe?: { seconds_per_step: number; peak_bytes: number };
}
export interface Curve { steps: number[]; values: number[] }
export type Series = Record<string, Curve>;
export interface RunDiff {
  rows: { name: string; a: string; b: string; a_is_default: boolean; b_is_default: boolean; a_effect: string | null; b_effect: string | null }[]; same: Record<string, string>;
}
export interface PixelSize { width: number; height: number }
export interface TrainPicture { name: string; caption: string; has_caption_file: boolean; problem: string | null; size: PixelSize; bucket: PixelSize; resized: PixelSize; crop_loss: number; thumbnail: string }
export interface TrainFolder { name: string; repeats: number; class_tokens: string; problem: string | null; pictures: TrainPicture[] }
export interface Dataset { name: string; folders: TrainFolder[] }

export interface Preview { id: string; picture: number; step: number; url: string }
export interface Snapshot { jobs: Job[]; paused: boolean; residency: Residency }
export interface QueueOrder { order: string[]; paused: boolean }

/** The server's refusal: `kind` is the program's kind of error, the message a whole sentence. */
export class ApiError extends Error {
  constructor(readonly status: number, readonly kind: string, detail: string) {
    super(detail);
  }
}

/** There was no answer at all. */
export class NoAnswer extends Error {
  constructor() {
    super('The server does not answer.');
  }
}

const root = '/api/v1';

const of_the_server = ['lora_dir', 'embeddings_dir'];

/** A job as the page keeps it: the fields of its request without the server's own wrapping and folders. */
export function tidy_job(job: Job): Job {
  const raw = (job.request ?? {}) as Record<string, unknown>;
  const said = job.fields ?? (typeof raw.settings === 'object' ? raw.settings : raw) as Settings;
  return { ...job, raw, request: Object.fromEntries(Object.entries(said).filter(([name]) => !of_the_server.includes(name))) };
}

/** Facts that a LoRA file tells as text are numbers here; 0 where it tells none. */
export function tidy_start(start: Start): Start {
  return { ...start, loras: start.loras.map((lora) => ({ ...lora, rank: Number(lora.rank) || 0, alpha: Number(lora.alpha) || 0 })) };
}

const most_kept_alive = 32 * 1024; // letters; browsers refuse more than 64 KiB of all that is to outlive a page

/** `outlives`: is sent even if the page is left or loaded again at this moment. */
async function call<T>(method: string, path: string, body?: unknown, type = 'application/json', outlives = false): Promise<T> {
  let answer: Response;
  try {
    const sent = body instanceof Blob || typeof body === 'string' ? body : JSON.stringify(body);
    answer = await fetch(root + path, body === undefined ? { method } : {
      method, headers: { 'Content-Type': type }, body: sent, keepalive: outlives && typeof sent === 'string' && sent.length < most_kept_alive,
    });
  } catch {
    throw new NoAnswer();
  }
  const text = await answer.text();
  let value: unknown = null;
  try {
    value = text === '' ? null : JSON.parse(text);
  } catch {
    if (answer.ok) throw new ApiError(answer.status, 'Internal', `The answer to ${method} ${path} is not JSON.`);
  }
  if (answer.ok) return value as T;
  // A proxy's own page while the program is away counts as no answer.
  if (value === null && answer.status >= 502) throw new NoAnswer();
  const said = (value ?? {}) as { error?: string; detail?: string };
  throw new ApiError(answer.status, said.error ?? 'Internal', said.detail ?? `The server answered ${answer.status} to ${path}.`);
}

function query(values: Record<string, string | number | undefined>): string {
  const said = Object.entries(values).filter(([, value]) => value !== undefined && value !== '');
  return said.length === 0 ? '' : `?${said.map(([name, value]) => `${name}=${encodeURIComponent(String(value))}`).join('&')}`;
}

const of_run = (name: string) => `/train/runs/${encodeURIComponent(name)}`;
const of_job = (id: string) => `/jobs/${encodeURIComponent(id)}`;

export const api = {
  start: async () => tidy_start(await call<Start>('GET', '/start')),
  refresh: async () => tidy_start(await call<Start>('POST', '/refresh', {})),

  add_job: async (job: NewJob) => tidy_job(await call<Job>('POST', '/jobs', job)),
  job: async (id: string) => tidy_job(await call<Job>('GET', of_job(id))),
  jobs: async (state: string, limit: number, before?: number, kind?: string) => {
    const { jobs, paused } = await call<{ jobs: Job[]; paused: boolean }>('GET', `/jobs${query({ state, limit, before, kind })}`);
    return { jobs: jobs.map(tidy_job), paused };
  },
  cancel_job: async (id: string) => tidy_job(await call<Job>('DELETE', of_job(id))),
  job_files: async (id: string) => (await call<{ files: string[] }>('GET', `${of_job(id)}/files`)).files,
  job_file: <T>(id: string, name: string) => call<T>('GET', `${of_job(id)}/files/${encodeURIComponent(name)}`),
  job_file_address: (id: string, name: string) => `${root}${of_job(id)}/files/${encodeURIComponent(name)}`,
  plan_xyz: (request: Settings, axes: Axes) => call<XyzPlan>('POST', '/plans/xyz', { request, ...axes }),
  plan_report: ({ kind: _, ...report }: NewReport) => call<LabCost>('POST', '/plans/lab', report),
  explain: (request: Settings) => call<{ fields: { name: string; value: string; words: string; now: string }[] }>('POST', '/explain', { request }),
  noise_levels: (request: Settings) => call<{ sigmas: number[]; sampler: string; schedule: string }>('POST', '/noise-levels', { request }),
  skip_picture: (id: string) => call<unknown>('POST', `${of_job(id)}/skip`, {}),
  move_job: (id: string, to: 'front' | 'up' | 'down' | 'back') => call<unknown>('POST', `${of_job(id)}/move`, { to }),
  pause_queue: (paused: boolean) => call<unknown>('POST', '/queue', { paused }),
  clear_queue: () => call<{ cancelled: number }>('POST', '/queue/clear', {}),

  upload: (bytes: Blob) => call<{ name: string; width: number; height: number }>('POST', '/uploads', bytes, bytes.type || 'application/octet-stream'),
  upload_address: (name: string) => `${root}/uploads/${name.replace(/^upload:/, '')}`,

  pictures: (asked: PictureQuery) => call<{ pictures: Picture[]; total: number }>('GET', `/pictures${query({ ...asked })}`),
  picture_facets: async (search: string) => (await call<{ facets: Facet[] }>('GET', `/pictures/facets${query({ search })}`)).facets,
  picture: (id: number) => call<PictureDetail>('GET', `/pictures/${id}`),
  flag_picture: (id: number, flag: Flag) => call<unknown>('POST', `/pictures/${id}/flag`, { flag }),
  delete_picture: (id: number) => call<unknown>('DELETE', `/pictures/${id}`),
  restore_picture: (id: number) => call<unknown>('POST', `/pictures/${id}/restore`, {}),
  recipe: (source: Blob | string) => call<Recipe>('POST', '/recipe', source, typeof source === 'string' ? 'text/plain' : source.type || 'application/octet-stream'),

  residency: () => call<Residency>('GET', '/residency'),
  change_residency: (change: ResidencyChange) => call<Residency & { freed: number; seconds: number }>('POST', '/residency', change),
  folders: () => call<{ folders: ModelFolder[] }>('GET', '/folders'),
  add_folder: (path: string, kind?: string) => call<{ folders: ModelFolder[] }>('POST', '/folders', kind ? { path, kind } : { path }),
  remove_folder: (name: string) => call<{ folders: ModelFolder[] }>('DELETE', `/folders/${encodeURIComponent(name)}`),
  model_card: (model: string) => call<ModelCard>('GET', `/models/card${query({ model })}`),
  lora_preview_address: (lora: Lora) => `${root}/loras/${encodeURIComponent(lora.name)}/preview${query({ written: lora.preview ?? '' })}`,
  set_lora_preview: async (name: string, picture: number) => tidy_start(await call<Start>('POST', `/loras/${encodeURIComponent(name)}/preview`, { picture })),
  use_model: (title: string) => call<unknown>('POST', '/model', { title }),
  set_option: (name: string, value: FieldValue) => call<{ options: Settings }>('POST', '/options', { [name]: value }),

  train: () => call<TrainStart>('GET', '/train'),
  run: (name: string) => call<WholeRun>('GET', of_run(name)),
  add_run: (name: string, draft: Partial<Draft> & { from?: string }) => call<Run>('POST', '/train/runs', { name, ...draft }),
  save_draft: (name: string, draft: Partial<Draft>) => call<Run>('POST', `${of_run(name)}/draft`, draft, 'application/json', true),
  explain_run: (name: string, draft: Partial<Draft>) => call<Explained>('POST', `${of_run(name)}/explain`, draft),
  plan_run: (name: string, draft: Partial<Draft>, probe: boolean) => call<Plan>('POST', `${of_run(name)}/plan`, { ...draft, probe }),
  start_run: async (name: string, draft: Partial<Draft>) => tidy_job(await call<Job>('POST', `${of_run(name)}/start`, draft)),
  wish_of_run: (name: string, wish: 'save' | 'sample') => call<Run>('POST', `${of_run(name)}/now`, { wish }),
  run_series: async (name: string, after: number) => (await call<{ series: Series }>('GET', `${of_run(name)}/series${query({ after })}`)).series,
  /** Of full fine-tuning a checkpoint's title, else a LoRA's name. */
  use_run: (name: string, file: string) => call<{ lora?: string; model?: string }>('POST', `${of_run(name)}/use`, { file }),
  diff_runs: (a: string, b: string) => call<RunDiff>('GET', `/train/diff${query({ a, b })}`),
  add_record: (name: string, content: Blob | string) => call<Run>('POST', `/train/records/${encodeURIComponent(name)}`, content, 'application/octet-stream'),
  remove_record: (name: string) => call<unknown>('DELETE', `/train/records/${encodeURIComponent(name)}`),
  dataset: (name: string, run: string) => call<Dataset>('GET', `/train/datasets/${encodeURIComponent(name)}${query({ run })}`),
  add_dataset: (name: string, folder: string) => call<{ datasets: string[] }>('POST', '/train/datasets', { name, folder }),
  add_dataset_picture: (dataset: string, folder: string, name: string, bytes: Blob) =>
    call<{ name: string }>('POST', `/train/datasets/${encodeURIComponent(dataset)}/${encodeURIComponent(folder)}${query({ name })}`, bytes, bytes.type || 'application/octet-stream'),
  training_thumbnail: ({ dataset, folder, name }: BatchPicture) => `${root}/train/datasets/${[dataset, folder, name].map(encodeURIComponent).join('/')}/thumbnail`,
  set_caption: (dataset: string, folder: string, picture: string, caption: string) =>
    call<unknown>('POST', `/train/datasets/${[dataset, folder, picture].map(encodeURIComponent).join('/')}/caption`, { caption }),

  read_prompt: (prompt: string, negative_prompt: string, steps: number) => call<PromptAnswer>('POST', '/prompt', { prompt, negative_prompt, steps }),
  bytes: async (address: string): Promise<Blob> => {
    const answer = await fetch(address).catch(() => { throw new NoAnswer(); });
    if (!answer.ok) throw new ApiError(answer.status, 'NotFound', `${address} is not there (${answer.status}).`);
    return answer.blob();
  },
};
