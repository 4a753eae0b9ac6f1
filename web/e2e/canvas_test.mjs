// img2img and inpaint: source, mask by pointer and by keys, what is sent.
import assert from 'node:assert/strict';
import test from 'node:test';
import { open_generate, prompt_of, real_url, use_browser } from './browser.mjs';
import { png } from './png.mjs';

const world = use_browser({ step_ms: 10 });
const source = png(64, 48, (x, y) => [x * 4, y * 5, 90]);

async function with_source(page, mode) {
  await page.getByRole('radio', { name: mode, exact: true }).click();
  const [chooser] = await Promise.all([page.waitForEvent('filechooser'), page.getByRole('button', { name: 'Choose a file' }).click()]);
  await chooser.setFiles({ name: 'source.png', mimeType: 'image/png', buffer: source });
}

test('img2img sends the source once, with the denoising strength', { skip: real_url !== undefined }, async () => {
  const page = await open_generate(world);
  await with_source(page, 'img2img');
  await page.getByRole('img', { name: 'Source: source.png' }).waitFor();
  await page.getByText('16 of the 20 steps will run').waitFor();
  const strength = page.getByRole('spinbutton', { name: 'Denoising', exact: true });
  await strength.fill('0.4');
  await strength.press('Enter');
  await page.getByText('9 of the 20 steps will run').waitFor();
  await prompt_of(page).fill('like this');
  await prompt_of(page).press('Control+Enter');
  await page.getByRole('img', { name: /^Picture: like this/ }).waitFor();
  const job = world.server.jobs.at(-1);
  assert.match(job.request.init_image, /^upload:/);
  assert.equal(job.request.denoising_strength, 0.4);
  assert.equal(job.request.mask, undefined);
  await prompt_of(page).press('Control+Enter');
  await page.waitForTimeout(300);
  assert.equal(world.server.seen.filter((call) => call.key === 'POST /uploads').length, 1);
  assert.deepEqual(page.problems, []);
  await page.context().close();
});

/** Share of white pixels of an uploaded mask, read by the browser. */
function white_share(page, name) {
  return page.evaluate(async (address) => {
    const bitmap = await createImageBitmap(await (await fetch(address)).blob());
    const canvas = new OffscreenCanvas(bitmap.width, bitmap.height);
    const context = canvas.getContext('2d');
    context.drawImage(bitmap, 0, 0);
    const { data } = context.getImageData(0, 0, bitmap.width, bitmap.height);
    let white = 0;
    for (let i = 0; i < data.length; i += 4) white += data[i] / 255;
    return white / (bitmap.width * bitmap.height);
  }, `/api/v1/uploads/${name.replace('upload:', '')}`);
}

test('inpaint: a rectangle by keys, undo, invert; the mask is white where it is made anew', { skip: real_url !== undefined }, async () => {
  const page = await open_generate(world);
  await with_source(page, 'inpaint');
  const canvas = page.getByRole('application', { name: 'Mask canvas' });
  await canvas.focus();
  await page.keyboard.press('m');
  await page.keyboard.press('ArrowRight');
  await page.keyboard.press('Enter');
  await page.getByRole('tab', { name: 'Mask' }).click();
  await page.getByText('25.0 % of the picture').waitFor();
  await canvas.focus();
  await page.keyboard.press('i');
  await page.getByText('75.0 % of the picture').waitFor();
  await page.keyboard.press('Control+z');
  await page.getByText('25.0 % of the picture').waitFor();
  await page.getByRole('radio', { name: 'Masked only' }).click();
  await page.getByText(/^Cut out \d+ × \d+, shown to the model at/).waitFor();
  await page.reload();
  await page.getByRole('application', { name: 'Mask canvas' }).waitFor();
  await page.getByText('25.0 % of the picture').waitFor();
  await prompt_of(page).fill('a hole');
  await prompt_of(page).press('Control+Enter');
  await page.getByRole('img', { name: /^Picture: a hole/ }).waitFor();
  const job = world.server.jobs.at(-1);
  assert.ok(Math.abs(await white_share(page, job.request.mask) - 0.25) < 0.01);
  assert.equal(job.request.inpaint_full_res, 'Only masked');
  assert.deepEqual(page.problems, []);
  await page.context().close();
});

test('a brush stroke by pointer masks, the eraser takes away, clearing can be undone', { skip: real_url !== undefined }, async () => {
  const page = await open_generate(world);
  await with_source(page, 'inpaint');
  const canvas = page.getByRole('application', { name: 'Mask canvas' });
  const box = await canvas.boundingBox();
  const drag = async (from, to) => {
    await page.mouse.move(box.x + box.width * from, box.y + box.height / 2);
    await page.mouse.down();
    await page.mouse.move(box.x + box.width * to, box.y + box.height / 2, { steps: 6 });
    await page.mouse.up();
  };
  await page.getByRole('slider', { name: 'Brush' }).fill('12');
  await drag(0.1, 0.9);
  await page.getByRole('tab', { name: 'Mask' }).click();
  const share = async () => Number(/([\d.]+) % of the picture/.exec(await page.getByText(/% of the picture/).innerText())[1]);
  const painted = await share();
  assert.ok(painted > 15, `${painted} %`);
  await page.getByRole('button', { name: 'Eraser' }).click();
  await drag(0.4, 0.6);
  await page.waitForFunction((was) => Number(/([\d.]+) % of the picture/.exec(document.body.textContent)[1]) < was, painted);
  await page.getByRole('button', { name: 'Clear mask' }).click();
  await page.getByText('nothing yet').waitFor();
  await page.getByRole('button', { name: 'Undo', exact: true }).click();
  await page.getByText(/% of the picture/).waitFor();
  assert.deepEqual(page.problems, []);
  await page.context().close();
});

test('a picture made here is sent to img2img', { skip: real_url !== undefined }, async () => {
  const page = await open_generate(world);
  await prompt_of(page).fill('a start');
  await prompt_of(page).press('Control+Enter');
  await page.getByRole('img', { name: /^Picture: a start/ }).waitFor();
  await page.getByRole('button', { name: 'Send to' }).click();
  await page.getByRole('menuitem', { name: 'img2img' }).click();
  await page.getByRole('img', { name: /^Source: Picture/ }).waitFor();
  assert.deepEqual(page.problems, []);
  await page.context().close();
});
