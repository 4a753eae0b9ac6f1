// The rows of the settings panel in A1111's order. Names, ranges, defaults and choices come from the program's fields; here stand only
// what the row is called on the page, how far its slider reaches (any allowed value can be typed) and A1111's name for the palette.
import { has_field, mask_fields, mode } from './form';
import { start } from '../store';

export interface Row { name: string; label: string; also?: string; slider?: [number, number]; step?: number }

export const main_rows: Row[] = [
  { name: 'sampler_name', label: 'Sampler', also: 'Sampling method' },
  { name: 'scheduler', label: 'Schedule', also: 'Schedule type' },
  { name: 'steps', label: 'Steps', also: 'Sampling steps', slider: [1, 150], step: 1 },
  { name: 'cfg_scale', label: 'CFG scale', also: 'CFG Scale', slider: [1, 30], step: 0.5 },
  { name: 'clip_skip', label: 'CLIP skip', also: 'Clip skip', slider: [1, 12], step: 1 },
];

export const variation_rows: Row[] = [
  { name: 'subseed', label: 'Variation seed', also: 'Extra' },
  { name: 'subseed_strength', label: 'Variation strength', slider: [0, 1], step: 0.01 },
  { name: 'seed_resize_from_w', label: 'Resize from width', slider: [0, 2048], step: 8 },
  { name: 'seed_resize_from_h', label: 'Resize from height', slider: [0, 2048], step: 8 },
];

export const hires_rows: Row[] = [
  { name: 'hr_upscaler', label: 'Upscaler' },
  { name: 'hr_scale', label: 'Scale', also: 'Upscale by', slider: [1, 4], step: 0.05 },
  { name: 'hr_resize_x', label: 'Hires width', also: 'Resize width to', slider: [0, 4096], step: 8 },
  { name: 'hr_resize_y', label: 'Hires height', also: 'Resize height to', slider: [0, 4096], step: 8 },
  { name: 'hr_second_pass_steps', label: 'Hires steps', slider: [0, 150], step: 1 },
  { name: 'denoising_strength', label: 'Denoising', also: 'Denoising strength', slider: [0, 1], step: 0.01 },
  { name: 'hr_sampler_name', label: 'Hires sampler' },
  { name: 'hr_scheduler', label: 'Hires schedule' },
  { name: 'hr_prompt', label: 'Hires prompt' },
  { name: 'hr_negative_prompt', label: 'Hires negative prompt' },
];

export const source_rows = (): Row[] => [
  { name: 'denoising_strength', label: 'Denoising', also: 'Denoising strength', slider: [0, 1], step: 0.01 },
  ...(mode.value === 'inpaint' ? [
    { name: mask_fields.repaint, label: 'Repaint', also: 'Mask mode' },
    { name: mask_fields.start_from, label: 'Start from', also: 'Masked content' },
    { name: mask_fields.area, label: 'Area', also: 'Inpaint area' },
    { name: mask_fields.padding, label: 'Padding', also: 'Only masked padding, pixels', slider: [0, 256] as [number, number], step: 4 },
    { name: 'mask_blur', label: 'Mask blur', slider: [0, 64] as [number, number], step: 1 },
  ] : []),
  { name: 'resize_mode', label: 'Resize mode' },
  { name: 'img2img_fix_steps', label: 'Exactly these steps', also: 'With img2img, do exactly the amount of steps the slider specifies' },
];

export const computing_rows: Row[] = [
  { name: 'precision', label: 'Precision' },
  { name: 'vae', label: 'VAE', also: 'SD VAE' },
  { name: 'sd_vae_decode_method', label: 'VAE decoder' },
  { name: 'vae_precision', label: 'VAE precision' },
  { name: 'tiling', label: 'Tiling' },
  { name: 'profile', label: 'Compatibility' },
];

export const noise_rows: Row[] = [
  { name: 'randn_source', label: 'Noise', also: 'RNG' },
  { name: 'noise', label: 'Noise path' },
  { name: 'eta_noise_seed_delta', label: 'ENSD', also: 'Eta noise seed delta' },
  { name: 'eta', label: 'Eta', slider: [0, 1], step: 0.05 },
  { name: 's_churn', label: 'Sigma churn', slider: [0, 100], step: 1 },
  { name: 's_tmin', label: 'Sigma tmin', slider: [0, 10], step: 0.1 },
  { name: 's_tmax', label: 'Sigma tmax', slider: [0, 30], step: 0.1 },
  { name: 's_noise', label: 'Sigma noise', slider: [0.9, 1.1], step: 0.001 },
  { name: 'sigma_min', label: 'Sigma min', slider: [0, 1], step: 0.01 },
  { name: 'sigma_max', label: 'Sigma max', slider: [0, 60], step: 0.1 },
  { name: 'rho', label: 'Rho', slider: [0, 20], step: 0.5 },
  { name: 'discard_next_to_last_sigma', label: 'Discard penultimate sigma' },
];

const placed_elsewhere = [
  'prompt', 'negative_prompt', 'width', 'height', 'n_iter', 'batch_size', 'seed', 'enable_hr', 'model', 'lora_dir', 'embeddings_dir', 'taesd',
  'threads', 'init_image', 'mask', 'firstphase_width', 'firstphase_height', 'plain',
];
const source_only = new Set(['initial_noise_multiplier', 'img2img_extra_noise', 'inpainting_mask_weight', 'mask_blur_x', 'mask_blur_y', 'mask_round']);

/** Fields of the program that this page has no place for yet: they stand at the end, under their own labels. */
export function other_rows(): Row[] {
  const placed = new Set(placed_elsewhere);
  for (const rows of [main_rows, variation_rows, hires_rows, computing_rows, noise_rows]) for (const row of rows) placed.add(row.name);
  for (const name of ['denoising_strength', 'resize_mode', 'img2img_fix_steps', 'mask_blur', ...Object.values(mask_fields)]) placed.add(name);
  return start.value.fields
    .filter((field) => !placed.has(field.name) && (mode.value !== 'txt2img' || !source_only.has(field.name)))
    .map((field) => ({ name: field.name, label: field.label }));
}

/** Every row that the panel can show in this mode. */
export function all_rows(): Row[] {
  const rows = [
    ...(mode.value === 'txt2img' ? hires_rows : source_rows()), ...main_rows, ...variation_rows, ...computing_rows, ...noise_rows, ...other_rows(),
    { name: 'width', label: 'Width' }, { name: 'height', label: 'Height' }, { name: 'n_iter', label: 'Batch count' }, { name: 'batch_size', label: 'Batch size' },
    { name: 'seed', label: 'Seed' }, { name: 'enable_hr', label: 'Hires fix', also: 'Hires. fix' },
  ];
  return rows.filter((row) => has_field(row.name));
}
