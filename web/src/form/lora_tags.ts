// LoRA in the text of a prompt: <lora:name:0.8>, <lora:name:te=0.5:unet=1>. Cards, sliders and the text are one thing seen three ways.
import type { Edit } from './weights';
import { weight_text } from './weights';

export interface LoraTag { from: number; to: number; name: string; te: number; unet: number; is_split: boolean }

const tag = /<lora:([^:<>]+)((?::[^:<>]*)*)>/g;

export function lora_tags(text: string): LoraTag[] {
  return [...text.matchAll(tag)].map((match) => {
    const values = (match[2] ?? '').split(':').slice(1);
    const plain = values.filter((value) => value !== '' && !value.includes('=')).map(Number);
    const named = (name: string) => values.filter((value) => value.startsWith(`${name}=`)).map((value) => Number(value.slice(name.length + 1)))[0];
    const te = named('te') ?? plain[0] ?? 1;
    const unet = named('unet') ?? plain[1] ?? plain[0] ?? (named('te') === undefined ? 1 : te);
    return {
      from: match.index, to: match.index + match[0].length, name: (match[1] ?? '').trim(), te, unet,
      is_split: named('te') !== undefined || named('unet') !== undefined || plain.length > 1,
    };
  });
}

export function lora_text(name: string, te: number, unet: number, is_split: boolean): string {
  return is_split ? `<lora:${name}:te=${weight_text(te)}:unet=${weight_text(unet)}>` : `<lora:${name}:${weight_text(te)}>`;
}

export function set_weight_edit(found: LoraTag, te: number, unet: number, is_split: boolean): Edit {
  const text = lora_text(found.name, te, unet, is_split);
  return { from: found.from, to: found.to, text, select: [found.from, found.from + text.length] };
}

/** Takes the tag out, and one of the two spaces it stood between. */
export function remove_tag_edit(text: string, found: LoraTag): Edit {
  const before = text[found.from - 1];
  const after = text[found.to];
  const takes_before = before === ' ' && (after === undefined || after === ' ' || after === ',');
  const from = takes_before ? found.from - 1 : found.from;
  const to = !takes_before && before === undefined && after === ' ' ? found.to + 1 : found.to;
  return { from, to, text: '', select: [from, from] };
}

export function add_tag_edit(text: string, name: string, weight: number): Edit {
  const space = text === '' || text.endsWith(' ') || text.endsWith('\n') ? '' : ' ';
  const added = `${space}${lora_text(name, weight, weight, false)}`;
  return { from: text.length, to: text.length, text: added, select: [text.length + added.length, text.length + added.length] };
}
