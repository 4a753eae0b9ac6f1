import assert from 'node:assert/strict';
import fs from 'node:fs';
import os from 'node:os';
import path from 'node:path';
import { test } from 'node:test';
import zlib from 'node:zlib';
import { BACKGROUNDS, captions_of, is_heldout } from './captions.mjs';
import { composite, read_rgba_png, write_rgb_png } from './png.mjs';
import { as_text, what_it_knows, written } from './what_it_knows.mjs';

const HERE = path.dirname(new URL(import.meta.url).pathname);
const concepts_of = (file) => fs.readFileSync(path.join(HERE, file), 'utf8').split('\n')
  .filter((line) => line && !line.startsWith('#')).map((line) => line.split(' | '));

const APPLE = { concept: 'red-apple', label: 'a red apple', tag: 'fruit' };
/** What is spoken decides: "a euro", "an x-ray". */
const article_of = (words) => {
  if (/^(euro|uni|used|ufo)/.test(words)) return 'a';
  return /^([aeiou]|hour|x-ray|sos|ng |no$)/.test(words) ? 'an' : 'a';
};
const share = (lines, predicate) => lines.filter(predicate).length / lines.length;

test('captions have the shares of the recipe, exactly', () => {
  for (const background of Object.keys(BACKGROUNDS)) {
    const lines = captions_of(APPLE, 'noto', background);
    assert.equal(share(lines, (l) => !l.includes('noto style')), 0.15);
    assert.equal(share(lines, (l) => l.includes(', fruit')), 0.25);
    assert.equal(share(lines, (l) => !l.endsWith(`${background} background`)), background === 'white' ? 0.3 : 0);
    assert.ok(lines.every((l) => /^(a )?red apple/.test(l)));
  }
});

test('a caption has the parts in order, the right article and nothing of an absent tag', () => {
  const lines = captions_of({ concept: 'grapes', label: 'grapes' }, 'fluent', 'orange');
  assert.deepEqual([...new Set(lines)].sort(), ['grapes, fluent style, on an orange background', 'grapes, on an orange background']);
});

test('one of eight combinations is held out, white never', () => {
  const concepts = concepts_of('concepts_400.txt').map(([concept]) => concept);
  const coloured = Object.keys(BACKGROUNDS).filter((b) => b !== 'white');
  const pairs = concepts.flatMap((c) => coloured.map((b) => is_heldout(c, b)));
  assert.ok(Math.abs(share(pairs, (held) => held) - 1 / 8) < 0.01);
  assert.ok(concepts.every((c) => !is_heldout(c, 'white')));
  for (const background of coloured) assert.ok(concepts.some((c) => is_heldout(c, background)), background);
});

test('the lists name each concept and each label once; each begins with the shorter one', () => {
  const lists = ['concepts_96.txt', 'concepts_400.txt', 'concepts_all.txt'].map(concepts_of);
  assert.deepEqual(lists.map((list) => list.length), [96, 432, 1366]);
  lists.slice(1).forEach((list, i) => assert.deepEqual(list.slice(0, lists[i].length), lists[i]));
  for (const column of [0, 1]) assert.equal(new Set(lists[2].map((line) => line[column])).size, lists[2].length);
});

test('a label reads as people write it, and its tag adds a word', () => {
  for (const [concept, label, tag] of concepts_of('concepts_all.txt')) {
    assert.match(label, /^[a-z][a-z' -]*$/, concept);
    if (/^an? /.test(label)) assert.equal(label.split(' ')[0], article_of(label.replace(/^an? /, '')), label);
    assert.ok(label.split(' ').length <= 10, label);
    if (tag) assert.notEqual(label.replace(/^an? /, ''), tag, concept);
  }
});

test('backgrounds are far enough apart to be told by their nearest name', () => {
  const colours = Object.entries(BACKGROUNDS);
  for (const [a, one] of colours) {
    for (const [b, other] of colours) {
      if (a < b) assert.ok(Math.hypot(...one.map((v, i) => v - other[i])) > 55, `${a} and ${b}`);
    }
  }
});

/** An 8-bit RGBA PNG of 2 x 5 pixels whose rows use the five filters. */
function filtered_png(pixels) {
  const [width, height, stride] = [2, 5, 8];
  const at = (x, y) => (x < 0 || y < 0 ? 0 : pixels[y * stride + x]);
  const paeth = (a, b, c) => [a, b, c].reduce((best, v) => (Math.abs(a + b - c - v) < Math.abs(a + b - c - best) ? v : best));
  const rows = [];
  for (let y = 0; y < height; ++y) {
    rows.push(y);
    for (let x = 0; x < stride; ++x) {
      const [left, above, corner] = [at(x - 4, y), at(x, y - 1), x < 4 ? 0 : at(x - 4, y - 1)];
      const predicted = [0, left, above, Math.floor((left + above) / 2), paeth(left, above, corner)][y];
      rows.push((at(x, y) - predicted) & 255);
    }
  }
  const chunk = (type, body) => {
    const head = Buffer.alloc(8);
    head.writeUInt32BE(body.length, 0);
    head.write(type, 4, 'latin1');
    return Buffer.concat([head, body, Buffer.alloc(4)]);
  };
  const header = Buffer.alloc(13);
  header.writeUInt32BE(width, 0);
  header.writeUInt32BE(height, 4);
  header.set([8, 6], 8);
  return Buffer.concat([Buffer.from('\x89PNG\r\n\x1a\n', 'latin1'), chunk('IHDR', header),
    chunk('IDAT', zlib.deflateSync(Buffer.from(rows))), chunk('IEND', Buffer.alloc(0))]);
}

test('a PNG with every filter is read, composited and written', (t) => {
  const folder = fs.mkdtempSync(path.join(os.tmpdir(), 'emoji-'));
  t.after(() => fs.rmSync(folder, { recursive: true }));
  const pixels = Buffer.from(Array.from({ length: 40 }, (_, i) => (i * 89 + 7 * (i >> 3)) & 255));
  const file = path.join(folder, 'cutout.png');
  fs.writeFileSync(file, filtered_png(pixels));
  assert.deepEqual(read_rgba_png(file), { width: 2, height: 5, pixels });

  const flat = composite({ width: 3, height: 1, pixels: Buffer.from([9, 9, 9, 0, 100, 0, 200, 255, 200, 100, 0, 51]) }, [250, 220, 50]);
  assert.deepEqual([...flat.pixels], [250, 220, 50, 100, 0, 200, 240, 196, 40]);

  const out = path.join(folder, 'flat.png');
  write_rgb_png(out, flat);
  const bytes = fs.readFileSync(out);
  assert.equal(bytes.readUInt32BE(16), 3);
  // CRC-32 of "IEND" is the same in every PNG file there is.
  assert.equal(bytes.readUInt32BE(bytes.length - 4), 0xae426082);
  const data = bytes.indexOf('IDAT');
  const rows = zlib.inflateSync(bytes.subarray(data + 4, data + 4 + bytes.readUInt32BE(data - 4)));
  assert.deepEqual([...rows], [0, ...flat.pixels]);
});

test('the embedded model says the words it was trained on', () => {
  const words = what_it_knows();
  assert.equal(new Set(words.concepts).size, concepts_of('concepts_all.txt').length);
  assert.ok(words.concepts.includes('red apple'));
  assert.equal(fs.readFileSync(written, 'utf8'), as_text(words), 'node tools/emoji/what_it_knows.mjs writes it');
});
