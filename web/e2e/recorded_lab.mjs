// What the recorded server knows of plots and reports: reports that are finished, with the files of docs/lab.
import fs from 'node:fs';
import { fileURLToPath } from 'node:url';

const docs = fileURLToPath(new URL('../../docs/lab/', import.meta.url));
const lora = {
  kinds: [{ value: 'LoRA', layers: 84 }], ranks: [{ value: 8, layers: 84 }], alphas: [{ value: 8, layers: 84 }], scales: [{ value: 1, layers: 84 }], made_for: 'SD 1.x', change: 19.53, unknown_changes: 0,
  blocks: [{ name: 'down_blocks.1', layers: 12, change: 5.61, relative: 0.03 }, { name: 'mid_block', layers: 12, change: 6.67, relative: 0.05 }], unmatched: [], unused: [], embeddings: [], notes: [], metadata: {},
};
const comparison = { first: 2, second: 1, difference: 1, relative: 0.5, cosine: 1, shared_layers: 84, only_first: 0, only_second: 0, verdict: 'The second does 0.5 times what the first does.', layers: [{ name: 'mid_block.attn', first: 1, second: 0.5, difference: 0.5 }] };
const told = { 'lora_1.json': lora, 'lora_2.json': lora, 'comparison.json': comparison };

/** Where docs/lab keeps what a report of this kind has. */
const places = { samplers: '', convergence: '', guidance: 'guidance/', precision: 'precision/' };

export function report_file(job, name) {
  if (told[name]) return [200, told[name]];
  const file = `${docs}${places[job.request.report] ?? ''}${name}`;
  return /^[\w.-]+\.json$/.test(name) && fs.existsSync(file) ? [200, JSON.parse(fs.readFileSync(file, 'utf8'))] : [404, { error: 'NotFound', detail: `job ${job.number} has no file "${name}"` }];
}

/** One finished report of each kind. */
export function finished_reports() {
  return Object.entries({ samplers: 'exact solutions', convergence: 'a red apple', guidance: 'a red apple', precision: 'a red apple', lora: 'ink and ink' }).map(([report, title], i) => ({
    id: `report-${report}`, number: 1000 + i, kind: 'lab', state: 'finished', title, owner: '', created: Date.now() / 1000 - 600 * (i + 1), started: 1, ended: 9, pictures: [], progress: null, error: null, warnings: [],
    request: { report, settings: {}, cfg_scales: [1, 7], steps: [5, 10, 20, 40], seeds: 2, loras: report === 'lora' ? [{ path: 'models/Lora/ink.safetensors', weight: 1 }, { path: 'models/Lora/ink.safetensors', weight: 0.5 }] : [], model: '' },
  }));
}

/** How many values an axis such as "Steps: 1, 2" has; ranges count as one here. */
const labels_of = (axis) => (axis ? axis.slice(axis.indexOf(':') + 1).split(',').map((value) => `${axis.split(':')[0]}: ${value.trim()}`) : []);

export function plan_of({ x, y, z }) {
  const [x_labels, y_labels, z_labels] = [x, y, z].map(labels_of);
  const [columns, rows, layers] = [x_labels, y_labels, z_labels].map((labels) => Math.max(1, labels.length));
  return { cells: columns * rows * layers, columns, rows, layers, x_labels, y_labels, z_labels };
}
