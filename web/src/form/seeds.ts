// The seed field: one seed, "Random", or a list like "12, 15, 20-23".

export const most_random_seed = 4294967293; // A1111's random seeds lie below it
const most_listed = 10_000;

/** The seeds that a text names; [-1] stands for a random one, null for a text that is no list of seeds. */
export function read_seeds(text: string): number[] | null {
  const trimmed = text.trim();
  if (trimmed === '' || trimmed === '-1' || /^random$/i.test(trimmed)) return [-1];
  const seeds: number[] = [];
  for (const part of trimmed.split(/[,;\s]+(?![-–])/).filter((piece) => piece !== '')) {
    const range = /^(\d+)\s*[-–]\s*(\d+)$/.exec(part);
    const [first, last] = range ? [Number(range[1]), Number(range[2])] : [Number(part), Number(part)];
    if (!/^\d+$/.test(range ? '0' : part) || !Number.isSafeInteger(first) || !Number.isSafeInteger(last)) return null;
    if (last < first || seeds.length + last - first >= most_listed) return null;
    for (let seed = first; seed <= last; ++seed) seeds.push(seed);
  }
  return seeds.length === 0 ? null : seeds;
}

export interface SeedRun { seed: number; count: number }

/** Neighbouring seeds become one run: picture i of a batch uses seed + i. */
export function seed_runs(seeds: number[]): SeedRun[] {
  const runs: SeedRun[] = [];
  for (const seed of seeds) {
    const last = runs.at(-1);
    if (last && last.seed + last.count === seed) last.count += 1;
    else runs.push({ seed, count: 1 });
  }
  return runs;
}

/** "1234", "1234 to 1237", "12, 15, 20 to 23"; cells of a plot share one, which is named once. */
export function seeds_text(seeds: number[]): string {
  return seed_runs([...new Set(seeds)]).map(({ seed, count }) => (count === 1 ? `${seed}` : `${seed} to ${seed + count - 1}`)).join(', ');
}

export function random_seed(): number {
  return Math.floor((crypto.getRandomValues(new Uint32Array(1))[0] ?? 0) / 2 ** 32 * (most_random_seed + 1));
}
