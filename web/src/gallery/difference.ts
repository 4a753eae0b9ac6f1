// How two pictures differ, pixel by pixel.

export interface Difference { psnr: number; largest: number; changed: number } // psnr in dB, Infinity where equal; changed: share of pixels
export interface Pixels { width: number; height: number; data: Uint8ClampedArray }

/** Of the colours; transparency is left out. Requires: equal sizes. */
export function difference_of(a: Pixels, b: Pixels): Difference {
  let [squares, largest, changed] = [0, 0, 0];
  for (let i = 0; i < a.data.length; i += 4) {
    let most = 0;
    for (let c = 0; c < 3; ++c) {
      const delta = Math.abs((a.data[i + c] as number) - (b.data[i + c] as number));
      squares += delta * delta;
      if (delta > most) most = delta;
    }
    if (most > 0) changed += 1;
    if (most > largest) largest = most;
  }
  const pixels = a.data.length / 4;
  const error = squares / (pixels * 3 || 1);
  return { psnr: error === 0 ? Infinity : 10 * Math.log10((255 * 255) / error), largest, changed: pixels === 0 ? 0 : changed / pixels };
}

/** abs(A - B) x gain, or around middle grey with its sign. */
export function difference_pixels(a: Pixels, b: Pixels, gain: number, is_signed: boolean): Uint8ClampedArray {
  const out = new Uint8ClampedArray(a.data.length);
  for (let i = 0; i < out.length; i += 4) {
    for (let c = 0; c < 3; ++c) {
      const delta = (a.data[i + c] as number) - (b.data[i + c] as number);
      out[i + c] = is_signed ? 128 + (delta * gain) / 2 : Math.abs(delta) * gain;
    }
    out[i + 3] = 255;
  }
  return out;
}
