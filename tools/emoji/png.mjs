// The little PNG that the data set needs: read 8-bit RGBA (as rsvg-convert writes it), write 8-bit RGB.
// Format: https://www.w3.org/TR/png-3/
import fs from 'node:fs';
import zlib from 'node:zlib';

const SIGNATURE = Buffer.from([0x89, 0x50, 0x4e, 0x47, 0x0d, 0x0a, 0x1a, 0x0a]);
const COLOUR_RGB = 2;
const COLOUR_RGBA = 6;

const CRC_TABLE = Uint32Array.from({ length: 256 }, (_, n) => {
  let c = n;
  for (let bit = 0; bit < 8; ++bit) c = c & 1 ? 0xedb88320 ^ (c >>> 1) : c >>> 1;
  return c >>> 0;
});

function crc32(bytes) {
  let c = 0xffffffff;
  for (const byte of bytes) c = CRC_TABLE[(c ^ byte) & 0xff] ^ (c >>> 8);
  return (c ^ 0xffffffff) >>> 0;
}

function paeth(left, above, corner) {
  const estimate = left + above - corner;
  const [l, a, c] = [Math.abs(estimate - left), Math.abs(estimate - above), Math.abs(estimate - corner)];
  if (l <= a && l <= c) return left;
  return a <= c ? above : corner;
}

function unfiltered(data, width, height, channels) {
  const stride = width * channels;
  const pixels = Buffer.alloc(height * stride);
  for (let y = 0; y < height; ++y) {
    const filter = data[y * (stride + 1)];
    for (let x = 0; x < stride; ++x) {
      const at = y * stride + x;
      const left = x >= channels ? pixels[at - channels] : 0;
      const above = y > 0 ? pixels[at - stride] : 0;
      const corner = x >= channels && y > 0 ? pixels[at - stride - channels] : 0;
      const predicted = [0, left, above, (left + above) >> 1, paeth(left, above, corner)][filter];
      pixels[at] = data[y * (stride + 1) + 1 + x] + predicted;
    }
  }
  return pixels;
}

/** {width, height, pixels}: pixels are rows of R, G, B, A bytes, alpha not premultiplied. */
export function read_rgba_png(file) {
  const bytes = fs.readFileSync(file);
  if (!bytes.subarray(0, 8).equals(SIGNATURE)) throw new Error(`reading ${file}: not a PNG`);
  const data = [];
  let header;
  for (let at = 8; at < bytes.length;) {
    const length = bytes.readUInt32BE(at);
    const type = bytes.toString('latin1', at + 4, at + 8);
    const body = bytes.subarray(at + 8, at + 8 + length);
    if (type === 'IHDR') header = body;
    if (type === 'IDAT') data.push(body);
    at += length + 12;
  }
  const [width, height, depth, colour, interlaced] = [header.readUInt32BE(0), header.readUInt32BE(4), header[8], header[9], header[12]];
  if (depth !== 8 || colour !== COLOUR_RGBA || interlaced) {
    throw new Error(`reading ${file}: must be 8-bit RGBA, not interlaced; found depth ${depth}, colour type ${colour}`);
  }
  return { width, height, pixels: unfiltered(zlib.inflateSync(Buffer.concat(data)), width, height, 4) };
}

/** The picture over a solid sRGB colour, blended in sRGB as browsers do: {width, height, pixels} of R, G, B bytes. */
export function composite({ width, height, pixels }, colour) {
  const rgb = Buffer.alloc(width * height * 3);
  for (let i = 0; i < width * height; ++i) {
    const alpha = pixels[4 * i + 3] / 255;
    for (let c = 0; c < 3; ++c) rgb[3 * i + c] = Math.round(alpha * pixels[4 * i + c] + (1 - alpha) * colour[c]);
  }
  return { width, height, pixels: rgb };
}

function chunk(type, body) {
  const out = Buffer.alloc(body.length + 12);
  out.writeUInt32BE(body.length, 0);
  out.write(type, 4, 'latin1');
  body.copy(out, 8);
  out.writeUInt32BE(crc32(out.subarray(4, body.length + 8)), body.length + 8);
  return out;
}

export function write_rgb_png(file, { width, height, pixels }) {
  const header = Buffer.alloc(13);
  header.writeUInt32BE(width, 0);
  header.writeUInt32BE(height, 4);
  header[8] = 8;
  header[9] = COLOUR_RGB;
  const stride = width * 3;
  const rows = Buffer.alloc(height * (stride + 1)); // filter 0 in front of every row
  for (let y = 0; y < height; ++y) pixels.copy(rows, y * (stride + 1) + 1, y * stride, (y + 1) * stride);
  fs.writeFileSync(file, Buffer.concat([SIGNATURE, chunk('IHDR', header), chunk('IDAT', zlib.deflateSync(rows)), chunk('IEND', Buffer.alloc(0))]));
}
