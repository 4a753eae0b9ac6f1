// What the model sees of the picture, and what is masked.
import { useEffect, useRef } from 'preact/hooks';
import { mask_fields, mode, number_of, set_value, text_of } from '../form/form';
import { size_of_form } from '../form/request';
import { choice_options } from '../widgets/field_row';
import { field_named } from '../form/form';
import { Button } from '../widgets/button';
import { Icon } from '../widgets/icon';
import { extent, seen_box } from './extent';
import { load_mask_pictures, paint_all } from './raster';
import { sources, strokes, type SourcePicture } from './source';
import { film_colour, mask_colour } from './tools';

async function paint(canvas: HTMLCanvasElement, source: SourcePicture) {
  const box = seen_box.value ?? { x1: 0, y1: 0, x2: source.width, y2: source.height };
  const bitmap = await createImageBitmap(source.blob);
  const [width, height] = [box.x2 - box.x1, box.y2 - box.y1];
  const scale = Math.min(2, 560 / width);
  [canvas.width, canvas.height] = [Math.round(width * scale), Math.round(height * scale)];
  const context = canvas.getContext('2d') as CanvasRenderingContext2D;
  context.drawImage(bitmap, box.x1, box.y1, width, height, 0, 0, canvas.width, canvas.height);
  bitmap.close();
  await load_mask_pictures(strokes.peek());
  const film = document.createElement('canvas');
  const film_scale = Math.min(1, 1600 / Math.max(source.width, source.height));
  [film.width, film.height] = [Math.round(source.width * film_scale), Math.round(source.height * film_scale)];
  paint_all(film, strokes.peek(), source.width, source.height, film_colour());
  context.globalAlpha = 0.45;
  context.drawImage(film, box.x1 * film_scale, box.y1 * film_scale, width * film_scale, height * film_scale, 0, 0, canvas.width, canvas.height);
}

/** At the usual strength an old thing shines through; to replace it both must change. */
function ReplaceNote() {
  const field = field_named(mask_fields.start_from);
  const noise = field && choice_options(field).find((option) => /latent noise/i.test(option.label));
  if (!noise || number_of('denoising_strength') >= 0.9 || text_of(mask_fields.start_from) === noise.value) return null;
  return (
    <div class="note"><p>At {number_of('denoising_strength')} the old thing may shine through. To replace it, use 0.9 and start from <b>latent noise</b>.</p>
      <p class="button-row"><Button class="outlined" on_click={() => { set_value('denoising_strength', 0.9); set_value(mask_fields.start_from, noise.value); }}>Use both</Button></p></div>
  );
}

export function MaskTab() {
  const canvas = useRef<HTMLCanvasElement>(null);
  const source = sources.value.inpaint;
  const seen = seen_box.value;
  const [width, height] = size_of_form();
  useEffect(() => { if (canvas.current && source) void paint(canvas.current, source).catch(() => {}); }, [source, seen, strokes.value, mask_colour.value]);
  if (!source || mode.value !== 'inpaint') return <div class="tab-body"><p class="hint">Drop a picture, then paint over what is to be made anew.</p></div>;
  const enlarged = seen ? width / (seen.x2 - seen.x1) : 1;
  return (
    <div class="tab-body">
      <p class="recipe-head"><b class="grow">What the model sees</b><span class="hint">{width} × {height}</span></p>
      <canvas ref={canvas} class="seen" role="img" aria-label="What the model sees, the mask as a film over it" />
      {seen && <p class="hint">The dashed box is cut out, {enlarged >= 1 ? `enlarged ${enlarged.toFixed(1)} times` : `made ${(1 / enlarged).toFixed(1)} times smaller`}, repainted and put back. A larger padding shows it more of the surroundings.</p>}
      <dl class="facts">
        <div><dt>Masked</dt><dd>{extent.value ? `${(extent.value.share * 100).toFixed(1)} % of the picture` : 'nothing yet'}</dd></div>
        <div><dt>Soft edge</dt><dd>{number_of('mask_blur')} px</dd></div>
        <div><dt>Source</dt><dd><Icon name="image" size={12} /> {source.width} × {source.height}</dd></div>
      </dl>
      <ReplaceNote />
    </div>
  );
}
