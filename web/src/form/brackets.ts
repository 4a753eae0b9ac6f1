// Where brackets of a prompt belong together. A backslash makes the next sign plain text, as in A1111.

export interface Group { open: number; close: number; sign: '(' | '[' | '<' } // close: index of the closing sign

const closing: Record<string, string> = { '(': ')', '[': ']', '<': '>' };

/** All closed groups, and the opening brackets that have no end. */
export function groups_of(text: string): { groups: Group[]; open: number[] } {
  const groups: Group[] = [];
  const stack: { at: number; sign: string }[] = [];
  for (let i = 0; i < text.length; ++i) {
    const sign = text[i] as string;
    if (sign === '\\') {
      i += 1;
    } else if (sign === '<') {
      // Only tags: "<" in "a < b" is text.
      const end = /^<[a-z]+:[^<>]*>/i.exec(text.slice(i));
      if (end) {
        groups.push({ open: i, close: i + end[0].length - 1, sign: '<' });
        i += end[0].length - 1;
      }
    } else if (sign === '(' || sign === '[') {
      stack.push({ at: i, sign });
    } else if (sign === ')' || sign === ']') {
      const match = stack.findLastIndex((open) => closing[open.sign] === sign);
      const open = stack[match];
      if (open) {
        groups.push({ open: open.at, close: i, sign: open.sign as '(' | '[' });
        stack.splice(match, 1);
      }
    }
  }
  return { groups: groups.sort((a, b) => a.open - b.open), open: stack.map((open) => open.at) };
}

/** The smallest group that holds the range. */
export function group_around(text: string, from: number, to: number): Group | null {
  const is_before = (group: Group) => from === to && from === group.open; // a caret in front of a bracket is not in it
  const around = groups_of(text).groups.filter((group) => group.open <= from && to <= group.close + 1 && !is_before(group));
  return around.sort((a, b) => a.close - a.open - (b.close - b.open))[0] ?? null;
}
