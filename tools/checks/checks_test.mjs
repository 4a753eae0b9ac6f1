// Each check finds what it is there to find, and is silent about what is right.
import assert from 'node:assert/strict';
import {test} from 'node:test';
import * as documents from './documents.mjs';
import * as includeTable from './include_table.mjs';
import * as sizes from './sizes.mjs';
import {markdownTable, quoted, readTree} from './source_tree.mjs';
import * as twins from './twins.mjs';
import * as words from './words.mjs';

const treeOf = files => new Map(Object.entries(files));
const one = (found, pattern) => {
  assert.equal(found.length, 1, found.join('\n'));
  assert.match(found[0], pattern);
};

const LAW = `
### Who may include whom

| files | may include | never |
|---|---|---|
| \`base/\` | | |
| \`prompt/\` | \`base/\` \`models/\` | \`base/tensor.h\` |
| \`prompt/encode\` | \`base/\` \`models/\` | |
| \`models/\` | \`base/\` | |

### Where other people's headers live

| header | home |
|---|---|
| \`<ATen/>\` | \`base/tensor.h\` |
| \`<png.h>\` | \`models/\` |
`;
const withLaw = files => treeOf({
  'docs/ARCHITECTURE.md': LAW, 'src/base/tensor.h': '#include <ATen/ATen.h>\n#include <vector>\n', ...files});

test('include table: what the table allows passes', () => {
  assert.deepEqual(includeTable.problems(withLaw({
    'src/models/a.h': '#include "base/tensor.h"\n', 'src/prompt/encode.cpp': '#include "models/a.h"\n'})), []);
});

test('include table: an include that is not in the row', () => {
  one(includeTable.problems(withLaw({'src/prompt/a.h': '', 'src/models/a.h': '\n#include "prompt/a.h"\n'})),
      /src\/models\/a\.h:2: includes "prompt\/a\.h"; the table allows base\//);
});

test('include table: what is never allowed is found through another header, and the way is shown', () => {
  one(includeTable.problems(withLaw({
    'src/models/a.h': '#include "base/tensor.h"\n', 'src/prompt/syntax.cpp': '#include "models/a.h"\n'})),
      /prompt\/syntax\.cpp -> models\/a\.h -> base\/tensor\.h/);
});

test('include table: two headers that include each other end', () => {
  assert.deepEqual(includeTable.problems(withLaw({
    'src/prompt/a.h': '#include "prompt/b.h"\n', 'src/prompt/b.h': '#include "prompt/a.h"\n'})), []);
});

test('include table: a foreign header away from home, and one without a home', () => {
  one(includeTable.problems(withLaw({'src/prompt/a.cpp': '#include <png.h>\n'})), /its home is models\//);
  one(includeTable.problems(withLaw({'src/prompt/a.cpp': '#include <boost/any.hpp>\n'})), /has no home/);
});

test('include table: a folder without a row, a header that is not there', () => {
  one(includeTable.problems(withLaw({'src/misc/a.cpp': ''})), /no row/);
  one(includeTable.problems(withLaw({'src/prompt/a.cpp': '#include "base/gone.h"\n'})), /not a file/);
});

test('sizes: too long fails, long is noted, the ten largest are named', () => {
  const tree = treeOf({'src/a/long.cpp': 'x\n'.repeat(601), 'src/a/most.cpp': 'x\n'.repeat(600), 'src/a/b.h': 'x\n'.repeat(200)});
  one(sizes.problems(tree), /long\.cpp: 601 lines/);
  const notes = sizes.notes(tree).join('\n');
  assert.match(notes, /most\.cpp: 600 lines, above the 400/);
  assert.match(notes, /ten largest: src\/a\/long\.cpp 601, src\/a\/most\.cpp 600, src\/a\/b\.h 200/);
  one(sizes.problems(treeOf({'src/a/b.h': 'x\n'.repeat(201)})), /header/);
});

const listed = {'src/a/CMakeLists.txt': 'darkroom_library(a SOURCES b.cpp LINKS c)', 'src/a/b.cpp': ''};

test('twins: a source with its test passes, without one it is named', () => {
  const tests = {'tests/a/CMakeLists.txt': 'darkroom_test(a SOURCES b_test.cpp)', 'tests/a/b_test.cpp': ''};
  assert.deepEqual(twins.problems(treeOf({'tools/checks/twins.json': '{}', ...listed, ...tests})), []);
  one(twins.problems(treeOf({'tools/checks/twins.json': '{}', ...listed})), /has no tests\/a\/b_test\.cpp/);
});

test('twins: an exception needs a test that is there, a reason, and something to excuse', () => {
  const problems = exceptions => twins.problems(treeOf({
    'tools/checks/twins.json': JSON.stringify(exceptions), ...listed, 'tests/x/run.cpp': ''}));
  assert.deepEqual(problems({'src/a/b.cpp': {tested_by: 'tests/x/run.cpp', reason: 'needs a process'}}), []);
  assert.deepEqual(problems({'src/a/': {tested_by: 'tests/x/run.cpp', reason: 'needs a process'}}), []);
  one(problems({'src/a/b.cpp': {tested_by: 'tests/x/gone.cpp', reason: 'needs a process'}}), /which is not there/);
  one(problems({'src/a/b.cpp': {tested_by: 'tests/x/run.cpp'}}), /no reason/);
  one(problems({'src/a/': {tested_by: 'tests/x/run.cpp', reason: 'r'}, 'src/z.cpp': {tested_by: 'tests/x/run.cpp', reason: 'r'}}),
      /excuses nothing/);
});

test('twins: a source that no CMakeLists.txt lists is never built', () => {
  one(twins.problems(treeOf({
    'tools/checks/twins.json': '{}', 'src/a/b.cpp': '', 'src/a/CMakeLists.txt': 'darkroom_library(a SOURCES not_b.cpp)',
    'tests/a/b_test.cpp': '', 'tests/a/CMakeLists.txt': 'b_test.cpp'})), /src\/a\/b\.cpp: no CMakeLists/);
});

test('words: unfinished work, machine paths, registries, silenced tests, empty names', () => {
  const problem = (path, line) => words.problems(treeOf({[path]: `first\n${line}\n`}));
  one(problem('src/a.cpp', '// TODO: later'), /src\/a\.cpp:2: "TODO"/);
  one(problem('docs/a.md', 'see /home/anna/pictures'), /one machine/);
  one(problem('tools/a.sh', 'npm --registry https://npm.registry.example'), /registry/);
  one(problem('tools/a.sh', 'get http://10.1.2.3/x'), /one network/);
  one(problem('tests/a_test.cpp', 'GTEST_SKIP();'), /does not run/);
  assert.deepEqual(problem('tests/a_test.cpp', 'GTEST_SKIP() << "root may read everything";'), []);
  one(problem('src/a.h', 'class ModelManager {'), /says nothing/);
  one(problem('src/a.h', '#include <torch/torch.h>'), /ATen/);
  for (const fine of ['curl http://127.0.0.1:7860/', 'https://www.apache.org/licenses/', 'class Sampler {']) {
    assert.deepEqual(problem('src/a.h', fine), []);
  }
});

test('documents: a folder without README, a package without reason, a link to nowhere', () => {
  const there = () => true;
  one(documents.problems(treeOf({'src/a/b.cpp': ''}), there), /src\/a\/: has no README/);
  one(documents.problems(treeOf({'tools/setup.sh': 'packages="make\ng++ $more"', 'docs/dependencies.md': '`make`'}), there), /installs g\+\+/);
  one(documents.problems(treeOf({'docs/a.md': '[b](../b.md) [web](https://example.org) [here](#x)'}), () => false), /links to \.\.\/b\.md/);
});

test('the tree: our files are in it, what is built or fetched is not', () => {
  const tree = readTree();
  assert.ok(tree.has('Makefile') && tree.has('src/base/error.h') && tree.has('.ci/run'));
  for (const path of tree.keys()) assert.doesNotMatch(path, /node_modules|^build|fetched/);
});

test('Markdown tables are read below their heading only', () => {
  assert.deepEqual(markdownTable(LAW, '### Where other people\'s headers live').map(row => row.map(quoted)),
                   [[['<ATen/>'], ['base/tensor.h']], [['<png.h>'], ['models/']]]);
  assert.throws(() => markdownTable(LAW, '### Nothing'), /no heading/);
});
