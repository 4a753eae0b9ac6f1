// The rows of the settings panel that hold two numbers or a list.
import { useState } from 'preact/hooks';
import { random_seed_again, reuse_seed, swap_size } from '../actions';
import { base_value, field_named, has_field, number_of, reset, seed_list, set_value } from '../form/form';
import { variation_rows } from '../form/layout';
import { picture_count, size_of_form } from '../form/request';
import { read_seeds, seeds_text } from '../form/seeds';
import { is_coarse } from '../screen';
import { own_jobs } from '../store';
import { IconButton } from '../widgets/button';
import { FieldRow, RowLabel } from '../widgets/field_row';
import { Icon } from '../widgets/icon';
import { MenuButton } from '../widgets/menu';
import { NumberField } from '../widgets/number_field';
import { shown_picture } from './shown';

function range_of(name: string) {
  const field = field_named(name);
  return { least: field?.least, most: field?.most, multiple_of: field?.multiple_of, whole: true };
}

function greatest_divisor(a: number, b: number): number {
  return b === 0 ? a : greatest_divisor(b, a % b);
}

/** "1 : 1", "2 : 3"; odd ratios as one number. */
export function ratio_text(width: number, height: number): string {
  const divisor = greatest_divisor(width, height) || 1;
  const [w, h] = [width / divisor, height / divisor];
  return w <= 21 && h <= 21 ? `${w} : ${h}` : (width / height).toFixed(2);
}

/** A size of the same area in another shape, on multiples that every model's layers divide. */
export function shaped(ratio: number): [number, number] {
  const area = Number(base_value('width') || 512) * Number(base_value('height') || 512);
  const multiple = area >= 512 * 512 ? 64 : 32;
  const near = (side: number) => Math.max(multiple, Math.round(side / multiple) * multiple);
  return ratio === 1 ? [Number(base_value('width')), Number(base_value('height'))] : [near(Math.sqrt(area * ratio)), near(Math.sqrt(area / ratio))];
}

export function set_shape(ratio: number) {
  const [width, height] = shaped(ratio);
  set_value('width', width);
  set_value('height', height);
}

const ratios: [string, number][] = [['1 : 1', 1], ['2 : 3', 2 / 3], ['3 : 2', 3 / 2], ['3 : 4', 3 / 4], ['4 : 3', 4 / 3], ['9 : 16', 9 / 16], ['16 : 9', 16 / 9]];

export function SizeRow() {
  const [width, height] = size_of_form();
  const as_picture = shown_picture.value;
  return (
    <div class="row">
      <RowLabel names={['width', 'height']} label="Size" />
      <div class="row-control size-control">
        <NumberField name="Width" value={number_of('width')} step={8} range={range_of('width')} placeholder="own" on_change={(value) => set_value('width', value)} />
        <IconButton icon="arrow-left-right" name="Swap width and height" on_click={swap_size} />
        <NumberField name="Height" value={number_of('height')} step={8} range={range_of('height')} placeholder="own" on_change={(value) => set_value('height', value)} />
        <MenuButton name={`Shape, ${ratio_text(width, height)}`} class="choice ratio" items={[
          ...ratios.map(([label, ratio]) => ({ label, act: () => set_shape(ratio) })),
          ...(as_picture ? [{ label: `As picture, ${as_picture.width} × ${as_picture.height}`, act: () => { set_value('width', as_picture.width); set_value('height', as_picture.height); } }] : []),
        ]}><span>{ratio_text(width, height)}</span></MenuButton>
      </div>
    </div>
  );
}

export function BatchRow() {
  return (
    <div class="row">
      <RowLabel names={['n_iter', 'batch_size']} label="Batch" />
      <div class="row-control batch-control">
        <NumberField name="Batch count" value={number_of('n_iter')} step={1} range={range_of('n_iter')} unit="count" on_change={(value) => set_value('n_iter', value)} />
        <NumberField name="Batch size" value={number_of('batch_size')} step={1} range={range_of('batch_size')} unit="size" on_change={(value) => set_value('batch_size', value)} />
      </div>
      {number_of('batch_size') > 1 && <p class="row-note">count: one after another; size: at once, more memory, the same pictures</p>}
    </div>
  );
}

function take_seeds(text: string): boolean {
  const seeds = read_seeds(text);
  if (seeds === null) return false;
  if (seeds.length > 1) seed_list.value = text.trim();
  else if (seeds[0] === -1) reset('seed');
  else set_value('seed', seeds[0] as number);
  return true;
}

function seeds_line(): string {
  if (seed_list.value !== '') return `${picture_count()} pictures`;
  const seed = number_of('seed');
  if (seed >= 0) return picture_count() > 1 ? seeds_text(Array.from({ length: Math.min(picture_count(), 10_000) }, (_, i) => seed + i)) : '';
  const last = own_jobs.value.find((job) => job.pictures.length > 0)?.pictures.map((picture) => picture.seed);
  return last ? `last ${seeds_text(last)}` : '';
}

export function SeedRow({ with_variation = true }: { with_variation?: boolean }) {
  const [is_open, set_open] = useState(number_of('subseed_strength') > 0);
  const seed = number_of('seed');
  const used = seeds_line();
  const varies = with_variation && has_field('subseed');
  return (
    <>
      <div class="row">
        <RowLabel names={['seed']} label="Seed" />
        <div class="row-control seed-control">
          <NumberField name="Seed" value={seed} step={1} range={range_of('seed')} shown={seed_list.value || (seed < 0 ? 'Random' : undefined)} read={take_seeds} on_change={(value) => set_value('seed', value)} />
          <IconButton icon="dices" name="Random seed" keys="Shift R" on_click={random_seed_again} />
          <IconButton icon="recycle" name="Reuse seed" keys="R" on_click={() => reuse_seed(shown_picture.value ?? undefined)} />
        </div>
        {(used !== '' || varies) && <p class="row-note seed-note">
          <span class="grow">{used}</span>
          {varies && <button type="button" class="link" aria-expanded={is_open} onClick={() => set_open(!is_open)}>Variation<Icon name={is_open ? 'chevron-down' : 'chevron-right'} size={is_coarse.value ? 20 : 14} /></button>}
        </p>}
      </div>
      {with_variation && is_open && variation_rows.map((row) => <FieldRow key={row.name} row={row} />)}
    </>
  );
}
