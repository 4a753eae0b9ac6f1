// Small PNG pictures for the recorded server.
import { crc32 as native_crc32, deflateSync } from 'node:zlib';

const table = Array.from({ length: 256 }, (_, n) => {
  let c = n;
  for (let k = 0; k < 8; ++k) c = c & 1 ? 0xedb88320 ^ (c >>> 1) : c >>> 1;
  return c >>> 0;
});

function crc32(bytes) {
  if (native_crc32) return native_crc32(bytes); // Node 22
  let c = 0xffffffff;
  for (const byte of bytes) c = table[(c ^ byte) & 255] ^ (c >>> 8);
  return (c ^ 0xffffffff) >>> 0;
}

function chunk(type, data) {
  const body = Buffer.concat([Buffer.from(type, 'latin1'), data]);
  const out = Buffer.alloc(body.length + 8);
  out.writeUInt32BE(data.length, 0);
  body.copy(out, 4);
  out.writeUInt32BE(crc32(body), body.length + 4);
  return out;
}

/** `colour(x, y)` gives [r, g, b]; `text` becomes the chunk "parameters". */
export function png(width, height, colour, text = '') {
  const rows = Buffer.alloc(height * (1 + 3 * width));
  for (let y = 0, i = 0; y < height; ++y) {
    rows[i++] = 0;
    for (let x = 0; x < width; ++x) for (const value of colour(x, y)) rows[i++] = value;
  }
  const head = Buffer.alloc(13);
  head.writeUInt32BE(width, 0);
  head.writeUInt32BE(height, 4);
  head.set([8, 2, 0, 0, 0], 8);
  const said = text === '' ? [] : [chunk('tEXt', Buffer.from(`parameters\0${text}`, 'latin1'))];
  return Buffer.concat([Buffer.from([137, 80, 78, 71, 13, 10, 26, 10]), chunk('IHDR', head), ...said, chunk('IDAT', deflateSync(rows)), chunk('IEND', Buffer.alloc(0))]);
}

/** Width and height of a PNG, null for anything else. */
export function png_size(bytes) {
  return bytes.length > 24 && bytes.readUInt32BE(0) === 0x89504e47 ? [bytes.readUInt32BE(16), bytes.readUInt32BE(20)] : null;
}

/** What a PNG says in its chunk "parameters". */
export function png_text(bytes) {
  const at = bytes.indexOf('tEXtparameters\0', 0, 'latin1');
  return at < 0 ? '' : bytes.toString('latin1', at + 15, at + 4 + bytes.readUInt32BE(at - 4));
}
