// What a caption of the emoji data set says, and which pictures are kept for judging only.
import { createHash } from 'node:crypto';

/** Background word -> sRGB. Chosen to be far from each other, so that a background can be judged by its nearest name. */
export const BACKGROUNDS = {
  white: [255, 255, 255], black: [0, 0, 0], grey: [128, 128, 128], red: [228, 40, 30], orange: [245, 140, 30],
  yellow: [250, 220, 50], green: [40, 150, 60], 'light green': [175, 230, 160], teal: [0, 128, 128],
  'light blue': [170, 215, 250], blue: [35, 95, 230], navy: [20, 25, 90], purple: [130, 65, 180], pink: [255, 165, 205],
  brown: [125, 75, 40], beige: [240, 220, 180],
};

export const STYLES = ['noto', 'fluent'];

/** Lines per caption; the trainer draws one each time, so a phrase that 3 of 20 lines lack is missing in 15 % of the uses. */
const LINES = 20;
const LINES_WITHOUT_STYLE = 3;
const LINES_WITHOUT_WHITE = 6;
const LINES_WITH_TAG = 5;
const LINES_WITHOUT_ARTICLE = 6;

/** First 32 bits of SHA-256: the same choice on every machine and in every run. */
export const hash = (text) => createHash('sha256').update(text).digest().readUInt32BE(0);

/** One of 8 combinations of concept and background is never trained, in both styles; white never, it is the default. */
export const is_heldout = (concept, background) => background !== 'white' && hash(`heldout ${concept} ${background}`) % 8 === 0;

/** Exactly `count` of the LINES line numbers, in an order that depends on the picture and on the phrase. */
function line_choice(key, count) {
  const ranks = Array.from({ length: LINES }, (_, i) => [hash(`${key} ${i}`), i]);
  ranks.sort(([a], [b]) => a - b);
  return new Set(ranks.slice(0, count).map(([, line]) => line));
}

/** "[a|an] LABEL[, TAG][, noto|fluent style][, on a COLOUR background]", LINES times. */
export function captions_of({ concept, label, tag }, style, background) {
  const key = `${concept} ${style} ${background}`;
  const with_tag = tag ? line_choice(`tag ${key}`, LINES_WITH_TAG) : new Set();
  const without_style = line_choice(`style ${key}`, LINES_WITHOUT_STYLE);
  const without_article = line_choice(`article ${key}`, LINES_WITHOUT_ARTICLE);
  const without_background = background === 'white' ? line_choice(`white ${key}`, LINES_WITHOUT_WHITE) : new Set();
  return Array.from({ length: LINES }, (_, i) => {
    const parts = [without_article.has(i) ? label.replace(/^an? /, '') : label];
    if (with_tag.has(i)) parts.push(tag);
    if (!without_style.has(i)) parts.push(`${style} style`);
    if (!without_background.has(i)) parts.push(`on ${/^[aeiou]/.test(background) ? 'an' : 'a'} ${background} background`);
    return parts.join(', ');
  });
}
