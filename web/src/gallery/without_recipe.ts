// Pictures without what is written about them: the texts of a PNG, the Exif of a WebP or JPEG go, every pixel stays.

const text_chunks = new Set(['tEXt', 'zTXt', 'iTXt', 'eXIf', 'tIME']);
const word = (bytes: Uint8Array, at: number) => String.fromCharCode(...bytes.subarray(at, at + 4));

function joined(pieces: Uint8Array[]): Uint8Array {
  const all = new Uint8Array(pieces.reduce((sum, piece) => sum + piece.length, 0));
  let at = 0;
  for (const piece of pieces) {
    all.set(piece, at);
    at += piece.length;
  }
  return all;
}

function bare_png(bytes: Uint8Array, view: DataView): Uint8Array {
  const kept = [bytes.subarray(0, 8)];
  for (let at = 8; at + 12 <= bytes.length;) {
    const end = at + 12 + view.getUint32(at);
    if (end > bytes.length) break;
    if (!text_chunks.has(word(bytes, at + 4))) kept.push(bytes.subarray(at, end));
    at = end;
  }
  return joined(kept);
}

function bare_webp(bytes: Uint8Array, view: DataView): Uint8Array {
  const kept: Uint8Array[] = [];
  for (let at = 12; at + 8 <= bytes.length;) {
    const length = view.getUint32(at + 4, true);
    const chunk = bytes.slice(at, Math.min(bytes.length, at + 8 + length + (length & 1)));
    const kind = word(bytes, at);
    if (kind === 'VP8X' && chunk.length > 8) chunk[8] = (chunk[8] as number) & ~0x0c; // says whether Exif and XMP follow
    if (kind !== 'EXIF' && kind !== 'XMP ') kept.push(chunk);
    at += 8 + length + (length & 1);
  }
  const head = bytes.slice(0, 12);
  new DataView(head.buffer).setUint32(4, 4 + kept.reduce((sum, chunk) => sum + chunk.length, 0), true);
  return joined([head, ...kept]);
}

function bare_jpeg(bytes: Uint8Array, view: DataView): Uint8Array {
  const kept = [bytes.subarray(0, 2)];
  let at = 2;
  while (at + 4 <= bytes.length && bytes[at] === 0xff && bytes[at + 1] !== 0xda) {
    const [marker, end] = [bytes[at + 1], at + 2 + view.getUint16(at + 2)];
    if (marker !== 0xe1 && marker !== 0xfe) kept.push(bytes.subarray(at, end)); // APP1 is Exif, COM a comment
    at = end;
  }
  return joined([...kept, bytes.subarray(at)]);
}

/** The same picture; what is none of PNG, WebP and JPEG is given back as it is. */
export function without_recipe(bytes: Uint8Array): Uint8Array {
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  if (bytes.length > 12 && word(bytes, 1) === 'PNG\r') return bare_png(bytes, view);
  if (bytes.length > 12 && word(bytes, 0) === 'RIFF' && word(bytes, 8) === 'WEBP') return bare_webp(bytes, view);
  if (bytes.length > 4 && bytes[0] === 0xff && bytes[1] === 0xd8) return bare_jpeg(bytes, view);
  return bytes;
}
