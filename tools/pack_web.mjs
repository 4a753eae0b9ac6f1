// node tools/pack_web.mjs FOLDER FILE: all files of a folder in one, as src/server/web_files.cpp reads it: for each its
// path ("/assets/main.js") and its bytes, both with their length in front (32 bits, little endian).
import { readdirSync, readFileSync, renameSync, writeFileSync } from "node:fs";
import { join } from "node:path";

function filesBelow(folder, prefix = "") {
  return readdirSync(folder, { withFileTypes: true })
    .sort((a, b) => (a.name < b.name ? -1 : 1))
    .flatMap((entry) =>
      entry.isDirectory() ? filesBelow(join(folder, entry.name), `${prefix}/${entry.name}`) : [`${prefix}/${entry.name}`],
    );
}

function piece(bytes) {
  const size = Buffer.alloc(4);
  size.writeUInt32LE(bytes.length);
  return Buffer.concat([size, bytes]);
}

const [folder, file] = process.argv.slice(2);
const pieces = filesBelow(folder).flatMap((path) => [piece(Buffer.from(path)), piece(readFileSync(join(folder, path)))]);
writeFileSync(`${file}.part`, Buffer.concat(pieces));
renameSync(`${file}.part`, file);
