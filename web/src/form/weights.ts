// Ctrl Up and Ctrl Down in a prompt: the weight of the selection, of the bracket or of the word at the caret, as in A1111; at 1 both
// brackets go. Every change is one replacement, so that the browser's own undo takes it back.
import { tidy } from './arithmetic';
import { group_around, type Group } from './brackets';

export interface Edit { from: number; to: number; text: string; select: [number, number] }

const no_word = /[\s.,\\/!?%^*;:{}=`~()[\]<>|]/;
const step_of_bracket = 0.1; // A1111's setting "Precision for (attention:1.1)"
const step_of_tag = 0.05;    // and of "<extra networks:0.9>"
const plain_bracket = 1.1;

export function weight_text(weight: number): string {
  return String(tidy(Math.round(weight * 100) / 100));
}

function tag_edit(text: string, group: Group, caret: number, direction: number): Edit | null {
  const tag = text.slice(group.open, group.close + 1);
  const numbers = [...tag.matchAll(/:([a-z_]+=)?(-?\d*\.?\d+)(?=[:>])/gi)];
  const at_caret = numbers.find((match) => group.open + match.index < caret && caret <= group.open + match.index + match[0].length);
  const chosen = at_caret ?? numbers[0];
  if (!chosen) {
    if (!/^<[a-z]+:[^:<>]+>$/i.test(tag)) return null;
    const text_now = `:${weight_text(1 + direction * step_of_tag)}`; // a tag without a number counts 1
    return { from: group.close, to: group.close, text: text_now, select: [group.open, group.close + 1 + text_now.length] };
  }
  const number = chosen[2] as string;
  const from = group.open + chosen.index + chosen[0].length - number.length;
  const weight = weight_text(Number(number) + direction * step_of_tag);
  return { from, to: from + number.length, text: weight, select: [group.open, group.close + 1 + weight.length - number.length] };
}

/** What a bracket holds and weighs; null for brackets that mean something else ([cat:dog:0.5]). */
function weighed(text: string, group: Group): { inner: string; weight: number } | null {
  const inside = text.slice(group.open + 1, group.close);
  if (group.sign === '[') return /[:|]/.test(inside) ? null : { inner: inside, weight: 1 / plain_bracket };
  const number = /:\s*(-?\d*\.?\d+)\s*$/.exec(inside);
  return number ? { inner: inside.slice(0, number.index), weight: Number(number[1]) } : { inner: inside, weight: plain_bracket };
}

function bracket_edit(from: number, to: number, inner: string, weight: number): Edit {
  const rounded = Math.round(weight * 100) / 100;
  const text = rounded === 1 ? inner : `(${inner}:${weight_text(rounded)})`;
  const start = rounded === 1 ? from : from + 1;
  return { from, to, text, select: [start, start + inner.length] };
}

function word_at(text: string, caret: number): [number, number] | null {
  let from = caret;
  let to = caret;
  while (from > 0 && !no_word.test(text[from - 1] as string)) from -= 1;
  while (to < text.length && !no_word.test(text[to] as string)) to += 1;
  return from === to ? null : [from, to];
}

/** `direction` is 1 or -1. Null where there is nothing to weigh. */
export function edit_weight(text: string, start: number, end: number, direction: number): Edit | null {
  const group = group_around(text, start, end);
  if (group?.sign === '<') return tag_edit(text, group, start, direction);
  let [from, to] = [start, end];
  if (from !== to) {
    while (from < to && /\s/.test(text[from] as string)) from += 1;
    while (to > from && /\s/.test(text[to - 1] as string)) to -= 1;
  }
  const content = group && weighed(text, group);
  if (group && content) {
    const fills = from === to || (from <= group.open + 1 && to >= group.open + 1 + content.inner.length);
    if (fills) return bracket_edit(group.open, group.close + 1, content.inner, content.weight + direction * step_of_bracket);
  }
  const word = from === to ? word_at(text, from) : ([from, to] as [number, number]);
  return word && bracket_edit(word[0], word[1], text.slice(word[0], word[1]), 1 + direction * step_of_bracket);
}

/** Where the commas outside brackets are. */
function parts_of(text: string): [number, number][] {
  const parts: [number, number][] = [];
  let depth = 0;
  let from = 0;
  for (let i = 0; i <= text.length; ++i) {
    const sign = text[i];
    if (sign === '\\') i += 1;
    else if (sign === '(' || sign === '[' || sign === '<') depth += 1;
    else if (sign === ')' || sign === ']' || sign === '>') depth = Math.max(0, depth - 1);
    if (i >= text.length || (sign === ',' && depth === 0)) {
      parts.push([from, Math.min(i, text.length)]);
      from = i + 1;
    }
  }
  return parts;
}

/** Alt Left and Alt Right: the comma part at the caret changes places with its neighbour. Spaces stay where they are. */
export function move_part(text: string, caret: number, direction: number): Edit | null {
  const parts = parts_of(text);
  const at = parts.findIndex(([from, to]) => from <= caret && caret <= to);
  const other = at + direction;
  const [one, two] = [parts[Math.min(at, other)], parts[Math.max(at, other)]];
  if (at < 0 || !one || !two) return null;
  const trim = ([from, to]: [number, number]): [number, number] => {
    const part = text.slice(from, to);
    if (part.trim() === '') return [to, to];
    return [from + part.length - part.trimStart().length, to - (part.length - part.trimEnd().length)];
  };
  const [a, b] = [trim(one), trim(two)];
  const [first, between, second] = [text.slice(a[0], a[1]), text.slice(a[1], b[0]), text.slice(b[0], b[1])];
  const swapped = second + between + first;
  const start = direction < 0 ? a[0] : a[0] + second.length + between.length;
  const moved = direction < 0 ? second : first;
  return { from: a[0], to: b[1], text: swapped, select: [start, start + moved.length] };
}
