// A zip archive of files as they are: pictures are compressed already. PKWARE's APPNOTE.TXT, sections 4.3 and 4.4.

export interface ZipFile { name: string; bytes: Uint8Array; time: Date }

const crc_table = Uint32Array.from({ length: 256 }, (_, byte) => {
  let value = byte;
  for (let bit = 0; bit < 8; ++bit) value = value & 1 ? 0xedb88320 ^ (value >>> 1) : value >>> 1;
  return value >>> 0;
});

export function crc32(bytes: Uint8Array): number {
  let value = 0xffffffff;
  for (let i = 0; i < bytes.length; ++i) value = (crc_table[(value ^ (bytes[i] as number)) & 0xff] as number) ^ (value >>> 8);
  return (value ^ 0xffffffff) >>> 0;
}

/** The archive's two-second clock, local time, from 1980 on. */
function dos_time(time: Date): number {
  const date = ((Math.max(1980, time.getFullYear()) - 1980) << 9) | ((time.getMonth() + 1) << 5) | time.getDate();
  return ((date << 16) | (time.getHours() << 11) | (time.getMinutes() << 5) | (time.getSeconds() >> 1)) >>> 0;
}

/** A record: its numbers as [bytes wide, value], little endian, then texts and bytes. */
function record(numbers: [2 | 4, number][], ...tail: Uint8Array[]): Uint8Array[] {
  const head = new DataView(new ArrayBuffer(numbers.reduce((sum, [width]) => sum + width, 0)));
  let at = 0;
  for (const [width, value] of numbers) {
    if (width === 2) head.setUint16(at, value, true);
    else head.setUint32(at, value, true);
    at += width;
  }
  return [new Uint8Array(head.buffer), ...tail];
}

const version = 20;
const utf8_names = 0x800;
const most_bytes = 0xffff_0000; // offsets have 32 bits
const most_files = 0xffff;

/** Throws where the archive would outgrow the format. */
export function zip(files: ZipFile[]): Blob {
  const length = files.reduce((sum, { bytes, name }) => sum + bytes.length + 3 * name.length + 100, 0);
  if (length > most_bytes || files.length >= most_files) throw new Error(`A zip of ${files.length} pictures, ${length} bytes, is more than the format holds: 65,534 and 4 GB. Select fewer.`);
  const parts: Uint8Array[] = [];
  const directory: Uint8Array[] = [];
  let offset = 0;
  const size_of = (pieces: Uint8Array[]) => pieces.reduce((sum, piece) => sum + piece.length, 0);
  for (const { name, bytes, time } of files) {
    const called = new TextEncoder().encode(name);
    const facts: [2 | 4, number][] = [[2, version], [2, utf8_names], [2, 0], [4, dos_time(time)], [4, crc32(bytes)], [4, bytes.length], [4, bytes.length], [2, called.length], [2, 0]];
    const local = record([[4, 0x04034b50], ...facts], called, bytes);
    directory.push(...record([[4, 0x02014b50], [2, version], ...facts, [2, 0], [2, 0], [2, 0], [4, 0], [4, offset]], called));
    parts.push(...local);
    offset += size_of(local);
  }
  const end = record([[4, 0x06054b50], [2, 0], [2, 0], [2, files.length], [2, files.length], [4, size_of(directory)], [4, offset], [2, 0]]);
  return new Blob([...parts, ...directory, ...end] as BlobPart[], { type: 'application/zip' });
}
