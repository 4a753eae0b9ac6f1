// The end-to-end tests as CI runs them: node tools/ci_e2e.mjs PROGRAM. First against the recorded server, then what only the program can
// show, with a copy of the models. Left out is what depends on how busy the machine is: frame rates (many) and the seconds of the acceptance
// list (acceptance); `npm run e2e` runs those too.
// Exit code 77: there is no browser here, nothing was tested; where CI is set that is a failure.
import { spawnSync } from 'node:child_process';
import fs from 'node:fs';
import path from 'node:path';
import { fileURLToPath } from 'node:url';

const recorded = ['access', 'canvas', 'gallery', 'generate', 'offline', 'places', 'queue', 'runs'];
const real = ['program', 'train', 'lab_program'];
const longest_ms = 600_000; // of one file; on two idle cores the longest takes a fifth of that

const web = fileURLToPath(new URL('../', import.meta.url));
const browsers = [process.env.CHROMIUM, '/usr/bin/chromium', '/usr/bin/chromium-browser', '/usr/bin/google-chrome'];

if (!browsers.some((file) => file && fs.existsSync(file))) {
  console.error('end-to-end tests of the page: Chromium is not here; tools/setup.sh e2e installs it (Debian package chromium), or name it in CHROMIUM');
  process.exit(process.env.CI ? 1 : 77);
}
for (const [file, how] of [['node_modules/playwright-core', 'npm ci in web/'], ['dist/index.html', 'npm run build in web/']])
  if (!fs.existsSync(path.join(web, file))) {
    console.error(`end-to-end tests of the page: web/${file} is not here; run ${how}`);
    process.exit(1);
  }

function passes_once(name, env) {
  const start = Date.now();
  const file = path.join(web, 'e2e', `${name}_test.mjs`);
  const { status, stdout } = spawnSync(process.execPath, ['--test', '--test-reporter=spec', file], { env: { ...process.env, ...env }, encoding: 'utf8', timeout: longest_ms, killSignal: 'SIGTERM', stdio: ['ignore', 'pipe', 'inherit'], maxBuffer: 1 << 26 });
  const seconds = ((Date.now() - start) / 1000).toFixed(0);
  console.log(`${name}: ${status === 0 ? 'passed' : status === null ? 'did not end in time' : 'failed'}, ${seconds} s`);
  if (status !== 0) console.log(stdout);
  return status === 0;
}

/** Browser and program share the cores with whatever else the machine does: what passes the second time is said, and passes. */
function passes(name, env) {
  if (passes_once(name, env)) return true;
  console.log(`${name}: once more`);
  return passes_once(name, env);
}

const failed = recorded.filter((name) => !passes(name, { DARKROOM_URL: undefined }));
if (process.argv[2]) {
  process.env.DARKROOM_PROGRAM = path.resolve(process.argv[2]);
  const { OwnProgram } = await import('../e2e/own_program.mjs');
  const darkroom = new OwnProgram();
  try {
    const DARKROOM_URL = await darkroom.start();
    failed.push(...real.filter((name) => !passes(name, { DARKROOM_URL })));
  } finally {
    await darkroom.close();
  }
}
if (failed.length > 0) console.error(`failed: ${failed.join(', ')}`);
process.exit(failed.length > 0 ? 1 : 0);
