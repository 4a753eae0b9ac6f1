// fp32 tensors as a safetensors file: eight bytes length, a JSON header, the numbers.

/** `tensors`: {name: {shape, data}}. Returns the file's bytes. */
export function safetensors(tensors) {
  const header = {}, parts = [];
  let end = 0;
  for (const [name, {shape, data}] of Object.entries(tensors)) {
    const bytes = Buffer.from(Float32Array.from(data).buffer);
    header[name] = {dtype: 'F32', shape, data_offsets: [end, end += bytes.length]};
    parts.push(bytes);
  }
  let text = JSON.stringify(header);
  text += ' '.repeat(-text.length & 7);  // the data is aligned
  const length = Buffer.alloc(8);
  length.writeBigUInt64LE(BigInt(Buffer.byteLength(text)));
  return Buffer.concat([length, Buffer.from(text), ...parts]);
}
