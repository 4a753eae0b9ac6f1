// Learns a byte-pair vocabulary in CLIP's format from captions, until every word of the captions is one token.
//
//   node tools/bpe/train_bpe.mjs captions.txt OUTDIR
//
// captions.txt: UTF-8, any number of captions, one per line. OUTDIR receives vocab.json, merges.txt,
// tokenizer_config.json and special_tokens_map.json, which Darkroom and transformers' CLIPTokenizer load unchanged.
// Byte-pair encoding: Sennrich et al., 2016 (arXiv 1508.07909). The same captions always give the same files.
import {mkdirSync, readFileSync, writeFileSync} from 'node:fs';
import {join} from 'node:path';

const MAX_TOKENS = 77;
const START = '<|startoftext|>';
const END = '<|endoftext|>';
const WORDS = /'s|'t|'re|'ve|'m|'ll|'d|\p{L}+|\p{N}|[^\s\p{L}\p{N}]+/gu;

/** The printable stand-ins of the 256 byte values, in the order in which CLIP numbers them. */
function byteAlphabet() {
  const printable = b => (b >= 33 && b <= 126) || (b >= 161 && b <= 172) || b >= 174;
  const bytes = [...Array(256).keys()];
  const order = [...bytes.filter(printable), ...bytes.filter(b => !printable(b))];
  let next = 256;
  return new Map(order.map(b => [b, String.fromCodePoint(printable(b) ? b : next++)]));
}

/** How often each word occurs, words spelled as their byte symbols joined by blanks. */
function wordCounts(text, alphabet) {
  const counts = new Map();
  for (const [word] of text.normalize('NFC').replace(/\s+/gu, ' ').toLowerCase().matchAll(WORDS)) {
    const symbols = [...Buffer.from(word)].map(b => alphabet.get(b));
    symbols[symbols.length - 1] += '</w>';
    const spelling = symbols.join(' ');
    counts.set(spelling, (counts.get(spelling) ?? 0) + 1);
  }
  return counts;
}

function merged(symbols, left, right) {
  const out = [];
  for (let i = 0; i < symbols.length; i++) {
    if (symbols[i] === left && symbols[i + 1] === right) {
      out.push(left + right);
      i++;
    } else {
      out.push(symbols[i]);
    }
  }
  return out;
}

/** `symbols` after all known merges, lowest rank first: what an encoder will do. */
function encoded(symbols, ranks) {
  for (;;) {
    let best = null;
    for (let i = 0; i + 1 < symbols.length; i++) {
      const rank = ranks.get(`${symbols[i]} ${symbols[i + 1]}`);
      if (rank !== undefined && (best === null || rank < best.rank)) best = {rank, i};
    }
    if (best === null) return symbols;
    symbols = merged(symbols, symbols[best.i], symbols[best.i + 1]);
  }
}

/** The merges, in order, that make every word one symbol: always the most frequent pair, then the smallest one. */
function learnMerges(counts) {
  let words = [...counts].map(([spelling, count]) => ({symbols: spelling.split(' '), count}));
  const ranks = new Map();
  for (;;) {
    words = words.filter(word => word.symbols.length > 1);
    if (words.length === 0) return [...ranks.keys()];
    const pairs = new Map();
    for (const {symbols, count} of words) {
      for (let i = 0; i + 1 < symbols.length; i++) {
        const pair = `${symbols[i]} ${symbols[i + 1]}`;
        pairs.set(pair, (pairs.get(pair) ?? 0) + count);
      }
    }
    let best = null;
    for (const [pair, count] of pairs) {
      if (best === null || count > best.count || (count === best.count && pair < best.pair)) best = {pair, count};
    }
    ranks.set(best.pair, ranks.size);
    const [left, right] = best.pair.split(' ');
    for (const word of words) {
      // A symbol can arise from two different pairs, so an older merge may apply again after this one.
      const next = merged(word.symbols, left, right);
      if (next.length < word.symbols.length) word.symbols = encoded(next, ranks);
    }
  }
}

function writeTokenizer(folder, alphabet, merges) {
  const symbols = [...alphabet.values()];
  const tokens = new Set([...symbols, ...symbols.map(s => s + '</w>'), ...merges.map(m => m.replace(' ', '')), START, END]);
  const vocabulary = Object.fromEntries([...tokens].map((token, id) => [token, id]));
  // An object with keys such as "1" lists them first, whatever the ids; readers go by the ids.
  const config = {
    add_prefix_space: false, bos_token: START, do_lower_case: true, eos_token: END, errors: 'replace',
    model_max_length: MAX_TOKENS, pad_token: END, tokenizer_class: 'CLIPTokenizer', unk_token: END,
  };
  const special = {bos_token: START, eos_token: END, pad_token: END, unk_token: END};
  mkdirSync(folder, {recursive: true});
  writeFileSync(join(folder, 'vocab.json'), JSON.stringify(vocabulary) + '\n');
  // No newline at the end: some readers of short lists would take the empty last line for a merge.
  writeFileSync(join(folder, 'merges.txt'), ['#version: 0.2', ...merges].join('\n'));
  writeFileSync(join(folder, 'tokenizer_config.json'), JSON.stringify(config, null, 2) + '\n');
  writeFileSync(join(folder, 'special_tokens_map.json'), JSON.stringify(special, null, 2) + '\n');
  return tokens.size;
}

const [captions, folder] = process.argv.slice(2);
if (!captions || !folder) {
  console.error('usage: node tools/bpe/train_bpe.mjs captions.txt OUTDIR');
  process.exit(2);
}
const alphabet = byteAlphabet();
const counts = wordCounts(readFileSync(captions, 'utf8'), alphabet);
if (counts.size === 0) {
  console.error(`learning a vocabulary from ${captions}: the file must hold at least one word, found none`);
  process.exit(1);
}
const merges = learnMerges(counts);
const size = writeTokenizer(folder, alphabet, merges);
console.log(`${counts.size} words, ${merges.length} merges, ${size} tokens -> ${folder}`);
