// Runs every check, or those named: node tools/checks/run.mjs [format include_table sizes twins words documents]
import {readTree} from './source_tree.mjs';

const CHECKS = ['format', 'include_table', 'sizes', 'twins', 'words', 'documents'];

const chosen = process.argv.slice(2);
const unknown = chosen.filter(name => !CHECKS.includes(name));
if (unknown.length) {
  console.error(`no check is called ${unknown.join(', ')}; there are: ${CHECKS.join(', ')}`);
  process.exit(2);
}

const tree = readTree();
let failed = 0;
for (const name of chosen.length ? chosen : CHECKS) {
  const check = await import(`./${name}.mjs`);
  const found = check.problems(tree);
  console.log(`${name}: ${found.length ? `${found.length} to mend` : 'in order'}`);
  for (const line of found) console.log(`  ${line}`);
  for (const line of check.notes?.(tree) ?? []) console.log(`  note: ${line}`);
  failed += found.length;
}
process.exit(failed ? 1 : 0);
