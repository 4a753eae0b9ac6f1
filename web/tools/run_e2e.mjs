// Runs e2e/*_test.mjs one after another: each has a browser of its own. Names on the command line choose some ("gallery").
import { spawnSync } from 'node:child_process';
import fs from 'node:fs';
import { fileURLToPath } from 'node:url';
import path from 'node:path';

const folder = fileURLToPath(new URL('../e2e/', import.meta.url));
const wanted = process.argv.slice(2);
const files = fs.readdirSync(folder).filter((name) => name.endsWith('_test.mjs') && (wanted.length === 0 || wanted.some((word) => name.includes(word))));
const failed = files.filter((name) => spawnSync(process.execPath, ['--test', path.join(folder, name)], { stdio: 'inherit' }).status !== 0);
if (failed.length > 0) console.error(`failed: ${failed.join(', ')}`);
process.exitCode = failed.length > 0 ? 1 : 0;
