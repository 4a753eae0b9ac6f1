// src/a/b.cpp has its test in tests/a/b_test.cpp, unless twins.json says where it is tested instead and why.
// Every source and every test is named in the CMakeLists.txt of its folder: what is not listed is never run.
const EXCEPTIONS = 'tools/checks/twins.json';

export function problems(tree) {
  const found = [];
  const exceptions = JSON.parse(tree.get(EXCEPTIONS));
  const excused = path => Object.keys(exceptions).find(key => key === path || (key.endsWith('/') && path.startsWith(key)));
  const sources = [...tree.keys()].filter(path => /^src\/.+\.cpp$/.test(path));
  const used = new Set();

  for (const path of sources) {
    const twin = path.replace(/^src\//, 'tests/').replace(/\.cpp$/, '_test.cpp');
    const excuse = excused(path);
    if (excuse) used.add(excuse);
    if (!tree.has(twin) && !excuse) found.push(`${path}: has no ${twin}; write it, or say in ${EXCEPTIONS} what tests it`);
    if (tree.has(twin) && excuse === path) found.push(`${EXCEPTIONS}: ${path} has its twin now; remove the line`);
  }
  for (const [key, {tested_by, reason}] of Object.entries(exceptions)) {
    if (!used.has(key)) found.push(`${EXCEPTIONS}: ${key} excuses nothing; remove the line`);
    if (!tree.has(tested_by)) found.push(`${EXCEPTIONS}: ${key} is tested by ${tested_by}, which is not there`);
    if (!reason) found.push(`${EXCEPTIONS}: ${key} has no reason`);
  }

  for (const path of [...sources, ...[...tree.keys()].filter(path => /^tests\/.+_test\.cpp$/.test(path))]) {
    if (!isListed(tree, path)) found.push(`${path}: no CMakeLists.txt above it lists it, so it is never built`);
  }
  return found;
}

function isListed(tree, path) {
  const parts = path.split('/');
  for (let depth = parts.length - 1; depth > 0; --depth) {
    const listing = tree.get([...parts.slice(0, depth), 'CMakeLists.txt'].join('/'));
    const name = parts.slice(depth).join('/').replace(/[.+]/g, '\\$&');
    if (listing && new RegExp(`(^|[\\s(/])${name}([\\s)]|$)`, 'm').test(listing)) return true;
  }
  return false;
}
