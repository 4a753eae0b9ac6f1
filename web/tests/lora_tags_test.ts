import assert from 'node:assert/strict';
import test from 'node:test';
import { add_tag_edit, lora_tags, remove_tag_edit, set_weight_edit } from '../src/form/lora_tags';
import type { Edit } from '../src/form/weights';

const edited = (text: string, edit: Edit) => text.slice(0, edit.from) + edit.text + text.slice(edit.to);

test('tags are read with their weights', () => {
  const tags = lora_tags('a <lora:ink:0.8>, b <lora:film>, <lora:both:te=0.5:unet=1>, <lora:two:0.3:0.6>');
  assert.deepEqual(tags.map(({ name, te, unet, is_split }) => [name, te, unet, is_split]), [['ink', 0.8, 0.8, false], ['film', 1, 1, false], ['both', 0.5, 1, true], ['two', 0.3, 0.6, true]]);
});

test('weights, removal and addition change only their tag', () => {
  const text = 'a cat <lora:ink:0.8>, at night';
  const [tag] = lora_tags(text);
  assert.ok(tag);
  assert.equal(edited(text, set_weight_edit(tag, 0.55, 0.55, false)), 'a cat <lora:ink:0.55>, at night');
  assert.equal(edited(text, set_weight_edit(tag, 0.5, 1, true)), 'a cat <lora:ink:te=0.5:unet=1>, at night');
  assert.equal(edited(text, remove_tag_edit(text, tag)), 'a cat, at night');
  assert.equal(edited('a cat', add_tag_edit('a cat', 'ink', 1)), 'a cat <lora:ink:1>');
  assert.equal(edited('', add_tag_edit('', 'ink', 0.7)), '<lora:ink:0.7>');
  const alone = '<lora:ink:1> a cat';
  assert.equal(edited(alone, remove_tag_edit(alone, lora_tags(alone)[0] as never)), 'a cat');
});
