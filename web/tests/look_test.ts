import assert from 'node:assert/strict';
import test from 'node:test';
import { most_zoom, moved, whole, zoomed } from '../src/gallery/look';

test('what lies under the pointer stays there', () => {
  const near = zoomed(whole, 4, 0.25, 0.75);
  // The place of the picture at a place of the frame: (p - corner) / zoom.
  assert.deepEqual([(0.25 - near.x) / near.zoom, (0.75 - near.y) / near.zoom], [0.25, 0.75]);
  const nearer = zoomed(near, 2, 0.5, 0.5);
  assert.equal(nearer.zoom, 8);
  assert.equal((0.5 - nearer.x) / nearer.zoom, (0.5 - near.x) / near.zoom);
});

test('no picture leaves its frame', () => {
  assert.deepEqual(moved(whole, 0.3, -0.3), whole);
  const near = zoomed(whole, 2);
  assert.deepEqual(moved(near, 9, 9), { zoom: 2, x: 0, y: 0 });
  assert.deepEqual(moved(near, -9, -9), { zoom: 2, x: -1, y: -1 });
  assert.deepEqual(zoomed(near, 0.1), whole);
});

test('there is an end to zooming', () => {
  assert.equal(zoomed(whole, 1000).zoom, most_zoom);
  assert.equal(zoomed(whole, 0.01).zoom, 1);
});
