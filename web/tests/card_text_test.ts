// Model cards: what of Markdown the page reads, and that nothing else gets through.
import assert from 'node:assert/strict';
import fs from 'node:fs';
import { test } from 'node:test';
import { blocks_of, inlines_of } from '../src/models/card_text';

const words = (text: string) => [{ kind: 'words', text }];

test('headings, paragraphs, lists, code and tables', () => {
  assert.deepEqual(blocks_of('# A\none\ntwo\n## B\n- x\n- y\n  z\n\n    code\n      more\n```\n# c\n```\n| a | b |\n|---|---|\n| 1 | |\n'), [
    { kind: 'heading', level: 1, text: words('A') }, { kind: 'paragraph', text: words('one two') }, { kind: 'heading', level: 2, text: words('B') },
    { kind: 'list', items: [words('x'), words('y z')] }, { kind: 'code', text: 'code\n  more' }, { kind: 'code', text: '# c' },
    { kind: 'table', head: [words('a'), words('b')], rows: [[words('1'), []]] },
  ]);
});

test('links lead to the web or are words; pictures are left out', () => {
  assert.deepEqual(inlines_of('a `b` **c** *d* [e](https://f.org) [g](../h.md) ![i](j.svg)'), [
    { kind: 'words', text: 'a ' }, { kind: 'code', text: 'b' }, { kind: 'words', text: ' ' }, { kind: 'strong', text: 'c' }, { kind: 'words', text: ' ' }, { kind: 'emphasis', text: 'd' },
    { kind: 'words', text: ' ' }, { kind: 'link', text: 'e', address: 'https://f.org' }, { kind: 'words', text: ' ' }, { kind: 'words', text: 'g' }, { kind: 'words', text: ' ' },
  ]);
  assert.deepEqual(inlines_of('[x](javascript:alert(1))')[0], { kind: 'words', text: 'x' });
  assert.deepEqual(inlines_of('<img src=x onerror=y>'), words('<img src=x onerror=y>'));
});

test('every text comes to an end, whatever stands in it', () => {
  for (const text of ['', '\n\n', '|', '| a', '```', '-', '- ', '#', '    ', '---\na: b\n---\nc', '* a\n*', '![only](a.png)', 'a\n|']) assert.ok(Array.isArray(blocks_of(text)), text);
  assert.deepEqual(blocks_of('---\ntags: x\n---\nc'), [{ kind: 'paragraph', text: words('c') }]);
});

test("the embedded model's own card is read whole", () => {
  const blocks = blocks_of(fs.readFileSync('../models/emoji/README.md', 'utf8'));
  assert.deepEqual(blocks.filter(({ kind }) => kind === 'heading').length, 7);
  assert.equal(blocks.filter(({ kind }) => kind === 'table').length, 4);
  assert.equal(blocks.filter(({ kind }) => kind === 'code').length, 1);
});
