#!/usr/bin/env node
// Holds the program's commands against the tables of tests/golden, row by row, as a user could from the shell:
// sigmas.json (lab sigmas), samplers.json (lab sample), prompts.json (prompt), lora.json (lora delta).
import {execFile} from 'node:child_process';
import fs from 'node:fs';
import os from 'node:os';
import path from 'node:path';
import {parseArgs, promisify} from 'node:util';
import {safetensors} from './safetensors.mjs';

const ROOT = path.join(import.meta.dirname ?? path.dirname(new URL(import.meta.url).pathname), '../..');
const USAGE = 'usage: node tools/golden/shell_rows.mjs [--program build/darkroom] [--golden tests/golden] [--table NAME]';
const run = promisify(execFile);

// The tables' names of what the commands call otherwise.
const SCHEDULES = {
  'align_your_steps/sdxl': ['Align Your Steps', '--sdxl'], align_your_steps: ['Align Your Steps'], kl_optimal: ['KL Optimal'],
  sgm_uniform: ['SGM Uniform'], ddim: ['DDIM'],
};
const SAMPLERS = {
  'DPM fast eta 0': 'DPM fast', 'DPM adaptive eta 0': 'DPM adaptive', 'Euler churn': 'Euler', 'DDIM eta 1': ['DDIM', '--eta', '1'],
};
const WORLD = ['--world', 'tanh', '--shape', '4,4,4', '--seeds', '42,43'];

const largest = (found, wanted) => {
  if (found.length !== wanted.length) return Infinity;
  return found.reduce((most, value, i) => Math.max(most, Math.abs(value - wanted[i])), 0);
};
const largestRelative = (found, wanted) => {
  if (found.length !== wanted.length) return Infinity;
  return found.reduce((most, value, i) =>
    Math.max(most, value === wanted[i] ? 0 : Math.abs(value - wanted[i]) / Math.abs(wanted[i])), 0);
};
const same = (found, wanted) => JSON.stringify(found) === JSON.stringify(wanted) ? 0 : Infinity;
/// Texts exactly, weights to the last digit but one of a double.
const sameTexts = (found, wanted) =>
  found.length === wanted.length && found.every(([text, weight], i) =>
    text === wanted[i][0] && Math.abs(weight - wanted[i][1]) < 1e-12) ? 0 : Infinity;

const tables = {
  sigmas: golden => golden.schedules.map(row => ({
    name: `${row.name}, ${row.n} steps`, tolerance: 1e-5,
    arguments: ['lab', 'sigmas', '--json', '--steps', row.n, '--schedule', ...(SCHEDULES[row.name] ?? [row.name])],
    difference: found => largestRelative(found.sigmas, row.sigmas),
  })),

  samplers: golden => golden.runs.map(row => {
    const said = [SAMPLERS[row.sampler] ?? row.sampler].flat();
    for (const key of ['eta', 's_churn', 's_noise']) {
      if (row[key] !== undefined) said.push(`--${key.replace('_', '-')}`, row[key]);
    }
    if (row.schedule) said.push('--schedule', row.schedule);
    return {
      name: row.sampler, tolerance: 2e-4,
      arguments: ['lab', 'sample', '--json', ...WORLD, '--steps', row.steps, '--sampler', ...said],
      difference: found => found.calls === row.calls ? largest(found.result, row.result) : Infinity,
    };
  }),

  prompts: golden => [
    ...golden.attention.map(row => ({
      name: `attention ${row.text}`, tolerance: 0, arguments: ['prompt', '--json', '--', row.text],
      difference: found => sameTexts(found.attention, row.out),
    })),
    ...golden.schedules.map(row => ({
      name: `schedule ${row.text}`, tolerance: 0,
      arguments: ['prompt', '--json', '--steps', row.steps, ...(row.hires_steps ? ['--hires-steps', row.hires_steps] : []),
        ...(row.old ? ['--old-schedule'] : []), '--', row.text],
      difference: found => same(found.schedules, row.out),
    })),
    ...golden.and.map(row => ({
      name: `AND ${row.text}`, tolerance: 0, arguments: ['prompt', '--json', '--', row.text],
      difference: found => sameTexts(found.and, row.out),
    })),
  ],

  lora: (golden, folder) => golden.map((row, i) => {
    const file = path.join(folder, `lora_${i}.safetensors`), weights = path.join(folder, `weights_${i}.safetensors`);
    const named = Object.entries(row.tensors).map(([name, tensor]) => [`lora_unet_layer.${name}`, tensor]);
    fs.writeFileSync(file, safetensors(Object.fromEntries(named)));
    fs.writeFileSync(weights, safetensors({'lora_unet_layer.weight': row.weight}));
    return {
      name: row.name, tolerance: 1e-5,
      arguments: ['lora', 'delta', `${file}:${row.multiplier}`, '--weights', weights, '--json'],
      difference: ({layers: [found]}) => {
        if (same(found.delta.shape, row.delta.shape)) return Infinity;
        if ((found.bias_delta === null) !== (row.bias_delta === null)) return Infinity;
        return Math.max(largest(found.delta.data, row.delta.data),
          row.bias_delta ? largest(found.bias_delta.data, row.bias_delta) : 0);
      },
    };
  }),
};

async function difference(program, row) {
  const {stdout} = await run(program, row.arguments.map(String), {cwd: ROOT, maxBuffer: 1 << 26});
  return row.difference(JSON.parse(stdout));
}

async function main() {
  const {values} = parseArgs({options: {
    program: {type: 'string', default: path.join(ROOT, 'build/darkroom')},
    golden: {type: 'string', default: path.join(ROOT, 'tests/golden')}, table: {type: 'string'}, help: {type: 'boolean'},
  }});
  if (values.help) return console.log(USAGE);
  if (values.table && !tables[values.table]) throw new Error(`--table is one of ${Object.keys(tables).join(', ')}; ${USAGE}`);
  const folder = fs.mkdtempSync(path.join(os.tmpdir(), 'golden_rows_'));
  try {
    for (const [name, rowsOf] of Object.entries(tables).filter(([name]) => !values.table || name === values.table)) {
      const rows = rowsOf(JSON.parse(fs.readFileSync(path.join(values.golden, `${name}.json`))), folder);
      let worst = 0, failed = 0;
      const waiting = [...rows];
      await Promise.all(os.cpus().map(async () => {
        for (let row = waiting.shift(); row; row = waiting.shift()) {
          const found = await difference(path.resolve(values.program), row);
          worst = Math.max(worst, found);
          if (found <= row.tolerance) continue;
          ++failed;
          console.log(`  ${name}: ${row.name}: ${found} is more than ${row.tolerance}\n    darkroom ${row.arguments.join(' ')}`);
        }
      }));
      console.log(`${name}: ${rows.length - failed} of ${rows.length} rows, largest difference ${worst.toPrecision(2)}`);
      if (failed || rows.length === 0) process.exitCode = 1;
    }
  } finally {
    fs.rmSync(folder, {recursive: true});
  }
}

main().catch(problem => { console.error(`error: ${problem.message}`); process.exitCode = 1; });
