// How soon the page can be used, on loopback and with an empty cache, of a program that DARKROOM_URL names: the time from the address to the frame
// in which the prompt, the main button and the places stand and no task of the page keeps a key waiting; and what moved after the first paint.
// DARKROOM_URL=http://127.0.0.1:7860 node tools/interactive.mjs [TIMES]
import { chromium } from 'playwright-core';

const url = process.env.DARKROOM_URL;
if (!url) throw new Error('interactive: DARKROOM_URL=http://... node tools/interactive.mjs [TIMES]');
const times = Number(process.argv[2] ?? 5);
const most_ms = 1000;
const quiet_ms = 1500; // a page that worked on for so long after it stood there would be seen

/** Runs in the page before anything of its own. */
function watch() {
  const seen = { stands: null, task_end: 0, shift: 0, longest_task: 0 };
  window.seen = seen;
  const is_there = () => document.querySelector('textarea[aria-label="Prompt"]') && document.querySelector('.main-button') && document.querySelector('nav[aria-label="Places"]');
  const look = () => { if (is_there()) seen.stands ??= performance.now(); else requestAnimationFrame(look); };
  requestAnimationFrame(look);
  new PerformanceObserver((list) => { for (const task of list.getEntries()) Object.assign(seen, { task_end: task.startTime + task.duration, longest_task: Math.max(seen.longest_task, task.duration) }); }).observe({ type: 'longtask', buffered: true });
  new PerformanceObserver((list) => { for (const entry of list.getEntries()) if (!entry.hadRecentInput) seen.shift += entry.value; }).observe({ type: 'layout-shift', buffered: true });
}

const browser = await chromium.launch({ executablePath: process.env.CHROMIUM ?? '/usr/bin/chromium', args: ['--no-sandbox', '--disable-gpu', '--disable-dev-shm-usage'] });
/** A browser that was never here. */
async function visit() {
  const context = await browser.newContext({ viewport: { width: 1440, height: 900 } });
  try {
    const page = await context.newPage();
    await page.addInitScript(watch);
    await page.goto(url);
    await page.waitForFunction(() => window.seen.stands !== null);
    await page.waitForTimeout(quiet_ms);
    const seen = await page.evaluate(() => ({ ...window.seen, paint: performance.getEntriesByName('first-contentful-paint')[0]?.startTime ?? 0, came: performance.getEntriesByType('navigation')[0].responseEnd, asked: performance.getEntriesByType('navigation')[0].requestStart,
      files: Math.max(...performance.getEntriesByType('resource').filter(({ name }) => /\.(js|css)$/.test(name)).map(({ responseEnd }) => responseEnd)) }));
    await page.keyboard.type('a'); // the caret is in the prompt
    if (await page.getByRole('textbox', { name: 'Prompt', exact: true }).inputValue() !== 'a') throw new Error('interactive: what was typed did not come into the prompt');
    return { ...seen, interactive: Math.max(seen.stands, seen.task_end) };
  } finally {
    await context.close();
  }
}

const visits = [];
for (let i = 0; i < times; ++i) {
  const seen = await visit();
  visits.push(seen);
  console.log(`interactive after ${seen.interactive.toFixed(0)} ms; asked ${seen.asked.toFixed(0)}, document here ${seen.came.toFixed(0)}, script and style ${seen.files.toFixed(0)}, first paint ${seen.paint.toFixed(0)}, stands ${seen.stands.toFixed(0)}, last task over 50 ms ends ${seen.task_end.toFixed(0)} (longest ${seen.longest_task.toFixed(0)}); layout shift ${seen.shift.toFixed(4)}`);
}
await browser.close();
const middle = visits.map(({ interactive }) => interactive).sort((a, b) => a - b)[Math.floor(times / 2)];
console.log(`in the middle ${middle.toFixed(0)} ms; at most ${most_ms}`);
if (middle > most_ms) throw new Error(`the page is interactive after ${middle.toFixed(0)} ms, later than ${most_ms}`);
