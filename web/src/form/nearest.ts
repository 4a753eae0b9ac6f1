// The name that was probably meant.

/** Letters to insert, delete, replace or swap with their neighbour to get from one word to the other. */
export function edit_distance(a: string, b: string): number {
  let [before, last] = [[] as number[], Array.from({ length: b.length + 1 }, (_, j) => j)];
  for (let i = 1; i <= a.length; ++i) {
    const row = [i];
    for (let j = 1; j <= b.length; ++j) {
      const is_same = a[i - 1] === b[j - 1];
      let least = Math.min((last[j] as number) + 1, (row[j - 1] as number) + 1, (last[j - 1] as number) + (is_same ? 0 : 1));
      if (i > 1 && j > 1 && a[i - 1] === b[j - 2] && a[i - 2] === b[j - 1]) least = Math.min(least, (before[j - 2] as number) + 1);
      row.push(least);
    }
    [before, last] = [last, row];
  }
  return last[b.length] as number;
}

/** Null where nothing is near: a wrong guess helps nobody. */
export function nearest_name(name: string, names: string[]): string | null {
  const plain = (text: string) => text.toLowerCase().replace(/[^\p{L}\p{N}]/gu, '');
  const wanted = plain(name);
  if (wanted === '') return null;
  const rated = names.map((known) => ({ known, apart: edit_distance(wanted, plain(known)), holds: plain(known).includes(wanted) || wanted.includes(plain(known)) }));
  const near = rated.filter(({ apart, holds }) => holds || apart <= Math.max(1, Math.floor(wanted.length / 3)));
  return near.sort((a, b) => a.apart - b.apart)[0]?.known ?? null;
}
