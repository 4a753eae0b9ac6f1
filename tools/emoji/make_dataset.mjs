#!/usr/bin/env node
// Makes the training pictures of the embedded emoji model: fetches two emoji sets from npm, draws every concept that both
// sets have, and writes the chosen concepts on named background colours with captions. README.md describes the result.
import fs from 'node:fs';
import os from 'node:os';
import path from 'node:path';
import { parseArgs } from 'node:util';
import { BACKGROUNDS, captions_of, hash, is_heldout } from './captions.mjs';
import { fetched_sets, rasterise, svg_of } from './icons.mjs';
import { composite, read_rgba_png, write_rgb_png } from './png.mjs';

const HERE = import.meta.dirname ?? path.dirname(new URL(import.meta.url).pathname);
const WHITE_REPEATS = 3; // white is what a caption without a background means, so it is seen more often
const VALIDATION_CONCEPTS = 40; // never seen by the autoencoder's training
// Versions are pinned so that the pictures, and therefore the figures of the model card, can be made again.
const STYLES = {
  noto: { name: '@iconify-json/noto', version: '1.2.9', licence: 'Apache-2.0' },
  fluent: { name: '@iconify-json/fluent-emoji-flat', version: '1.2.6', licence: 'MIT' },
};
// What the autoencoder learns from: its split stays as it is, whatever longer lists add.
const CATEGORIES = ['Smileys & Emotion', 'Animals & Nature', 'Food & Drink', 'Travel & Places', 'Activities', 'Objects'];
// Parts of the body and plain symbols are drawable things too; the rest of those two categories is people, hands and signs.
const EXTRA = ['anatomical-heart', 'bone', 'brain', 'ear', 'eye', 'eyes', 'footprints', 'lungs', 'mechanical-arm',
  'mechanical-leg', 'mouth', 'nose', 'tongue', 'tooth', 'troll', 'check-mark', 'cross-mark', 'peace-symbol', 'recycling-symbol',
  'red-circle', 'orange-circle', 'yellow-circle', 'green-circle', 'blue-circle', 'purple-circle', 'brown-circle',
  'black-circle', 'white-circle', 'red-square', 'orange-square', 'yellow-square', 'green-square', 'blue-square',
  'purple-square', 'brown-square', 'large-blue-diamond', 'large-orange-diamond', 'red-question-mark',
  'red-exclamation-mark', 'yin-yang'];
const UNWANTED = /skin-tone|-flag$|oclock|-thirty$|^(guide|service)-dog$|^(flag-in-hole)$|^(non-)?potable/;

const USAGE = 'usage: node tools/emoji/make_dataset.mjs --out DIR [--concepts FILE|N] [--size 128] [--cutouts CACHE]';
const stop = (message) => { console.error(`error: ${message}`); process.exit(1); };

function command_line() {
  try {
    const { values } = parseArgs({
      options: {
        out: { type: 'string' }, concepts: { type: 'string', default: path.join(HERE, 'concepts_96.txt') },
        size: { type: 'string', default: '128' }, cutouts: { type: 'string' }, help: { type: 'boolean' },
      },
    });
    if (values.help) { console.log(USAGE); process.exit(0); }
    const size = Number(values.size);
    if (!values.out) stop(`--out is missing; ${USAGE}`);
    if (!Number.isInteger(size) || size < 16 || size > 1024) stop(`--size must be a whole number of 16..1024, found "${values.size}"`);
    return { ...values, size, out: path.resolve(values.out) };
  } catch (problem) {
    return stop(`${problem.message}; ${USAGE}`);
  }
}

/** Lines "icon name | label with its article | optional tag"; a number takes that many lines of concepts_400.txt. */
function read_concepts(choice) {
  const count = /^\d+$/.test(choice) ? Number(choice) : Infinity;
  const file = count === Infinity ? choice : path.join(HERE, 'concepts_400.txt');
  if (!fs.existsSync(file)) stop(`reading the concept list ${file}: no such file`);
  const lines = fs.readFileSync(file, 'utf8').split('\n').map((l) => l.trim()).filter((l) => l && !l.startsWith('#'));
  const concepts = lines.slice(0, count).map((line) => {
    const [concept, label, tag] = line.split('|').map((part) => part.trim());
    if (!concept || !label) stop(`reading ${file}: a line must be "icon name | label | optional tag", found "${line}"`);
    return { concept, label, tag };
  });
  const names = new Set(concepts.map((c) => c.concept));
  if (names.size !== concepts.length) stop(`reading ${file}: a concept is listed twice`);
  if (concepts.length === 0 || (count !== Infinity && concepts.length < count)) {
    stop(`--concepts ${choice}: ${file} has ${lines.length} concepts`);
  }
  return concepts;
}

/** Concept (Noto's name) -> icon name in each style, for every concept that both styles have, but for skin tones. */
function matched_concepts(sets) {
  const normalised = (name) => name.normalize('NFKD').toLowerCase().replace(/[^a-z0-9]/g, '');
  const fluent = new Map(Object.keys(sets.fluent.icons.icons).map((name) => [normalised(name), name]));
  const pairs = Object.values(sets.noto.categories).flat()
    .filter((name) => sets.noto.icons.icons[name] && !name.includes('skin-tone') && fluent.has(normalised(name)));
  return new Map([...new Set(pairs)].sort().map((name) => [name, { noto: name, fluent: fluent.get(normalised(name)) }]));
}

async function draw_cutouts(sets, concepts, folder, size) {
  const jobs = [];
  for (const style of Object.keys(STYLES)) {
    fs.mkdirSync(path.join(folder, style), { recursive: true });
    for (const [concept, names] of concepts) {
      const file = path.join(folder, style, `${concept}.png`);
      if (!fs.existsSync(file)) jobs.push(() => rasterise(svg_of(sets[style].icons, names[style]), file, size));
    }
  }
  console.log(`drawing ${jobs.length} of ${2 * concepts.size} cutouts`);
  const worker = async () => { while (jobs.length > 0) await jobs.pop()(); };
  await Promise.all(Array.from({ length: os.availableParallelism() }, worker));
}

function write_pairs(out, chosen, size) {
  fs.rmSync(path.join(out, 'pairs'), { recursive: true, force: true });
  fs.mkdirSync(path.join(out, 'pairs'), { recursive: true });
  const images = [];
  for (const style of Object.keys(STYLES)) {
    for (const entry of chosen) {
      const cutout = read_rgba_png(path.join(out, 'cutouts', style, `${entry.concept}.png`));
      if (cutout.width !== size || cutout.height !== size) stop(`${entry.concept}: cutouts of ${cutout.width} pixels are there, ${size} were asked; use another --cutouts`);
      for (const [background, colour] of Object.entries(BACKGROUNDS)) {
        const stem = `pairs/${style}__${entry.concept}__${background.replaceAll(' ', '-')}`;
        const captions = captions_of(entry, style, background);
        write_rgb_png(path.join(out, `${stem}.png`), composite(cutout, colour));
        fs.writeFileSync(path.join(out, `${stem}.txt`), `${captions.join('\n')}\n`);
        images.push({
          file: `${stem}.png`, captions, repeats: background === 'white' ? WHITE_REPEATS : 1, concept: entry.concept, style,
          background, split: is_heldout(entry.concept, background) ? 'heldout' : 'train',
        });
      }
    }
  }
  return images;
}

async function main() {
  const options = command_line();
  const chosen = read_concepts(options.concepts);
  const sets = fetched_sets(STYLES);
  const matched = matched_concepts(sets);
  const unknown = chosen.filter((c) => !matched.has(c.concept)).map((c) => c.concept);
  if (unknown.length > 0) stop(`the concept list names what the two emoji sets do not share: ${unknown.join(', ')}`);

  const categories = [...CATEGORIES.flatMap((c) => sets.noto.categories[c]), ...EXTRA];
  const common = new Set(categories.filter((name) => matched.has(name) && !UNWANTED.test(name)));
  const drawn = new Set([...common, ...chosen.map((c) => c.concept)]);
  const concepts = new Map([...matched].filter(([name]) => drawn.has(name)));

  fs.mkdirSync(options.out, { recursive: true });
  const own = path.join(options.out, 'cutouts');
  const cutouts = options.cutouts ? path.resolve(options.cutouts) : own;
  await draw_cutouts(sets, concepts, cutouts, options.size);
  if (cutouts !== own && !fs.existsSync(own)) fs.symlinkSync(cutouts, own);

  const images = write_pairs(options.out, chosen, options.size);
  const listed = new Set(read_concepts(path.join(HERE, 'concepts_400.txt')).map((c) => c.concept));
  const validation = new Set([...common].filter((c) => !listed.has(c))
    .sort((a, b) => hash(`validation ${a}`) - hash(`validation ${b}`)).slice(0, VALIDATION_CONCEPTS));
  const manifest = {
    size: options.size,
    sources: Object.fromEntries(Object.entries(sets).map(([style, s]) => [style, { package: `${s.package.name}@${s.package.version}`, licence: s.package.licence, author: s.author }])),
    backgrounds: BACKGROUNDS,
    concepts: chosen.map(({ concept, label, tag }) => ({ concept, label, tag: tag ?? '' })),
    images,
    cutouts: Object.keys(STYLES).flatMap((style) => [...concepts.keys()].map((concept) => (
      { file: `cutouts/${style}/${concept}.png`, concept, style, split: validation.has(concept) ? 'validation' : 'train' }))),
  };
  fs.writeFileSync(path.join(options.out, 'manifest.json'), `${JSON.stringify(manifest, null, 1)}\n`);
  const lines = [...new Set(images.flatMap((i) => i.captions))].sort();
  fs.writeFileSync(path.join(options.out, 'captions.txt'), `${lines.join('\n')}\n`);
  const heldout = images.filter((i) => i.split === 'heldout').length;
  console.log(`${options.out}: ${concepts.size} concepts drawn, ${chosen.length} chosen, ${images.length} pictures `
    + `(${heldout} held out), ${lines.length} distinct captions`);
}

await main().catch((problem) => stop(problem.message));
