// axe-core over every place, in both themes, wide and on a phone: no serious or critical finding. And what systems ask for: forced
// colours, less motion.
import assert from 'node:assert/strict';
import fs from 'node:fs';
import { createRequire } from 'node:module';
import test from 'node:test';
import { make_picture, open_first_visit, open_generate, sizes, use_browser } from './browser.mjs';

const world = use_browser({ step_ms: 5 });
const axe = fs.readFileSync(createRequire(import.meta.url).resolve('axe-core/axe.min.js'), 'utf8');

/** Findings as texts: rule, element, reason. */
async function findings(page) {
  await page.evaluate(axe);
  return page.evaluate(async () => {
    const { violations } = await window.axe.run(document, { resultTypes: ['violations'] });
    return violations.filter(({ impact }) => impact === 'serious' || impact === 'critical')
      .flatMap(({ id, nodes }) => nodes.map((node) => `${id}: ${node.html.slice(0, 140)} ${node.failureSummary.split('\n')[1]?.trim() ?? ''}`));
  });
}

const click = (role, name) => async (page) => { await page.getByRole(role, { name }).first().click(); };
const to_phone_settings = async (page) => { await click('button', 'All settings')(page); await click('radio', 'All settings')(page); };

/** Every place, and what unfolds in it. */
const views = [
  ['/', 'Essentials'], ['/', 'All settings', { wide: click('radio', 'All settings'), phone: to_phone_settings }],
  ['/', 'LoRA', { wide: click('tab', /^LoRA/) }], ['/', 'palette', { wide: (page) => page.keyboard.press('Control+k') }], ['/', 'keys', { wide: async (page) => { await page.evaluate(() => document.activeElement.blur()); await page.keyboard.press('?'); } }],
  ['/?mode=inpaint', 'no source'], ['/?mode=inpaint', 'mask', { wide: click('button', /^Use picture/), phone: click('button', /^Use picture/) }],
  ['/gallery', 'grid'], ['/gallery', 'filters', { phone: click('button', /^Filters/) }], ['/gallery/1', 'single'], ['/gallery/compare?a=1&b=2', 'compare'],
  ['/', 'plot', { wide: async (page) => { await click('radio', 'All settings')(page); await click('switch', 'X/Y/Z plot')(page); } }],
  ['/lab/report-samplers', 'samplers'], ['/lab/report-convergence', 'convergence'], ['/lab/report-guidance', 'guidance'], ['/lab/report-precision', 'precision'], ['/lab/report-lora', 'LoRA report'], ['/lab/new?report=guidance', 'new report'], ['/lab/noise-levels', 'noise levels'],
  ['/train', 'runs'], ...['dataset', 'options', 'plan', 'live'].map((tab) => [`/train/silver_gelatin-03/${tab}`, tab]),
  ['/models', 'checkpoints'], ['/models/lora', 'LoRA'], ['/models/vae', 'VAE'], ['/models/knows', 'what it knows'], ['/models/card', 'card'], ['/models/folders', 'folders'], ['/settings', 'settings'], ['/settings/appearance', 'appearance'], ['/queue', 'queue'],
];

test('two pictures to look at', async () => {
  const page = await open_generate(world);
  for (const prompt of ['a lighthouse', 'a harbour']) await make_picture(page, prompt);
  await page.context().close();
});

for (const theme of ['dark', 'light']) {
  for (const width of ['wide', 'phone']) {
    test(`no serious finding: ${theme}, ${sizes[width].width}`, async () => {
      const found = {};
      const page = await open_generate(world, { size: sizes[width], theme, reducedMotion: 'reduce', hasTouch: width === 'phone' });
      for (const [path, name, unfold] of views) {
        if (unfold && !unfold[width]) continue;
        await page.goto(world.url + path);
        await page.waitForTimeout(250);
        await unfold?.[width](page);
        await page.waitForTimeout(150);
        const here = await findings(page);
        if (here.length > 0) found[`${path} ${name}`] = here;
        if (width === 'phone') assert.ok(await page.evaluate(() => document.documentElement.scrollWidth <= window.innerWidth), `${path} ${name} scrolls sideways`);
      }
      assert.deepEqual(found, {});
      assert.deepEqual(page.problems, []);
      await page.context().close();
    });
  }
}

test('first steps have no serious finding', async () => {
  const page = await open_first_visit(world);
  assert.deepEqual(await findings(page), []);
  await page.context().close();
});

test('forced colours keep what is chosen visible; less motion stops what moves', async () => {
  const page = await open_generate(world, { forcedColors: 'active', reducedMotion: 'reduce' });
  const style = (element) => { const { outlineStyle, animationName, transitionDuration } = getComputedStyle(element); return { outlineStyle, animationName, transitionDuration }; };
  const chosen = await page.getByRole('radio', { name: 'Essentials' }).evaluate(style);
  assert.equal(chosen.outlineStyle, 'solid');
  assert.equal(chosen.transitionDuration, '0s');
  assert.equal(await page.getByRole('textbox', { name: 'Prompt', exact: true }).evaluate((box) => getComputedStyle(box).color !== 'rgba(0, 0, 0, 0)'), true, 'the words themselves are shown, not their painted copy');
  const moving = await page.evaluate(() => [...document.querySelectorAll('*')].filter((element) => { const { animationName, animationDuration } = getComputedStyle(element); return animationName !== 'none' && parseFloat(animationDuration) > 0; }).map((element) => element.className));
  assert.deepEqual(moving, []);
  await page.context().close();
});
