import assert from 'node:assert/strict';
import { execFileSync } from 'node:child_process';
import fs from 'node:fs';
import os from 'node:os';
import path from 'node:path';
import test from 'node:test';
import { columns_of } from '../src/gallery/export';
import { without_recipe } from '../src/gallery/without_recipe';
import { crc32, zip } from '../src/gallery/zip';
import { png } from '../e2e/png.mjs';

const bytes_of = (text: string) => new TextEncoder().encode(text);
const time = new Date(2024, 1, 29, 13, 37, 42);

test("the checksum is the standard's", () => {
  assert.equal(crc32(bytes_of('123456789')), 0xcbf43926);
  assert.equal(crc32(new Uint8Array()), 0);
});

test('an archive of one empty file is the bytes that the format says', async () => {
  const archive = Buffer.from(await zip([{ name: 'a', bytes: new Uint8Array(), time }]).arrayBuffer()).toString('hex');
  // version 2.0, names in UTF-8, stored; 13:37:42 = 0x6cb5, 2024-02-29 = 0x585d
  const both = '1400' + '0008' + '0000' + 'b56c5d58' + '00000000' + '00000000' + '00000000' + '0100' + '0000';
  const local = `504b0304${both}61`;
  const central = `504b01021400${both}0000000000000000000000000000` + '61';
  const end = '504b050600000000' + '01000100' + '2f000000' + '1f000000' + '0000';
  assert.equal(archive, local + central + end);
});

test('another program reads the archive', async (t) => {
  const folder = fs.mkdtempSync(path.join(os.tmpdir(), 'darkroom-zip-'));
  try {
    const files = [{ name: '00001-7.png', bytes: bytes_of('one'), time }, { name: 'ä.png', bytes: new Uint8Array(70_000).fill(9), time }];
    fs.writeFileSync(path.join(folder, 'a.zip'), Buffer.from(await zip(files).arrayBuffer()));
    const python = 'import sys, zipfile; z = zipfile.ZipFile(sys.argv[1]); assert z.testzip() is None; print([(i.filename, i.file_size, i.date_time) for i in z.infolist()])';
    let told: string;
    try {
      told = execFileSync('python3', ['-c', python, path.join(folder, 'a.zip')], { encoding: 'utf8', env: { ...process.env, PYTHONIOENCODING: 'utf-8' } });
    } catch (error) {
      if ((error as { code?: string }).code === 'ENOENT') return t.skip('no python3 here');
      throw error;
    }
    assert.equal(told.trim(), "[('00001-7.png', 3, (2024, 2, 29, 13, 37, 42)), ('ä.png', 70000, (2024, 2, 29, 13, 37, 42))]");
  } finally {
    fs.rmSync(folder, { recursive: true, force: true });
  }
});

test('more than the format holds is refused', () => {
  const one = { name: 'a', bytes: new Uint8Array(), time };
  assert.throws(() => zip(new Array(65_535).fill(one)), /Select fewer/);
});

test('a PNG without its recipe is the PNG that never had one', () => {
  const colour = (x: number, y: number) => [x, y, 7];
  const [bare, told] = [png(9, 5, colour), png(9, 5, colour, 'a red apple\nSteps: 20')];
  assert.deepEqual(Buffer.from(without_recipe(told)), bare);
  assert.deepEqual(Buffer.from(without_recipe(bare)), bare);
});

const hex = (text: string) => Uint8Array.from(Buffer.from(text.replaceAll(' ', ''), 'hex'));
const as_hex = (bytes: Uint8Array) => Buffer.from(bytes).toString('hex');

test('a WebP and a JPEG lose their Exif and nothing else', () => {
  const [riff, webp] = ['52494646', '57454250'];
  // VP8X says "Exif follows" (0x08) beside alpha (0x10); the Exif chunk has an odd length and so a filling byte.
  const webp_told = hex(`${riff} 34000000 ${webp} 56503858 0a000000 18000000 080000040000 5650384c 02000000 aabb 45584946 03000000 010203 00`);
  assert.equal(as_hex(without_recipe(webp_told)), as_hex(hex(`${riff} 20000000 ${webp} 56503858 0a000000 10000000 080000040000 5650384c 02000000 aabb`)));
  const jpeg_told = hex('ffd8 ffe0 0004 0102 ffe1 0005 455831 fffe 0003 41 ffda 0002 11ffe122 ffd9');
  assert.equal(as_hex(without_recipe(jpeg_told)), as_hex(hex('ffd8 ffe0 0004 0102 ffda 0002 11ffe122 ffd9')));
  assert.equal(as_hex(without_recipe(hex('00112233'))), '00112233');
});

test('a contact sheet is nearly square, six columns at most', () => {
  assert.deepEqual([1, 2, 4, 5, 9, 10, 36, 100].map(columns_of), [1, 2, 2, 3, 3, 4, 6, 6]);
});
