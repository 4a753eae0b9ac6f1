import assert from 'node:assert/strict';
import {test} from 'node:test';
import {safetensors} from './safetensors.mjs';

test('the header says where each tensor lies, and the data is aligned', () => {
  const file = safetensors({a: {shape: [2], data: [1, 2]}, b: {shape: [], data: [0.5]}});
  const length = Number(file.readBigUInt64LE(0));
  assert.equal(length % 8, 0);
  const header = JSON.parse(file.subarray(8, 8 + length));
  assert.deepEqual(header.b, {dtype: 'F32', shape: [], data_offsets: [8, 12]});
  assert.equal(file.readFloatLE(8 + length + header.b.data_offsets[0]), 0.5);
  assert.equal(file.length, 8 + length + 12);
});
