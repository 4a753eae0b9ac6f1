// The part of the picture that "Masked only" shows to the model. Parity: A1111's get_crop_region and expand_crop_region.

export interface Box { x1: number; y1: number; x2: number; y2: number }

/** The smallest box around what is masked, and the share of masked pixels; null where nothing is. */
export function mask_extent(alpha: Uint8ClampedArray, width: number, height: number): { box: Box; share: number } | null {
  const box: Box = { x1: width, y1: height, x2: 0, y2: 0 };
  let sum = 0;
  for (let y = 0, i = 3; y < height; ++y) {
    for (let x = 0; x < width; ++x, i += 4) {
      const value = alpha[i] as number;
      if (value === 0) continue;
      sum += value;
      if (x < box.x1) box.x1 = x;
      if (x >= box.x2) box.x2 = x + 1;
      if (y < box.y1) box.y1 = y;
      if (y >= box.y2) box.y2 = y + 1;
    }
  }
  return box.x2 > box.x1 ? { box, share: sum / 255 / (width * height) } : null;
}

function stretched(low: number, high: number, wanted: number, most: number): [number, number] {
  const more = Math.trunc(wanted - (high - low));
  let [from, to] = [low - Math.floor(more / 2), high + more - Math.floor(more / 2)];
  if (to >= most) [from, to] = [from - (to - most), most];
  if (from < 0) [from, to] = [0, to - from];
  return [from, Math.min(to, most)];
}

/** With padding, and in the shape of the run's size. */
export function cut_out(extent: Box, padding: number, run: [number, number], picture: [number, number]): Box {
  const [width, height] = picture;
  const box = { x1: Math.max(0, extent.x1 - padding), y1: Math.max(0, extent.y1 - padding), x2: Math.min(width, extent.x2 + padding), y2: Math.min(height, extent.y2 + padding) };
  const ratio = run[0] / run[1];
  if ((box.x2 - box.x1) / (box.y2 - box.y1) > ratio) [box.y1, box.y2] = stretched(box.y1, box.y2, (box.x2 - box.x1) / ratio, height);
  else [box.x1, box.x2] = stretched(box.x1, box.x2, (box.y2 - box.y1) * ratio, width);
  return box;
}
