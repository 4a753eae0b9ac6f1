// A finished LoRA in the prompt of Generate, at weight 1.
import { set_value, text_of } from '../form/form';

export const lora_tag_of = (name: string) => `<lora:${name}:1>`;

export function use_lora(tag: string) {
  const words = text_of('prompt');
  const name = tag.slice(0, tag.lastIndexOf(':') + 1);
  if (!words.includes(name)) set_value('prompt', words.trim() === '' ? tag : `${words.trimEnd()} ${tag}`);
}
