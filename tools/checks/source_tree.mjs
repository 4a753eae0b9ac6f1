// The text files of the project as the checks see them: a Map from path (relative to the root, with /) to content.
import {readdirSync, readFileSync, statSync} from 'node:fs';
import {dirname, join} from 'node:path';
import {fileURLToPath} from 'node:url';

export const root = join(dirname(fileURLToPath(import.meta.url)), '..', '..');

const TOP = ['.ci', 'bench', 'cmake', 'docs', 'fuzz', 'src', 'tests', 'third_party', 'tools', 'web'];
const NOT_OURS = /(^|\/)(node_modules|fetched|corpus|build[^/]*)$/;
const TEXT = /(\.(h|cpp|md|txt|mjs|js|ts|css|html|json|toml|cmake|sh|py|yml)|(^|\/)(Makefile|LICENSE|NOTICE|run|\.gitignore|\.clang-format))$/;

/** Files are read from the disk, not from git: a check must see what is about to be committed, also in a tarball. */
export function readTree(top = root) {
  const tree = new Map();
  const visit = path => {
    const full = join(top, path);
    if (statSync(full).isDirectory()) {
      if (!NOT_OURS.test(path)) for (const name of readdirSync(full).sort()) visit(`${path}/${name}`);
    } else if (TEXT.test(path)) {
      tree.set(path, readFileSync(full, 'utf8'));
    }
  };
  for (const name of readdirSync(top).sort()) {
    if (TOP.includes(name) || !statSync(join(top, name)).isDirectory()) visit(name);
  }
  return tree;
}

export const lines = text => text.split('\n').length - (text.endsWith('\n') ? 1 : 0);

/** Rows of the first Markdown table below `heading`: an array of cells each, without the header. Throws if none. */
export function markdownTable(text, heading) {
  const all = text.split('\n');
  let row = all.indexOf(heading);
  if (row < 0) throw new Error(`no heading "${heading}"`);
  while (row < all.length && !all[row].startsWith('|')) ++row;
  const rows = [];
  for (row += 2; row < all.length && all[row].startsWith('|'); ++row) {
    rows.push(all[row].split('|').slice(1, -1).map(cell => cell.trim()));
  }
  if (!rows.length) throw new Error(`no table below "${heading}"`);
  return rows;
}

/** What stands in `back quotes` in a cell. */
export const quoted = cell => [...cell.matchAll(/`([^`]+)`/g)].map(match => match[1]);
