// The words in a compared picture: what sets it apart.
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { tag_of } from '../src/gallery/compare_tag';

const made = (seed: number, prompt: string) => ({ seed, prompt });

test('pictures of one seed are told apart by their LoRA files', () => {
  const [plain, inked] = [made(7, 'an apple'), made(7, 'an apple <lora:ink:0.8>, <lora:dusk:te=0.2:unet=0.5>')];
  assert.equal(tag_of(plain, inked), 'without LoRA');
  assert.equal(tag_of(inked, plain), 'ink 0.8, dusk 0.5');
});

test('the seed stands there where seeds differ, or nothing shorter does', () => {
  assert.equal(tag_of(made(7, 'an apple <lora:ink:1>'), made(8, 'an apple')), 'seed 7');
  assert.equal(tag_of(made(7, 'an apple'), made(7, 'a pear')), 'seed 7');
});
