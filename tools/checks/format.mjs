// All C++ is as clang-format 14 (Debian 12's) leaves it with our .clang-format; other versions decide differently.
import {spawnSync} from 'node:child_process';
import {root} from './source_tree.mjs';

const DECIDES = 14;

export function problems(tree, cwd = root) {
  if (installed() !== DECIDES) return [];
  const files = [...tree.keys()].filter(path => /\.(h|cpp)$/.test(path));
  if (!files.length) return [];
  const run = spawnSync('clang-format', ['--dry-run', '-Werror', ...files], {cwd, encoding: 'utf8'});
  const wrong = new Set([...run.stderr.matchAll(/^([^:\n]+):\d+:\d+: error/gm)].map(match => match[1]));
  if (run.status !== 0 && !wrong.size) return [`clang-format failed: ${run.stderr.trim() || run.error?.message}`];
  return [...wrong].map(path => `${path}: is not formatted; run make format`);
}

export function notes() {
  const version = installed();
  return version === DECIDES ? [] : [`formatting was not checked: clang-format ${DECIDES} decides, here is ${version ?? 'none'}`];
}

function installed() {
  const match = spawnSync('clang-format', ['--version'], {encoding: 'utf8'}).stdout?.match(/version (\d+)/);
  return match ? Number(match[1]) : null;
}
