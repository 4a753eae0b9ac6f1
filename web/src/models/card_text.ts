// The part of Markdown that model cards are written in, as blocks: no HTML of a card ever reaches the page.

export type Inline = { kind: 'words' | 'code' | 'strong' | 'emphasis'; text: string } | { kind: 'link'; text: string; address: string };
export type Block =
  | { kind: 'heading'; level: number; text: Inline[] }
  | { kind: 'paragraph'; text: Inline[] }
  | { kind: 'list'; items: Inline[][] }
  | { kind: 'code'; text: string }
  | { kind: 'table'; head: Inline[][]; rows: Inline[][][] };

const marks = /`([^`]+)`|\*\*([^*]+)\*\*|\*([^*]+)\*|!\[[^\]]*\]\([^)]*\)|\[([^\]]*)\]\(([^)\s]*)[^)]*\)/g;

/** Links lead to the web, or are words: files that lie beside the card are not served. Pictures are left out for the same reason. */
export function inlines_of(text: string): Inline[] {
  const found: Inline[] = [];
  let at = 0;
  const words_up_to = (end: number) => { if (end > at) found.push({ kind: 'words', text: text.slice(at, end) }); };
  for (const match of text.matchAll(marks)) {
    words_up_to(match.index);
    at = match.index + match[0].length;
    const [, code, strong, emphasis, link, address = ''] = match;
    if (code) found.push({ kind: 'code', text: code });
    else if (strong) found.push({ kind: 'strong', text: strong });
    else if (emphasis) found.push({ kind: 'emphasis', text: emphasis });
    else if (link) found.push(/^https?:\/\//.test(address) ? { kind: 'link', text: link, address } : { kind: 'words', text: link });
  }
  words_up_to(text.length);
  return found;
}

const cells_of = (line: string) => line.trim().replace(/^\||\|$/g, '').split('|').map((cell) => inlines_of(cell.trim()));

/** What the lines from `at` on begin with, and how many of them it takes. */
function block_at(lines: string[], at: number): { block: Block; count: number } {
  const line = lines[at] ?? '';
  const run = (is_more: (line: string) => boolean) => { let end = at; while (end < lines.length && is_more(lines[end] ?? '')) ++end; return lines.slice(at, end); };
  const heading = /^(#{1,6})\s+(.*)$/.exec(line);
  if (heading) return { block: { kind: 'heading', level: heading[1]?.length ?? 1, text: inlines_of(heading[2] ?? '') }, count: 1 };
  if (line.startsWith('```')) {
    const end = lines.findIndex((other, i) => i > at && other.startsWith('```'));
    const last = end < 0 ? lines.length : end;
    return { block: { kind: 'code', text: lines.slice(at + 1, last).join('\n') }, count: last + 1 - at };
  }
  if (/^ {4}\S/.test(line)) {
    const code = run((other) => /^ {4}/.test(other));
    return { block: { kind: 'code', text: code.map((other) => other.slice(4)).join('\n') }, count: code.length };
  }
  if (line.startsWith('|')) {
    const [head = '', rule = '', ...rest] = run((other) => other.startsWith('|'));
    const rows = /^\|[\s:|-]+$/.test(rule) ? rest : [rule, ...rest].filter((row) => row !== '');
    return { block: { kind: 'table', head: cells_of(head), rows: rows.map(cells_of) }, count: 1 + (rule === '' ? 0 : 1) + rest.length };
  }
  if (/^[-*] /.test(line)) {
    const items = run((other) => /^([-*] | {2,}\S)/.test(other));
    return { block: { kind: 'list', items: items.join('\n').split(/\n(?=[-*] )/).map((item) => inlines_of(item.slice(2).replace(/\s+/g, ' '))) }, count: items.length };
  }
  const words = [line, ...lines.slice(at + 1, at + 1 + lines.slice(at + 1).findIndex((other) => /^(\s*$|#{1,6} |\||```|[-*] )/.test(other)))];
  return { block: { kind: 'paragraph', text: inlines_of(words.join(' ')) }, count: words.length };
}

export function blocks_of(card: string): Block[] {
  const lines = [...card.replace(/^---\n[^]*?\n---\n/, '').split(/\r?\n/), '']; // what stands between rules at the top is for machines
  const blocks: Block[] = [];
  for (let at = 0; at < lines.length;) {
    if (lines[at]?.trim() === '') { ++at; continue; }
    const { block, count } = block_at(lines, at);
    if (block.kind !== 'paragraph' || block.text.length > 0) blocks.push(block);
    at += count;
  }
  return blocks;
}
