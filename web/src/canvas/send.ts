// What goes with a job of img2img and inpaint: the source and the mask, uploaded.
import { source_of_mode } from '../actions';
import { api } from '../api';
import { mode } from '../form/form';
import type { Source } from '../form/request';
import { mask_png } from './raster';
import { sources, strokes, uploaded } from './source';

let sent_mask: { strokes: unknown; source: unknown; name: string } | null = null;

async function uploaded_mask(): Promise<string> {
  const source = sources.value.inpaint;
  if (!source) throw new Error('A source picture is needed: drop one on the page, paste one or pick one from the gallery.');
  if (strokes.value.length === 0) throw new Error('Nothing is masked yet: paint over what is to be made anew, or press F on the canvas to mask all of it.');
  if (sent_mask?.strokes === strokes.value && sent_mask.source === source) return sent_mask.name;
  const { name } = await api.upload(await mask_png(strokes.value, source.width, source.height));
  sent_mask = { strokes: strokes.value, source, name };
  return name;
}

export function offer_sources() {
  source_of_mode.value = async (): Promise<Source> => {
    if (mode.value === 'txt2img') return {};
    const init_image = await uploaded(mode.value);
    return mode.value === 'inpaint' ? { init_image, mask: await uploaded_mask() } : { init_image };
  };
}
