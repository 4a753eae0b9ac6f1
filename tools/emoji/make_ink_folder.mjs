#!/usr/bin/env node
// Makes the training folder of the demo LoRA: pictograms in black ink on white, from Microsoft's high-contrast emoji (MIT), in the
// layout of kohya's trainer: OUT/1_ink/NAME.png with NAME.txt beside it.
import fs from 'node:fs';
import path from 'node:path';
import { parseArgs } from 'node:util';
import { fetched_sets, rasterise, svg_of } from './icons.mjs';
import { composite, read_rgba_png, write_rgb_png } from './png.mjs';

const HERE = import.meta.dirname ?? path.dirname(new URL(import.meta.url).pathname);
const INK = { ink: { name: '@iconify-json/fluent-emoji-high-contrast', version: '1.2.6', licence: 'MIT' } };
const WHITE = [255, 255, 255];

async function main() {
  const { values } = parseArgs({
    options: {
      out: { type: 'string' }, concepts: { type: 'string', default: path.join(HERE, 'concepts_96.txt') }, size: { type: 'string', default: '128' },
    },
  });
  if (!values.out) throw new Error('--out is missing; usage: node tools/emoji/make_ink_folder.mjs --out DIR [--concepts FILE] [--size 128]');
  const { icons } = fetched_sets(INK).ink;
  const folder = path.join(values.out, '1_ink');
  fs.mkdirSync(folder, { recursive: true });
  const lines = fs.readFileSync(values.concepts, 'utf8').split('\n').filter((line) => line && !line.startsWith('#'));
  const missing = [];
  let drawn = 0;
  for (const line of lines) {
    const [concept, label] = line.split('|').map((part) => part.trim());
    if (!icons.icons[concept]) { missing.push(concept); continue; }
    const file = path.join(folder, `${concept}.png`);
    await rasterise(svg_of(icons, concept), file, values.size);
    write_rgb_png(file, composite(read_rgba_png(file), WHITE));
    fs.writeFileSync(path.join(folder, `${concept}.txt`), `${label}, on a white background\n`);
    ++drawn;
  }
  console.log(`${folder}: ${drawn} pictures${missing.length > 0 ? `; the set lacks ${missing.join(', ')}` : ''}`);
}

await main().catch((problem) => { console.error(`error: ${problem.message}`); process.exit(1); });
