// Darkroom's API in memory: jobs that paint small pictures, events, uploads, recipes. It serves web/dist, so that the page can be tested
// and looked at without the program.  node e2e/recorded_server.mjs [port] [milliseconds per step]
import fs from 'node:fs';
import http from 'node:http';
import path from 'node:path';
import { fileURLToPath } from 'node:url';
import { png, png_size, png_text } from './png.mjs';
import { finished_reports, plan_of, report_file } from './recorded_lab.mjs';
import { found_pictures, picture_facets, sorted_pictures } from './recorded_pictures.mjs';
import { recorded_start } from './recorded_start.mjs';
import { train_routes } from './recorded_train.mjs';

const dist = fileURLToPath(new URL('../dist/', import.meta.url));
const types = { '.js': 'text/javascript', '.css': 'text/css', '.woff2': 'font/woff2', '.svg': 'image/svg+xml', '.html': 'text/html; charset=utf-8' };
const policy = "default-src 'self'; img-src 'self' blob: data:; style-src 'self'; script-src 'self'; connect-src 'self'; object-src 'none'; base-uri 'none'";

class Refusal extends Error {
  constructor(status, kind, detail) {
    super(detail);
    Object.assign(this, { status, kind });
  }
}

const text_of = (value) => (typeof value === 'boolean' ? (value ? 'True' : 'False') : String(value));

/** A job as the program tells it: what was asked for stands as texts below "settings", with folders of the server's own. */
function whole(job) {
  if (job.kind === 'lab') return job;
  const settings = Object.fromEntries(Object.entries(job.request).map(([name, value]) => [name, text_of(value)]));
  return { ...job, request: { format: 'png', has_recipe: true, is_listed: true, quality: 80, settings: { ...settings, lora_dir: 'models/Lora', embeddings_dir: '' } } };
}

const names_of_keys = { Steps: 'steps', Sampler: 'sampler_name', 'CFG scale': 'cfg_scale', Seed: 'seed', Size: 'width', 'Clip skip': 'clip_skip' };

const random_of = (seed) => () => (seed = (Math.imul(seed ^ (seed >>> 15), 2246822519) + 0x9e3779b9) >>> 0) / 2 ** 32;

/** A round thing on a ground, different for each seed and prompt; `noise` 0 to 1 hides it. */
function painted(width, height, seed, prompt, noise, infotext = '') {
  const random = random_of((seed ^ [...prompt].reduce((sum, sign) => (sum * 31 + sign.codePointAt(0)) >>> 0, 7)) >>> 0);
  for (let i = 0; i < 4; ++i) random();
  const [ground, thing] = [0, 1].map(() => [random() * 255, random() * 255, random() * 255]);
  const [cx, cy, radius] = [0.4 + 0.2 * random(), 0.4 + 0.2 * random(), 0.2 + 0.15 * random()];
  return png(width, height, (x, y) => {
    const inside = Math.hypot(x / width - cx, y / height - cy) < radius;
    const light = 1 - 0.3 * (y / height);
    return (inside ? thing : ground).map((value) => Math.max(0, Math.min(255, Math.round(value * light * (1 - noise) + noise * random() * 255))));
  }, infotext);
}

export class RecordedServer {
  constructor({ step_ms = 30, build_id = 'recorded', start_id = 'a1' } = {}) {
    Object.assign(this, { step_ms, start: recorded_start(start_id, build_id), jobs: [], pictures: [], binned: new Map(), uploads: new Map(), events: [], listeners: new Set(), paused: false, pinned: false, loaded: false, in_file: new Set(), accelerator: null, on_accelerator: new Set(), kept: new Set(), folders: [], event_id: 0, number: 0, seen: [] });
    this.server = http.createServer((request, response) => this.answer(request, response));
    this.server.on('connection', (socket) => { this.sockets.add(socket); socket.on('close', () => this.sockets.delete(socket)); });
    this.sockets = new Set();
    this.reports = finished_reports();
  }

  listen(port = 0) {
    return new Promise((done) => this.server.listen(port, '127.0.0.1', () => done(`http://127.0.0.1:${this.server.address().port}`)));
  }

  close() {
    clearTimeout(this.timer);
    for (const socket of this.sockets) socket.destroy();
    return new Promise((done) => this.server.close(done));
  }

  // Events

  tell(name, data) {
    const text = `id: ${++this.event_id}\nevent: ${name}\ndata: ${JSON.stringify(data)}\n\n`;
    for (const response of this.listeners) response.write(text);
  }

  listen_to_events(response) {
    response.writeHead(200, { 'Content-Type': 'text/event-stream', 'Cache-Control': 'no-store' });
    this.listeners.add(response);
    response.on('close', () => this.listeners.delete(response));
    const one = (name, data) => response.write(`id: ${++this.event_id}\nevent: ${name}\ndata: ${JSON.stringify(data)}\n\n`);
    one('hello', { start_id: this.start.start_id, build_id: this.start.build_id, time: Date.now() / 1000 });
    one('snapshot', { jobs: this.live().map(whole), paused: this.paused, residency: this.residency() });
  }

  tell_job(job) {
    this.tell('job', whole(job));
  }

  tell_queue() {
    this.tell('queue', { order: this.jobs.filter((job) => job.state === 'waiting').map((job) => job.id), paused: this.paused });
  }

  // Jobs

  live() {
    return this.jobs.filter((job) => job.state === 'running').concat(this.jobs.filter((job) => job.state === 'waiting'));
  }

  add_job({ id, kind, request, to_front }) {
    const known = this.jobs.find((job) => job.id === id);
    if (known) return [200, whole(known)];
    if (kind !== 'generate') throw new Refusal(422, 'Unsupported', `job: the kind must be generate, ${kind} was given`);
    if (String(request.prompt).includes('(refuse me)')) throw new Refusal(422, 'InvalidRequest', '--steps: a whole number from 1 to 1000 is needed, "0" was given');
    const job = { id: id ?? `job-${this.number + 1}`, number: ++this.number, kind, state: 'waiting', title: String(request.prompt ?? '').slice(0, 60), owner: '', created: Date.now() / 1000, started: null, ended: null, request, pictures: [], progress: null, error: null, warnings: [] };
    const at = this.jobs.findIndex((other) => other.state === 'waiting');
    if (to_front && at >= 0) this.jobs.splice(at, 0, job);
    else this.jobs.push(job);
    this.tell_job(job);
    this.tell_queue();
    this.work();
    return [201, whole(job)];
  }

  asked(job, name) {
    return job.request[name] ?? this.start.recommended[name] ?? this.start.fields.find((field) => field.name === name)?.default;
  }

  work() {
    if (this.jobs.some((job) => job.state === 'running') || this.paused) return;
    const job = this.jobs.find((other) => other.state === 'waiting');
    if (!job) return;
    Object.assign(job, { state: 'running', started: Date.now() / 1000 });
    this.loaded = true;
    const [steps, pictures] = [this.asked(job, 'steps'), this.asked(job, 'n_iter') * this.asked(job, 'batch_size')];
    job.progress = { id: job.id, stage: 'loading the model', picture: 1, pictures, step: 0, steps, seconds_per_step: null, seconds_left: null };
    this.tell_job(job);
    this.tell_queue();
    this.timer = setTimeout(() => this.step(job), this.step_ms);
  }

  step(job) {
    if (job.state !== 'running') return;
    if (job.request.prompt?.includes('(fail)')) return this.end(job, 'failed', 'sample "Emoji 128": the latent must be finite, but step 3 holds NaN; try --precision fp32');
    const now = job.progress;
    now.stage = 'sampling';
    now.step += 1;
    now.seconds_per_step = this.step_ms / 1000;
    now.seconds_left = ((now.pictures - now.picture) * now.steps + now.steps - now.step) * now.seconds_per_step;
    this.tell('progress', now);
    this.tell('preview', { id: job.id, picture: now.picture, step: now.step, url: `/api/v1/jobs/${job.id}/preview?step=${(now.picture - 1) * 1000 + now.step}` });
    if (now.step >= now.steps) this.finish_picture(job);
    if (job.state === 'running') this.timer = setTimeout(() => this.step(job), this.step_ms);
  }

  finish_picture(job, is_skipped = false) {
    const now = job.progress;
    if (!is_skipped) {
      const seed = Number(this.asked(job, 'seed')) + now.picture - 1;
      const [width, height] = [this.asked(job, 'width') || 128, this.asked(job, 'height') || 128].map(Number);
      const id = this.pictures.length + this.binned.size + 1;
      const infotext = `${job.request.prompt}\nSteps: ${now.steps}, Sampler: ${this.asked(job, 'sampler_name')}, CFG scale: ${this.asked(job, 'cfg_scale')}, Seed: ${seed}, Size: ${width}x${height}`;
      const picture = { id, job: job.id, seed, width, height, created: Date.now() / 1000, prompt: String(job.request.prompt ?? ''), url: `/api/v1/pictures/${id}/file`, thumbnail: `/api/v1/pictures/${id}/thumbnail`, infotext, model: this.start.models.find(({ title }) => title === this.start.model)?.name ?? '', flag: 'none' };
      this.pictures.unshift({ ...picture, request: job.request });
      job.pictures.push(picture);
      this.tell('picture', picture);
    }
    if (now.picture >= now.pictures) return this.end(job, 'finished');
    Object.assign(now, { picture: now.picture + 1, step: 0 });
    return this.tell_job(job);
  }

  end(job, state, error = null) {
    Object.assign(job, { state, error, ended: Date.now() / 1000, progress: null });
    this.tell_job(job);
    this.tell_queue();
    this.work();
    return job;
  }

  residency() {
    const part = (name, bytes) => { const where = this.on_accelerator.has(name) ? 'accelerator' : this.loaded && !this.in_file.has(name) ? 'memory' : 'file'; return { name, where, bytes, memory_bytes: 0, accelerator_bytes: where === 'accelerator' ? bytes : 0, file_bytes: where === 'accelerator' ? 0 : bytes, read_bytes: where === 'memory' ? bytes : 0, pinned: this.kept.has(name), movable: true, precision: 'fp32' }; };
    return { model: this.start.model, state: this.loaded ? 'loaded' : 'unloaded', parts: [part('Text encoder', 246e6), part('UNet', 1720e6), part('VAE', 335e6)], pinned: this.pinned, last_used: this.jobs.findLast((job) => job.ended)?.ended ?? null, accelerator: this.accelerator, in_use_by: this.jobs.find((job) => job.state === 'running')?.id ?? null, memory: { total: 16e9, free: 11.4e9, process: this.loaded ? 4.6e9 : 0.3e9 } };
  }

  // Addresses

  async answer(request, response) {
    const url = new URL(request.url, 'http://localhost');
    try {
      if (!url.pathname.startsWith('/api/')) return this.serve(url.pathname, response);
      const parts = [];
      for await (const part of request) parts.push(part);
      await this.call(request, url, Buffer.concat(parts), response);
    } catch (error) {
      if (!(error instanceof Refusal)) console.error(error);
      this.send(response, error.status ?? 500, { error: error.kind ?? 'Internal', detail: error.message });
    }
  }

  serve(name, response) {
    const file = path.join(dist, name);
    if (name.startsWith('/assets/') && fs.existsSync(file)) {
      response.writeHead(200, { 'Content-Type': types[path.extname(file)] ?? 'application/octet-stream', 'Cache-Control': 'max-age=31536000, immutable' });
      return response.end(fs.readFileSync(file));
    }
    if (!/^\/(|gallery(\/.*)?|models(\/.*)?|settings(\/.*)?|queue|train(\/.*)?|lab(\/.*)?)$/.test(name)) return response.writeHead(404).end();
    const block = `<script type="application/json" id="start">${JSON.stringify(this.start).replace(/</g, '\\u003c')}</script>`;
    response.writeHead(200, { 'Content-Type': types['.html'], 'Content-Security-Policy': policy, 'Cache-Control': 'no-store' });
    return response.end(fs.readFileSync(path.join(dist, 'index.html'), 'utf8').replace('<!--start-->', block));
  }

  send(response, status, value) {
    response.writeHead(status, { 'Content-Type': 'application/json' });
    response.end(JSON.stringify(value));
  }

  picture(id) {
    const found = this.pictures.find((picture) => picture.id === Number(id));
    if (!found) throw new Refusal(404, 'NotFound', `There is no picture ${id}.`);
    return found;
  }

  job(id) {
    const found = [...this.jobs, ...this.reports].find((job) => job.id === id);
    if (!found) throw new Refusal(404, 'NotFound', `There is no job ${id}.`);
    return found;
  }

  async call(request, url, body, response) {
    const key = `${request.method} ${url.pathname.replace('/api/v1', '')}`;
    const json = () => (body.length === 0 ? {} : JSON.parse(body.toString('utf8')));
    this.seen.push({ key, body: request.headers['content-type'] === 'application/json' ? json() : body.length });
    const image = (bytes) => { response.writeHead(200, { 'Content-Type': 'image/png' }); response.end(bytes); };
    for (const [pattern, act] of this.routes()) {
      const match = pattern.exec(key);
      if (!match) continue;
      const answer = act({ match, url, json, body, image, response });
      return answer === undefined ? undefined : this.send(response, answer[0], answer[1]);
    }
    throw new Refusal(404, 'NotFound', `There is no ${key}.`);
  }

  routes() {
    this.table ??= [...this.job_routes(), ...this.picture_routes(), ...this.model_routes(), ...train_routes((seed, words, infotext = '') => painted(128, 128, seed, words, 0, infotext))];
    return this.table;
  }

  job_routes() {
    return [
      [/^GET \/events$/, ({ response }) => { this.listen_to_events(response); }],
      [/^GET \/start$/, () => [200, this.start]],
      [/^POST \/refresh$/, () => [200, this.start]],
      [/^POST \/jobs$/, ({ json }) => this.add_job(json())],
      [/^GET \/jobs$/, ({ url }) => {
        const states = (url.searchParams.get('state') ?? 'waiting,running').split(',');
        const all = [...this.live(), ...this.jobs.filter((job) => !['waiting', 'running'].includes(job.state)).reverse()];
        const kind = url.searchParams.get('kind');
        if (kind === 'lab') all.push(...this.reports);
        return [200, { jobs: all.filter((job) => states.includes(job.state) && (!kind || job.kind === kind)).slice(0, Number(url.searchParams.get('limit') ?? 100)).map(whole), paused: this.paused }];
      }],
      [/^POST \/plans\/xyz$/, ({ json }) => [200, plan_of(json())]],
      [/^POST \/plans\/lab$/, ({ json }) => [200, json().report === 'samplers' ? { pictures: 0, calls: 0 } : { pictures: 3, calls: 60 }]],
      [/^POST \/noise-levels$/, () => [200, { sigmas: [14.6, 8.1, 4.1, 1.8, 0.6, 0.03, 0], sampler: 'DPM++ 2M', schedule: 'Karras' }]],
      [/^GET \/jobs\/([^/]+)\/files\/([^/]+)$/, ({ match }) => report_file(this.job(match[1]), decodeURIComponent(match[2]))],
      [/^GET \/jobs\/([^/]+)$/, ({ match }) => [200, whole(this.job(match[1]))]],
      [/^DELETE \/jobs\/([^/]+)$/, ({ match }) => { const job = this.job(match[1]); return [200, whole(['waiting', 'running'].includes(job.state) ? this.end(job, 'cancelled') : job)]; }],
      [/^POST \/jobs\/([^/]+)\/skip$/, ({ match }) => { this.finish_picture(this.job(match[1]), true); return [200, {}]; }],
      [/^POST \/jobs\/([^/]+)\/move$/, ({ match, json }) => { this.move(this.job(match[1]), json().to); return [200, {}]; }],
      [/^GET \/jobs\/([^/]+)\/preview$/, ({ match, url, image }) => this.preview(this.job(match[1]), Number(url.searchParams.get('step')), image)],
      [/^POST \/queue$/, ({ json }) => { this.paused = json().paused; this.tell_queue(); this.work(); return [200, { paused: this.paused }]; }],
      [/^POST \/queue\/clear$/, () => { const all = this.jobs.filter((job) => job.state === 'waiting'); for (const job of all) this.end(job, 'cancelled'); return [200, { cancelled: all.length }]; }],
    ];
  }

  move(job, to) {
    const waiting = this.jobs.filter((other) => other.state === 'waiting');
    const at = waiting.indexOf(job);
    const goal = { front: 0, up: Math.max(0, at - 1), down: Math.min(waiting.length - 1, at + 1), back: waiting.length - 1 }[to];
    waiting.splice(goal, 0, ...waiting.splice(at, 1));
    this.jobs = [...this.jobs.filter((other) => other.state !== 'waiting'), ...waiting];
    this.tell_queue();
  }

  preview(job, step, image) {
    const [width, height] = [this.asked(job, 'width') || 128, this.asked(job, 'height') || 128].map((side) => Math.max(8, Number(side) / 8));
    const [picture, at] = [Math.floor(step / 1000), step % 1000];
    image(painted(width, height, Number(this.asked(job, 'seed')) + picture, String(job.request.prompt), Math.max(0, 0.85 - at / this.asked(job, 'steps'))));
  }

  picture_routes() {
    return [
      [/^GET \/pictures$/, ({ url }) => {
        const [search, sort, before] = ['search', 'sort', 'before'].map((name) => url.searchParams.get(name) ?? '');
        const found = sorted_pictures(found_pictures(this.pictures, search), sort);
        const start = found.findIndex((picture) => picture.id === Number(before)) + 1;
        return [200, { pictures: found.slice(start, start + Number(url.searchParams.get('limit') ?? 60)), total: found.length }];
      }],
      [/^GET \/pictures\/facets$/, ({ url }) => [200, { facets: picture_facets(this.pictures, url.searchParams.get('search') ?? '') }]],
      [/^GET \/pictures\/(\d+)$/, ({ match }) => { const picture = this.picture(match[1]); return [200, { ...picture, request: this.recipe(Buffer.from(picture.infotext)).settings, recipe: [...this.recipe(Buffer.from(picture.infotext)).fields, { key: 'Version', value: 'darkroom 1.0', field: null, honoured: 'note', note: '' }] }]; }],
      [/^GET \/pictures\/(\d+)\/(file|thumbnail)$/, ({ match, image }) => { const { width, height, seed, prompt, infotext } = this.picture(match[1]); image(painted(width, height, seed, prompt, 0, infotext)); }],
      [/^POST \/pictures\/(\d+)\/flag$/, ({ match, json }) => { this.picture(match[1]).flag = json().flag; return [200, {}]; }],
      [/^DELETE \/pictures\/(\d+)$/, ({ match }) => { const picture = this.picture(match[1]); this.binned.set(picture.id, picture); this.pictures = this.pictures.filter((other) => other !== picture); return [200, {}]; }],
      [/^POST \/pictures\/(\d+)\/restore$/, ({ match }) => { const picture = this.binned.get(Number(match[1])); this.binned.delete(picture.id); this.pictures = [...this.pictures, picture].sort((a, b) => b.id - a.id); return [200, picture]; }],
      [/^POST \/recipe$/, ({ body }) => [200, this.recipe(body)]],
      [/^POST \/uploads$/, ({ body }) => {
        const size = png_size(body);
        if (!size) throw new Refusal(422, 'InvalidRequest', 'upload: a PNG, JPEG or WebP is needed');
        const name = `${this.uploads.size + 1}`.padStart(8, '0');
        this.uploads.set(name, body);
        return [200, { name: `upload:${name}`, width: size[0], height: size[1] }];
      }],
      [/^GET \/uploads\/(\w+)$/, ({ match, image }) => image(this.uploads.get(match[1]))],
    ];
  }

  recipe(body) {
    const infotext = png_size(body) ? png_text(body) : body.toString('utf8');
    const line = /Steps: .*$/m.exec(infotext)?.[0] ?? '';
    if (line === '') return { infotext, settings: {}, fields: [] };
    const pairs = Object.fromEntries(line.split(/, (?=[A-Z][\w ]*: )/).map((pair) => { const at = pair.indexOf(': '); return [pair.slice(0, at), pair.slice(at + 2)]; }));
    const settings = { prompt: infotext.split('\n')[0] };
    for (const [key, name] of Object.entries(names_of_keys)) if (pairs[key]) settings[name] = pairs[key];
    if (pairs.Size) [settings.width, settings.height] = pairs.Size.split('x');
    const fields = Object.entries(pairs).map(([key, value]) => (key === 'Face restoration' ? { key, value, field: null, honoured: 'no', note: 'there is no face restoration here' } : { key, value, field: names_of_keys[key] ?? null, honoured: 'yes', note: '' }));
    return { infotext, settings, fields, model_title: this.start.model };
  }

  model_routes() {
    return [
      [/^GET \/residency$/, () => [200, this.residency()]],
      [/^POST \/residency$/, ({ json }) => {
        const { action, part, to } = json();
        if (action === 'move') {
          this.in_file[to === 'file' ? 'add' : 'delete'](part);
          this.on_accelerator[to === 'accelerator' ? 'add' : 'delete'](part);
        }
        else if (part) this.kept[action === 'pin' ? 'add' : 'delete'](part);
        else if (action === 'pin' || action === 'unpin') this.pinned = action === 'pin';
        else this.loaded = action === 'reload';
        this.tell('residency', this.residency());
        return [200, { freed: action === 'unload' ? 2301e6 : action === 'move' && to === 'file' ? 335e6 : 0, seconds: 0.8, ...this.residency() }];
      }],
      [/^GET \/models\/card$/, () => [200, { model: 'emoji', name: 'Emoji 128', card: '# Emoji\n\n## Training\n\nBy `darkroom train`, two hours.\n\n| option | value |\n|---|---|\n| steps | 8500 |\n', knows: { concepts: ['apple', 'rocket'], styles: ['noto'] } }]],
      [/^GET \/loras\/([^/]+)\/preview$/, ({ match, image }) => image(painted(64, 64, 5, match[1], 0))],
      [/^POST \/loras\/([^/]+)\/preview$/, ({ match, json }) => { this.start.loras.find(({ name }) => name === match[1]).preview = String(json().picture); return [200, this.start]; }],
      [/^GET \/folders$/, () => [200, { folders: this.folders }]],
      [/^POST \/folders$/, ({ json }) => {
        const { path: place } = json();
        if (!place.startsWith('/')) throw new Refusal(422, 'InvalidRequest', `add the folder "${place}": a whole path is needed, one that begins with /`);
        const added = [['checkpoints', 6], ['lora', 24], ['vae', 3]].map(([kind, files]) => ({ name: path.basename(place), kind, place: `${place}/${kind}`, files }));
        this.folders.push(...added);
        return [201, { folders: added }];
      }],
      [/^DELETE \/folders\/([^/]+)$/, ({ match }) => { this.folders = this.folders.filter(({ name }) => name !== decodeURIComponent(match[1])); return [200, { folders: this.folders }]; }],
      [/^POST \/model$/, ({ json }) => { this.start.model = json().title; this.start.recommended = this.start.model === 'emoji' ? recorded_start('', '').recommended : { width: 512, height: 512 }; this.loaded = false; return [200, this.start]; }],
      [/^POST \/options$/, ({ json }) => { Object.assign(this.start.options, json()); return [200, { options: this.start.options }]; }],
      [/^POST \/prompt$/, ({ json }) => [200, this.read_prompt(json())]],
    ];
  }

  read_prompt({ prompt, negative_prompt }) {
    const read = (text) => {
      const words = text.replace(/<[^>]*>/g, ' ').split(/[\s(),:\d.[\]]+|(?=,)/).filter((word) => word !== '');
      const chunks = [];
      for (let i = 0; i < Math.max(1, words.length); i += 75) chunks.push(words.slice(i, i + 75).map((word) => ({ text: word, weight: text.includes(`(${word}:1.1)`) ? 1.1 : 1 })));
      return { tokens: words.length, limit: 75, chunks, error: null };
    };
    const loras = [...prompt.matchAll(/<lora:([^:>]+):?([\d.]*)>/g)].map(([, name, weight]) => ({ name, weight: Number(weight || 1), found: this.start.loras.some((lora) => lora.name === name) }));
    return { prompt: read(prompt), negative_prompt: read(negative_prompt), loras };
  }
}

if (process.argv[1] === fileURLToPath(import.meta.url)) {
  const server = new RecordedServer({ step_ms: Number(process.argv[3] ?? 60) });
  console.log(await server.listen(Number(process.argv[2] ?? 7861)));
}
