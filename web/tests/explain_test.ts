// An explanation is cut into words, live values and formulas.
import assert from 'node:assert/strict';
import test, { beforeEach } from 'node:test';
import type { Start } from '../src/api';
import { explanation_of } from '../src/explain';
import { said, set_value } from '../src/form/form';
import { start } from '../src/store';
import { recorded_start } from '../e2e/recorded_start.mjs';

beforeEach(() => {
  start.value = recorded_start('a', 'b') as unknown as Start;
  said.value = {};
  set_value('cfg_scale', 7);
});

const told = (words: string) => {
  start.value = { ...start.value, explain: { cfg_scale: words } };
  return explanation_of('cfg_scale').map(({ text, kind }) => [kind, text]);
};

test('a formula takes the mark that ends its clause along', () => {
  assert.deepEqual(told('Pushed. `u + {cfg_scale} x c`, the same as `{cfg_scale-1}`: two. [Measure it]'), [
    ['words', 'Pushed. '], ['formula', 'u + '], ['formula', '7'], ['formula', ' x c'], ['formula', ','], ['words', ' the same as '], ['formula', '6'], ['formula', ':'], ['words', ' two.'],
  ]);
});

test('words begin as they begin', () => {
  assert.deepEqual(told(', {cfg_scale} and {what is no field}.'), [['words', ', '], ['value', '7'], ['words', ' and '], ['value', 'what is no field'], ['words', '.']]);
});

test('formula and words without a mark between them stay apart', () => {
  assert.deepEqual(told('`a` Two ways'), [['formula', 'a'], ['words', ' Two ways']]);
});
