// Sets of icons from npm, and icons as pictures.
import { execFile, execFileSync } from 'node:child_process';
import fs from 'node:fs';
import os from 'node:os';
import path from 'node:path';

const MARGIN = 0.03; // of the picture's side, left free on every side

/** {style: {name, version, licence}} -> {style: {icons, categories, author, package}}; fetched once, then kept in a cache. Throws. */
export function fetched_sets(styles) {
  const cache = path.join(process.env.XDG_CACHE_HOME ?? path.join(os.homedir(), '.cache'), 'darkroom', 'npm');
  const packages = Object.values(styles);
  const folder = (p) => path.join(cache, 'node_modules', p.name);
  const version = (p) => {
    const file = path.join(folder(p), 'package.json');
    return fs.existsSync(file) ? JSON.parse(fs.readFileSync(file, 'utf8')).version : undefined;
  };
  if (!packages.every((p) => version(p) === p.version)) {
    fs.mkdirSync(cache, { recursive: true });
    const specs = packages.map((p) => `${p.name}@${p.version}`);
    console.log(`npm install ${specs.join(' ')}`);
    execFileSync('npm', ['install', '--ignore-scripts', '--no-audit', '--no-fund', '--prefix', cache, ...specs], { stdio: 'inherit' });
  }
  return Object.fromEntries(Object.entries(styles).map(([style, p]) => {
    const load = (file) => JSON.parse(fs.readFileSync(path.join(folder(p), file), 'utf8'));
    const info = load('info.json');
    if (info.license?.spdx !== p.licence) {
      throw new Error(`fetching ${p.name}: its licence must be ${p.licence}, found ${info.license?.spdx}`);
    }
    return [style, { icons: load('icons.json'), categories: load('metadata.json').categories, author: info.author.name, package: p }];
  }));
}

/** An icon as SVG text, square, with a margin. */
export function svg_of(icons, name) {
  const icon = icons.icons[name];
  const [left, top] = [icon.left ?? 0, icon.top ?? 0];
  const [width, height] = [icon.width ?? icons.width ?? 16, icon.height ?? icons.height ?? 16];
  const side = Math.max(width, height) / (1 - 2 * MARGIN);
  const view = [left + (width - side) / 2, top + (height - side) / 2, side, side].join(' ');
  return `<svg xmlns="http://www.w3.org/2000/svg" xmlns:xlink="http://www.w3.org/1999/xlink" viewBox="${view}">${icon.body}</svg>`;
}

/** Draws SVG text into a PNG file of `size` pixels per side; rejects where rsvg-convert is missing or refuses. */
export function rasterise(svg, file, size) {
  return new Promise((done, failed) => {
    // Written under another name first: a stopped run leaves no half picture that the next run would take for whole.
    const child = execFile('rsvg-convert', ['-w', size, '-h', size, '-o', `${file}.part`], (problem) => {
      if (problem) return failed(new Error(`drawing ${file} with rsvg-convert (Debian package librsvg2-bin): ${problem.message}`));
      fs.renameSync(`${file}.part`, file);
      return done();
    });
    child.stdin.on('error', () => {}); // the exit status above says it better
    child.stdin.end(svg);
  });
}
