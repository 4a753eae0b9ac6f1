// What is masked now, measured on a small raster after each stroke.
import { computed, signal } from '@preact/signals';
import { is_masked_only, mask_fields, number_of } from '../form/form';
import { size_of_form } from '../form/request';
import { cut_out, type Box } from './masked_box';
import { sources } from './source';

export interface Extent { box: Box; share: number }

export const extent = signal<Extent | null>(null); // in the source's pixels

/** The dashed box of "Masked only"; null for the whole picture. */
export const seen_box = computed<Box | null>(() => {
  const source = sources.value.inpaint;
  if (!source || !extent.value || !is_masked_only()) return null;
  return cut_out(extent.value.box, number_of(mask_fields.padding), size_of_form(), [source.width, source.height]);
});
