// Filters and words of the gallery's search are one text.
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { has_word, toggled, value_of, with_only, words_about, words_of } from '../src/gallery/search_words';

test('quotes hold a word together, wherever they stand', () => {
  assert.deepEqual(words_of('  a "red apple"  model:"emoji two" -lora:"x y" '), ['a', '"red apple"', 'model:"emoji two"', '-lora:"x y"']);
  assert.deepEqual(words_of(''), []);
  assert.deepEqual(words_of('"open end'), ['"open end']);
});

test('a filter adds its word and takes it away, whoever wrote it', () => {
  const narrowed = toggled('night -fog', 'model:"emoji"');
  assert.equal(narrowed, 'night -fog model:"emoji"');
  assert.ok(has_word(narrowed, 'model:"emoji"'));
  assert.equal(toggled(narrowed, 'model:"emoji"'), 'night -fog');
  assert.equal(toggled('MODEL:"Emoji" night', 'model:"emoji"'), 'night');
  assert.equal(has_word('model:emoji', 'model:"emoji"'), false, 'how a name begins is another word');
  assert.equal(has_word('-model:"emoji"', 'model:"emoji"'), false);
});

test('an open quotation mark does not swallow the filter', () => {
  assert.equal(toggled('"red app', 'flag:picked'), '"red app" flag:picked');
  assert.equal(with_only('"red app', 'date', 'date:today'), '"red app" date:today');
});

test('of dates there is one', () => {
  assert.equal(with_only('a date:today b', 'date', 'date:week'), 'a b date:week');
  assert.equal(with_only('a date:2026-11 b', 'date', ''), 'a b');
  assert.deepEqual(words_about('dates date:today -date:week', 'date'), ['date:today']);
});

test('a word says its value', () => {
  assert.equal(value_of('model:"emoji two"'), 'emoji two');
  assert.equal(value_of('sampler:Euler'), 'Euler');
});
