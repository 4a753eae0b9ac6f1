// Every #include in src/ against the two tables of docs/ARCHITECTURE.md, which are the law: the more specific row counts.
// "never" also holds for what is included through others; a header whose home names no place may be included anywhere.
import {markdownTable, quoted} from './source_tree.mjs';

const LAW = 'docs/ARCHITECTURE.md';

export function problems(tree) {
  const folders = markdownTable(tree.get(LAW), '### Who may include whom').map(([files, may, never]) => ({
    files: quoted(files), may: quoted(may), never: quoted(never),
  }));
  const headers = markdownTable(tree.get(LAW), '### Where other people\'s headers live').map(([header, home]) => ({
    header: quoted(header).map(name => name.slice(1, -1)), home: quoted(home),
  }));

  const found = [];
  const included = new Map();  // our file -> [{line, name}] of our files
  for (const [path, text] of tree) {
    if (!/^src\/.*\.(h|cpp)$/.test(path)) continue;
    const file = path.slice('src/'.length);
    const row = mostSpecific(folders, file);
    if (!row) {
      found.push(`${path}: no row of "Who may include whom" in ${LAW} covers it`);
      continue;
    }
    const ours = [];
    text.split('\n').forEach((content, index) => {
      const match = content.match(/^\s*#\s*include\s+([<"])([^>"]+)[>"]/);
      if (!match) return;
      const [, kind, name] = match;
      const at = `${path}:${index + 1}: includes ${kind === '"' ? `"${name}"` : `<${name}>`}`;
      if (kind === '"') {
        ours.push({at, name});
        if (!tree.has(`src/${name}`)) found.push(`${at}, which is not a file below src/`);
        const own = name.startsWith(file.slice(0, file.indexOf('/') + 1));
        if (!own && !covers(row.may, name)) found.push(`${at}; the table allows ${row.may.join(' ') || 'nothing'}`);
      } else if (/[./]/.test(name)) {
        const home = headers.find(({header}) => covers(header, name));
        if (!home) found.push(`${at}, which has no home; give it a row in ${LAW} or do without`);
        else if (home.home.length && !covers(home.home, file)) found.push(`${at}; its home is ${home.home.join(' ')}`);
      }
    });
    included.set(file, {ours, row});
  }

  for (const [file, {ours, row}] of included) {
    for (const {at, name} of ours) {
      const chain = pathToForbidden(included, name, row.never, [file, name]);
      if (chain) found.push(`${at} and so reaches what is never allowed there: ${chain.join(' -> ')}`);
    }
  }
  return found;
}

/** "base/" covers everything below it, "prompt/encode" encode.h and encode.cpp, "base/tensor.h" itself. */
function covers(patterns, name) {
  return patterns.some(pattern =>
    name === pattern || (pattern.endsWith('/') ? name.startsWith(pattern) : name.startsWith(`${pattern}.`)));
}

function mostSpecific(rows, file) {
  let best, length = 0;
  for (const row of rows) {
    for (const pattern of row.files) {
      if (covers([pattern], file) && pattern.length > length) [best, length] = [row, pattern.length];
    }
  }
  return best;
}

function pathToForbidden(included, name, never, chain, seen = new Set()) {
  if (covers(never, name)) return chain;
  if (seen.has(name)) return null;
  seen.add(name);
  for (const next of included.get(name)?.ours ?? []) {
    const longer = pathToForbidden(included, next.name, never, [...chain, next.name], seen);
    if (longer) return longer;
  }
  return null;
}
