// Bundles tests/*_test.ts with the bundler that comes with Vite (Node 18 reads no TypeScript) and runs them with Node's own runner.
import { spawnSync } from 'node:child_process';
import fs from 'node:fs';
import os from 'node:os';
import path from 'node:path';
import { fileURLToPath } from 'node:url';
import { build } from 'esbuild';

const here = fileURLToPath(new URL('../tests/', import.meta.url));
const out = fs.mkdtempSync(path.join(os.tmpdir(), 'darkroom-web-tests-'));
const entryPoints = fs.readdirSync(here).filter((name) => name.endsWith('_test.ts')).map((name) => path.join(here, name));
await build({ entryPoints, outdir: out, bundle: true, platform: 'node', format: 'esm', target: 'node18', outExtension: { '.js': '.mjs' }, jsx: 'automatic', jsxImportSource: 'preact', sourcemap: 'inline', logLevel: 'warning', loader: { '.css': 'empty' } });
const tests = fs.readdirSync(out).map((name) => path.join(out, name));
const { status } = spawnSync(process.execPath, ['--enable-source-maps', '--test', ...tests], { stdio: 'inherit' });
fs.rmSync(out, { recursive: true, force: true });
process.exitCode = status ?? 1;
