// Writes src/icons.ts: the Lucide outlines (ISC licence) that the page uses, as one sprite. Run it after adding a name below.
import fs from 'node:fs';

const names = [
  'activity', 'aperture', 'arrow-down', 'arrow-left-right', 'arrow-up', 'box', 'brush', 'chart-line', 'check', 'chevron-down',
  'chevron-left', 'chevron-right', 'chevrons-left-right', 'circle-alert', 'circle-check', 'circle-help', 'circle-x', 'clipboard-paste',
  'columns-2', 'columns-3', 'contrast', 'copy', 'cpu', 'dices', 'download', 'ellipsis', 'eraser', 'eye', 'file-plus', 'flag', 'flask-conical',
  'folder-open', 'footprints', 'git-compare', 'graduation-cap', 'grip-vertical', 'hand', 'history', 'image', 'image-plus', 'images',
  'keyboard', 'lasso', 'layers', 'lightbulb', 'list-ordered', 'maximize', 'minus', 'mouse-pointer-click', 'network', 'octagon-alert',
  'paint-bucket', 'pause', 'pin', 'play', 'plus', 'rectangle-horizontal', 'rectangle-vertical', 'recycle', 'redo-2', 'refresh-cw',
  'rotate-ccw', 'save', 'search', 'send', 'settings', 'sliders-horizontal', 'square', 'square-dashed', 'sun-moon', 'swatch-book', 'table',
  'table-2', 'trash-2', 'trending-down', 'triangle-alert', 'undo-2', 'upload', 'wifi-off', 'x',
];

const folder = new URL('../node_modules/lucide-static/icons/', import.meta.url);
const rows = names.map((name) => {
  const file = new URL(`${name}.svg`, folder);
  if (!fs.existsSync(file)) throw new Error(`making src/icons.ts: lucide-static has no icon "${name}"`);
  const text = fs.readFileSync(file, 'utf8');
  const body = text.slice(text.indexOf('>', text.indexOf('<svg')) + 1, text.lastIndexOf('</svg>')).replace(/\s*\n\s*/g, '').replace(/ \/>/g, '/>');
  return `  '${name}': '${body}',`;
});
const head = '// Lucide outlines (ISC licence), written by tools/make_icons.mjs.\n';
fs.writeFileSync(new URL('../src/icons.ts', import.meta.url),
  `${head}export const icons = {\n${rows.join('\n')}\n} as const;\n\nexport type IconName = keyof typeof icons;\n`);
