// The search as people type it, and as filters change it: one text, whose words the filters add and take away.

/** Quotes hold blanks together, wherever in a word they stand. */
export function words_of(search: string): string[] {
  return search.match(/(?:"[^"]*"?|[^\s"])+/g) ?? [];
}

/** A quotation mark that is open still would swallow what comes after it. */
const closed = (word: string) => (word.split('"').length % 2 === 0 ? `${word}"` : word);
const same = (a: string, b: string) => a.toLowerCase() === b.toLowerCase();
const is_of = (word: string, field: string) => word.toLowerCase().startsWith(`${field}:`);

export function has_word(search: string, word: string): boolean {
  return words_of(search).some((other) => same(other, word));
}

export function toggled(search: string, word: string): string {
  const others = words_of(search).filter((other) => !same(other, word));
  return (has_word(search, word) ? others : [...others.map(closed), word]).join(' ');
}

/** Words about a field, as filters and people write them. */
export function words_about(search: string, field: string): string[] {
  return words_of(search).filter((word) => is_of(word, field));
}

/** At most one word about the field; "" takes them all away. */
export function with_only(search: string, field: string, word: string): string {
  return [...words_of(search).filter((other) => !is_of(other, field)).map(closed), word].filter((other) => other !== '').join(' ');
}

/** What a word asks of its field: model:"a b" -> a b. */
export function value_of(word: string): string {
  return word.slice(word.indexOf(':') + 1).replaceAll('"', '');
}
