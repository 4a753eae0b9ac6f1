// Says what the built page weighs, gzipped, and fails where it is over the project's limit. Fonts are compressed already and count fully.
import fs from 'node:fs';
import path from 'node:path';
import { gzipSync } from 'node:zlib';

const most_bytes = 400_000;
const folder = new URL('../dist/', import.meta.url).pathname;

const files = fs.readdirSync(folder, { recursive: true }).map(String).filter((name) => fs.statSync(path.join(folder, name)).isFile());
const rows = files.map((name) => {
  const bytes = fs.readFileSync(path.join(folder, name));
  return { name, bytes: name.endsWith('.woff2') ? bytes.length : gzipSync(bytes, { level: 9 }).length };
}).sort((a, b) => b.bytes - a.bytes);
for (const { name, bytes } of rows) console.log(`${String(bytes).padStart(8)}  ${name}`);
const sum = rows.reduce((total, row) => total + row.bytes, 0);
console.log(`${String(sum).padStart(8)}  all, gzipped; at most ${most_bytes}`);
if (sum > most_bytes) throw new Error(`the page weighs ${sum} bytes gzipped, more than ${most_bytes}`);
