// Changes to the prompt from outside the keyboard: they go through the text area's own insert command, so that Ctrl Z takes them back.
import { set_value, text_of } from '../form/form';
import { add_tag_edit, lora_tags, remove_tag_edit, set_weight_edit } from '../form/lora_tags';
import type { Edit } from '../form/weights';

const boxes = new Map<string, HTMLTextAreaElement>();

export function register_box(field: string, box: HTMLTextAreaElement | null) {
  if (box) boxes.set(field, box);
  else boxes.delete(field);
}

export function focus_box(field: string) {
  boxes.get(field)?.focus();
}

/** One replacement that the browser can undo. */
export function apply_edit(box: HTMLTextAreaElement, edit: Edit) {
  box.focus({ preventScroll: true });
  box.setSelectionRange(edit.from, edit.to);
  // execCommand is the only way into the text area's own history.
  const is_done = edit.text === '' ? edit.from === edit.to || document.execCommand('delete') : document.execCommand('insertText', false, edit.text);
  if (!is_done) {
    box.setRangeText(edit.text, edit.from, edit.to, 'end');
    box.dispatchEvent(new Event('input', { bubbles: true }));
  }
  box.setSelectionRange(edit.select[0], edit.select[1]);
}

/** Edits a prompt and leaves the focus where it was. */
export function edit_field(field: string, edit: Edit) {
  const box = boxes.get(field);
  const before = text_of(field);
  if (!box || box.value !== before || box.offsetParent === null) {
    set_value(field, before.slice(0, edit.from) + edit.text + before.slice(edit.to));
    return;
  }
  const focused = document.activeElement as HTMLElement | null;
  apply_edit(box, edit);
  if (focused && focused !== box && focused !== document.body) focused.focus({ preventScroll: true });
}

export function toggle_lora(name: string, weight = 1) {
  const text = text_of('prompt');
  const tag = lora_tags(text).find((other) => other.name === name);
  edit_field('prompt', tag ? remove_tag_edit(text, tag) : add_tag_edit(text, name, weight));
}

export function remove_lora(index: number) {
  const text = text_of('prompt');
  const tag = lora_tags(text)[index];
  if (tag) edit_field('prompt', remove_tag_edit(text, tag));
}

export function rename_lora(index: number, name: string) {
  const tag = lora_tags(text_of('prompt'))[index];
  if (tag) edit_field('prompt', set_weight_edit({ ...tag, name }, tag.te, tag.unet, tag.is_split));
}

export function set_lora_weight(index: number, te: number, unet: number, is_split: boolean) {
  const tag = lora_tags(text_of('prompt'))[index];
  if (tag) edit_field('prompt', set_weight_edit(tag, te, unet, is_split));
}

export function replace_text(field: string, text: string) {
  edit_field(field, { from: 0, to: text_of(field).length, text, select: [text.length, text.length] });
}
