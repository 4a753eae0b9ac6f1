// A program of the test's own, with a copy of the models and a folder that goes with it: tests may kill it and start it again.
// DARKROOM_PROGRAM names it; without it build/darkroom of the repository.
import { execFileSync, spawn } from 'node:child_process';
import fs from 'node:fs';
import os from 'node:os';
import path from 'node:path';
import { fileURLToPath } from 'node:url';

const root = fileURLToPath(new URL('../../', import.meta.url));
export const program = path.resolve(process.env.DARKROOM_PROGRAM ?? path.join(root, 'build/darkroom'));
export const has_program = fs.existsSync(program);

export class OwnProgram {
  constructor() {
    this.folder = fs.mkdtempSync(path.join(os.tmpdir(), 'darkroom-e2e-'));
    fs.cpSync(path.join(root, 'models'), path.join(this.folder, 'models'), { recursive: true });
  }

  /** Waits until it answers. The second start takes the port of the first. */
  async start() {
    const options = ['serve', '--port', String(this.port ?? 0), '--models', path.join(this.folder, 'models'), '--output', path.join(this.folder, 'out')];
    this.child = spawn(program, options, { stdio: ['ignore', 'pipe', 'inherit'], env: { ...process.env, OMP_WAIT_POLICY: 'passive' } });
    this.url = await new Promise((done, fail) => {
      let told = '';
      this.child.stdout.on('data', (bytes) => { told += bytes; const found = /http:\/\/\S+/.exec(told); if (found) done(found[0]); });
      this.child.on('exit', (code) => fail(new Error(`darkroom serve ended with ${code}`)));
    });
    this.port = Number(new URL(this.url).port);
    return this.url;
  }

  /** As a power cut does. */
  async kill() {
    const gone = new Promise((done) => this.child.once('exit', done));
    this.child.kill('SIGKILL');
    await gone;
  }

  async close() {
    if (this.child && this.child.exitCode === null && this.child.signalCode === null) await this.kill();
    fs.rmSync(this.folder, { recursive: true, force: true });
  }

  /** What a command of the program prints. */
  says(...words) {
    return execFileSync(program, words, { encoding: 'utf8', cwd: this.folder });
  }
}
