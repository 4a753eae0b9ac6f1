import assert from 'node:assert/strict';
import test from 'node:test';
import { groups_of } from '../src/form/brackets';
import { spans_of } from '../src/form/paint';
import { edit_weight, move_part } from '../src/form/weights';

/** `|` marks the caret, `{` and `}` a selection. */
function at(marked: string): [string, number, number] {
  if (marked.includes('|')) { const caret = marked.indexOf('|'); return [marked.replace('|', ''), caret, caret]; }
  const from = marked.indexOf('{');
  return [marked.replace('{', '').replace('}', ''), from, marked.indexOf('}') - 1];
}

function weighed(marked: string, direction: number): string | null {
  const [text, from, to] = at(marked);
  const edit = edit_weight(text, from, to, direction);
  return edit && text.slice(0, edit.from) + edit.text + text.slice(edit.to);
}

test('Ctrl Up and Ctrl Down change weights as in A1111', () => {
  const cases: [string, number, string | null][] = [
    ['a re|d apple', 1, 'a (red:1.1) apple'],
    ['a (red:1.1|) apple', 1, 'a (red:1.2) apple'],
    ['a (red:1.1)| apple', 1, 'a (red:1.2) apple'],
    ['a (re|d:1.1) apple', -1, 'a red apple'],
    ['a {red apple} here', -1, 'a (red apple:0.9) here'],
    ['a { red apple } here', 1, 'a  (red apple:1.1)  here'],
    ['(a re|d apple)', 1, '(a red apple:1.2)'],
    ['(a red apple)', -1, null],
    ['[re|d]', 1, '(red:1.01)'],
    ['[red:blue:|0.5]', 1, '[red:blue:(0:1.1).5]'],
    ['(a (re|d:1.3) apple:1.1)', 1, '(a (red:1.4) apple:1.1)'],
    ['<lora:in|k:0.8>', 1, '<lora:ink:0.85>'],
    ['<lora:ink:0.8>|', -1, '<lora:ink:0.75>'],
    ['<lora:in|k>', -1, '<lora:ink:0.95>'],
    ['<lora:ink:te=0.5:unet=1|>', 1, '<lora:ink:te=0.5:unet=1.05>'],
    ['a \\(re|d\\) b', 1, 'a \\((red:1.1)\\) b'],
    ['a , | b', 1, null],
  ];
  for (const [marked, direction, expected] of cases) {
    if (marked === '(a red apple)') { assert.equal(edit_weight(marked, 0, 0, direction), null); continue; }
    assert.equal(weighed(marked, direction), expected, marked);
  }
});

test('the selection afterwards is the same words, so that the key can be pressed again', () => {
  let [text, from, to] = at('a re|d apple');
  for (let i = 0; i < 5; ++i) {
    const edit = edit_weight(text, from, to, 1);
    assert.ok(edit);
    text = text.slice(0, edit.from) + edit.text + text.slice(edit.to);
    [from, to] = edit.select;
    assert.equal(text.slice(from, to), 'red');
  }
  assert.equal(text, 'a (red:1.5) apple');
  for (let i = 0; i < 5; ++i) {
    const edit = edit_weight(text, from, to, -1);
    assert.ok(edit);
    text = text.slice(0, edit.from) + edit.text + text.slice(edit.to);
    [from, to] = edit.select;
  }
  assert.equal(text, 'a red apple');
});

test('comma parts change places and spaces stay', () => {
  const moved = (marked: string, direction: number) => {
    const [text, caret] = at(marked);
    const edit = move_part(text, caret, direction);
    return edit && { text: text.slice(0, edit.from) + edit.text + text.slice(edit.to), part: (text.slice(0, edit.from) + edit.text + text.slice(edit.to)).slice(...edit.select) };
  };
  assert.deepEqual(moved('a cat, in i|nk, at night', 1), { text: 'a cat, at night, in ink', part: 'in ink' });
  assert.deepEqual(moved('a cat, in i|nk, at night', -1), { text: 'in ink, a cat, at night', part: 'in ink' });
  assert.deepEqual(moved('(a, b:1.2), c|', -1), { text: 'c, (a, b:1.2)', part: 'c' });
  assert.equal(moved('a| cat, in ink', -1), null);
});

test('brackets are found, escapes are not', () => {
  const { groups, open } = groups_of('a \\(b\\) (c [d] <lora:x:1> (e');
  assert.deepEqual(groups.map((group) => group.sign), ['[', '<']);
  assert.deepEqual(open, [8, 26]);
  assert.deepEqual(groups_of('a < b > c').groups, []);
});

test('the painted spans are the text', () => {
  for (const text of ['', 'a (red:1.2) <lora:ink:0.8>, (open', 'a [b:c:0.5] \\(d\\)', '((a):1.1)']) {
    assert.equal(spans_of(text, [3, 3]).spans.map((span) => span.text).join(''), text);
  }
  const { spans } = spans_of('a (red:1.2) b', [4, 4]);
  assert.deepEqual(spans.map((span) => [span.text, span.look, span.is_target]), [['a ', 'plain', false], ['(red:', 'weighed', true], ['1.2', 'number', true], [')', 'weighed', true], [' b', 'plain', false]]);
});
