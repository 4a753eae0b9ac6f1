// What the documents say about the tree is true: every folder explains itself, every dependency has its reason,
// every link leads somewhere.
import {existsSync} from 'node:fs';
import {dirname, join, normalize} from 'node:path';
import {root} from './source_tree.mjs';

export function problems(tree, exists = path => existsSync(join(root, path))) {
  const found = [];
  const folders = new Set([...tree.keys()].map(path => path.match(/^src\/[^/]+\//)?.[0]).filter(Boolean));
  for (const folder of folders) {
    if (!tree.has(`${folder}README.md`)) found.push(`${folder}: has no README.md (what it is for, what it may include, where to start)`);
  }

  const reasons = tree.get('docs/dependencies.md') ?? '';
  for (const [, list] of (tree.get('tools/setup.sh') ?? '').matchAll(/packages="([^"]+)"/g)) {
    for (const name of list.split(/\s+/).filter(word => !word.startsWith('$'))) {
      if (!reasons.includes(`\`${name}\``)) found.push(`tools/setup.sh installs ${name}, but docs/dependencies.md does not say why`);
    }
  }

  for (const [path, text] of tree) {
    if (!path.endsWith('.md')) continue;
    for (const [, target] of text.matchAll(/\]\(([^)\s#]+)[^)]*\)/g)) {
      if (/^[a-z]+:/.test(target)) continue;
      const place = normalize(join(dirname(path), target));
      if (!exists(place)) found.push(`${path}: links to ${target}, which is not there`);
    }
  }
  return found;
}
