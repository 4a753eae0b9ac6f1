import assert from 'node:assert/strict';
import test from 'node:test';
import { difference_of, difference_pixels } from '../src/gallery/difference';
import { cut_out, mask_extent } from '../src/canvas/masked_box';

const pixels = (...data: number[]) => ({ width: data.length / 4, height: 1, data: Uint8ClampedArray.from(data) });

test('equal pictures have no difference', () => {
  assert.deepEqual(difference_of(pixels(1, 2, 3, 255), pixels(1, 2, 3, 0)), { psnr: Infinity, largest: 0, changed: 0 });
});

test('PSNR, largest difference and share of changed pixels', () => {
  const { psnr, largest, changed } = difference_of(pixels(0, 0, 0, 255, 10, 10, 10, 255), pixels(0, 0, 30, 255, 10, 10, 10, 255));
  assert.equal(largest, 30);
  assert.equal(changed, 0.5);
  assert.ok(Math.abs(psnr - 10 * Math.log10(255 ** 2 / (900 / 6))) < 1e-9);
});

test('the difference picture is amplified, or signed around grey', () => {
  const [a, b] = [pixels(100, 0, 0, 255), pixels(90, 20, 0, 255)];
  assert.deepEqual([...difference_pixels(a, b, 4, false)], [40, 80, 0, 255]);
  assert.deepEqual([...difference_pixels(a, b, 4, true)], [148, 88, 128, 255]);
});

test('the masked box is found and cut out as A1111 does', () => {
  const alpha = new Uint8ClampedArray(10 * 10 * 4);
  for (const [x, y] of [[3, 4], [5, 6]] as const) alpha[(y * 10 + x) * 4 + 3] = 255;
  const found = mask_extent(alpha, 10, 10);
  assert.deepEqual(found, { box: { x1: 3, y1: 4, x2: 6, y2: 7 }, share: 0.02 });
  assert.equal(mask_extent(new Uint8ClampedArray(16), 2, 2), null);
  assert.deepEqual(cut_out({ x1: 200, y1: 80, x2: 260, y2: 300 }, 32, [512, 512], [512, 512]), { x1: 88, y1: 48, x2: 372, y2: 332 });
  assert.deepEqual(cut_out({ x1: 480, y1: 0, x2: 512, y2: 200 }, 0, [512, 512], [512, 512]), { x1: 312, y1: 0, x2: 512, y2: 200 });
});
