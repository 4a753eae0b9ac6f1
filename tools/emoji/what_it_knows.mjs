// Writes models/emoji/knows.json: the words the embedded model was trained on, for those who look for some.
//   node tools/emoji/what_it_knows.mjs
import fs from 'node:fs';
import path from 'node:path';
import { fileURLToPath } from 'node:url';
import { BACKGROUNDS, STYLES } from './captions.mjs';

const here = path.dirname(fileURLToPath(import.meta.url));
export const written = path.join(here, '../../models/emoji/knows.json');

/** Each concept as captions call it, without its article. */
export function what_it_knows() {
  const concepts = fs.readFileSync(path.join(here, 'concepts_all.txt'), 'utf8').split('\n')
    .filter((line) => line && !line.startsWith('#')).map((line) => line.split(' | ')[1].replace(/^an? /, ''));
  return { concepts: concepts.sort(), backgrounds: Object.keys(BACKGROUNDS), styles: STYLES };
}

export const as_text = (words) => `${JSON.stringify(words, null, 1)}\n`;

if (process.argv[1] === fileURLToPath(import.meta.url)) fs.writeFileSync(written, as_text(what_it_knows()));
