// From values to places on a chart, and the ticks between them.

export interface Scale { at: (value: number) => number; ticks: number[]; text: (value: number) => string }

const short = (value: number) => {
  if (value === 0) return '0';
  const size = Math.abs(value);
  if (size >= 1000) return new Intl.NumberFormat('en').format(Number(value.toPrecision(3)));
  if (size >= 0.01) return String(Number(value.toPrecision(3)));
  return value.toExponential(0).replace('e-', 'e-').replace('e+', 'e');
};

/** Powers of ten that hold the values; at least one whole decade. */
export function log_scale(values: number[], from: number, to: number): Scale {
  const positive = values.filter((value) => value > 0 && Number.isFinite(value));
  if (positive.length === 0) return { at: () => from, ticks: [], text: short };
  const least = Math.floor(Math.log10(Math.min(...positive)) + 1e-9);
  const most = Math.max(least + 1, Math.ceil(Math.log10(Math.max(...positive)) - 1e-9));
  const step = Math.max(1, Math.ceil((most - least) / 8));
  const ticks: number[] = [];
  for (let power = least; power <= most; power += step) ticks.push(10 ** power);
  return { at: (value) => from + ((Math.log10(value) - least) / (most - least)) * (to - from), ticks, text: short };
}

/** Doublings, as steps and calls are. */
export function doubling_scale(values: number[], from: number, to: number): Scale {
  const positive = values.filter((value) => value > 0 && Number.isFinite(value));
  if (positive.length === 0) return { at: () => from, ticks: [], text: short };
  const [least, most] = [Math.log2(Math.min(...positive)), Math.log2(Math.max(...positive))];
  const wide = Math.max(most - least, 1e-9);
  const ticks: number[] = [];
  const first = Math.min(...positive);
  for (let value = first; Math.log2(value) <= most + 1e-9; value *= 2) ticks.push(value);
  return { at: (value) => from + ((Math.log2(value) - least) / wide) * (to - from), ticks, text: short };
}

/** From 0 or the least value, in steps of 1, 2 or 5. */
export function linear_scale(values: number[], from: number, to: number, starts_at_zero = true): Scale {
  const some = values.filter(Number.isFinite);
  const least = starts_at_zero ? Math.min(0, ...some) : Math.min(...some);
  const most = Math.max(...some, least + 1e-12);
  const rough = (most - least) / 5;
  const unit = 10 ** Math.floor(Math.log10(rough));
  const step = [1, 2, 5, 10].map((times) => times * unit).find((size) => size >= rough) ?? rough;
  const ticks: number[] = [];
  for (let value = Math.ceil(least / step) * step; value <= most + 1e-9 * step; value += step) ticks.push(Math.abs(value) < step / 1e6 ? 0 : value);
  return { at: (value) => from + ((value - least) / (most - least)) * (to - from), ticks, text: short };
}

/** Places for the names at the lines' ends: as near to their lines as they can be without covering each other. */
export function spread(places: number[], distance: number, top: number, bottom: number): number[] {
  const order = places.map((_, i) => i).sort((a, b) => (places[a] as number) - (places[b] as number));
  const out = [...places];
  let before = top - distance;
  for (const i of order) {
    out[i] = Math.max(out[i] as number, before + distance);
    before = out[i] as number;
  }
  let after = bottom + distance;
  for (const i of [...order].reverse()) {
    out[i] = Math.min(out[i] as number, after - distance);
    after = out[i] as number;
  }
  return out;
}
