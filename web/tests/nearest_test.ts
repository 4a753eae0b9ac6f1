import assert from 'node:assert/strict';
import test from 'node:test';
import { edit_distance, nearest_name } from '../src/form/nearest';

test('letters apart', () => {
  assert.equal(edit_distance('', 'abc'), 3);
  assert.equal(edit_distance('kitten', 'sitting'), 3);
  assert.equal(edit_distance('form', 'from'), 1);
});

test('the nearest name is offered, a far one is not', () => {
  const names = ['dusk_film', 'silver_gelatin', 'ink'];
  assert.equal(nearest_name('silver_gelatine', names), 'silver_gelatin');
  assert.equal(nearest_name('Silver Gelatin', names), 'silver_gelatin');
  assert.equal(nearest_name('inc', names), 'ink');
  assert.equal(nearest_name('dusk', names), 'dusk_film');
  assert.equal(nearest_name('watercolour', names), null);
  assert.equal(nearest_name('', names), null);
});
