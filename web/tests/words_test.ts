// Numbers, times and names as the page writes them.
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { ago_text, folder_of } from '../src/form/words';

test('a time ago is no more precise than anybody needs', () => {
  const said = [-3, 0, 1.9, 2, 9.4, 50.9, 59.9, 61, 3599, 3600, 8000].map(ago_text);
  assert.deepEqual(said, ['now', 'now', 'now', '2 s ago', '9 s ago', '50 s ago', '59 s ago', '1 min ago', '59 min ago', '1 h ago', '2 h ago']);
});

test('a file lies in a folder', () => {
  assert.equal(folder_of('models/Lora/ink.safetensors'), 'Lora');
  assert.equal(folder_of('ink.safetensors'), '');
});
