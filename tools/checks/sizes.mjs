// Long files are hard to see. The limits are those of CONTRIBUTING.md; tables of names would be the only exception.
import {lines} from './source_tree.mjs';

const LIMITS = [
  {kind: 'header', files: /^(src|tests|bench|fuzz)\/.*\.h$/, think: 120, most: 200},
  {kind: 'source', files: /^(src|tests|bench|fuzz|tools)\/.*\.(cpp|mjs|sh)$/, think: 400, most: 600},
  {kind: 'README of a folder', files: /^src\/.*README\.md$/, think: 15, most: 15},
];

const measured = tree => [...tree].map(([path, text]) => ({path, size: lines(text), limit: LIMITS.find(l => l.files.test(path))}))
  .filter(file => file.limit);

export function problems(tree) {
  return measured(tree).filter(({size, limit}) => size > limit.most)
    .map(({path, size, limit}) => `${path}: ${size} lines; a ${limit.kind} may have ${limit.most}; split it by meaning`);
}

export function notes(tree) {
  const files = measured(tree);
  const largest = files.filter(({path}) => /\.(h|cpp)$/.test(path)).sort((a, b) => b.size - a.size).slice(0, 10);
  return [
    ...files.filter(({size, limit}) => size > limit.think && size <= limit.most)
      .map(({path, size, limit}) => `${path}: ${size} lines, above the ${limit.think} at which to stop and think`),
    `ten largest: ${largest.map(({path, size}) => `${path} ${size}`).join(', ')}`,
  ];
}
