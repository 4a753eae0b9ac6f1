// How a prompt is painted under its text area: weights, tags, brackets without an end, and the group that Ctrl Up would change.
import { group_around, groups_of } from './brackets';

export type Look = 'plain' | 'weighed' | 'number' | 'tag' | 'open';
export interface Span { text: string; look: Look; is_target: boolean }

function looks_of(text: string): { looks: Look[]; open: number[] } {
  const looks: Look[] = new Array<Look>(text.length).fill('plain');
  const { groups, open } = groups_of(text);
  for (const { open: from, close, sign } of groups) {
    if (sign === '<') {
      looks.fill('tag', from, close + 1);
    } else if (sign === '(') {
      looks.fill('weighed', from, close + 1);
      const number = /:\s*-?\d*\.?\d+\s*$/.exec(text.slice(from + 1, close));
      if (number) looks.fill('number', from + 1 + number.index + 1, close);
    }
  }
  // Groups are painted outermost first; tags inside a bracket win.
  for (const { open: from, close, sign } of groups) if (sign === '<') looks.fill('tag', from, close + 1);
  for (const at of open) looks[at] = 'open';
  return { looks, open };
}

/** Spans that together are the text. `caret` null: the box has no focus, nothing is a target. */
export function spans_of(text: string, caret: [number, number] | null): { spans: Span[]; open: number[] } {
  const { looks, open } = looks_of(text);
  const target = caret && group_around(text, caret[0], caret[1]);
  const spans: Span[] = [];
  for (let i = 0; i < text.length; ++i) {
    const is_target = target !== null && target.sign !== '[' && i >= target.open && i <= target.close;
    const last = spans.at(-1);
    if (last && last.look === looks[i] && last.is_target === is_target) last.text += text[i];
    else spans.push({ text: text[i] as string, look: looks[i] as Look, is_target });
  }
  return { spans, open };
}
