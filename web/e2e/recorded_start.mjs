// The answer of GET /api/v1/start as the page's tests know it. Names, ranges and sentences follow the program's own tables.

const number = (name, label, value, least, most, help, more = {}) => ({ name, label, flag: `--${name.replace(/_/g, '-')}`, help, type: 'number', default: value, least, most, ...more });
const whole = (name, label, value, least, most, help, more = {}) => ({ ...number(name, label, value, least, most, help, more), type: 'whole' });
const text = (name, label, value, help, choices) => ({ name, label, flag: `--${name.replace(/_/g, '-')}`, help, type: 'text', default: value, ...(choices ? { choices } : {}) });
const truth = (name, label, value, help) => ({ name, label, flag: `--${name.replace(/_/g, '-')}`, help, type: 'truth', default: value });

const samplers = [
  ['DPM++ 2M', 1, 'Karras', false], ['DPM++ SDE', 2, 'Karras', true], ['DPM++ 2M SDE', 1, 'Karras', true], ['DPM++ 2S a', 2, 'Karras', true], ['Euler a', 1, 'Uniform', true], ['Euler', 1, 'Uniform', false],
  ['LMS', 1, 'Uniform', false], ['Heun', 2, 'Uniform', false], ['DPM2', 2, 'Karras', false], ['DPM adaptive', 1, 'Karras', false], ['DDIM', 1, 'Uniform', false], ['UniPC', 1, 'Uniform', false], ['LCM', 1, 'LCM', true],
].map(([name, calls_per_step, schedule, draws_noise]) => ({ name, aliases: [], calls_per_step, schedule, draws_noise }));

const schedules = [['uniform', 'Uniform'], ['karras', 'Karras'], ['exponential', 'Exponential'], ['sgm_uniform', 'SGM Uniform'], ['align_your_steps', 'Align Your Steps'], ['beta', 'Beta']].map(([name, label]) => ({ name, label }));

const fields = [
  text('prompt', 'Prompt', '', 'What to make.'),
  text('negative_prompt', 'Negative prompt', '', 'What to avoid: each step moves away from it. No effect at CFG scale 1.'),
  whole('steps', 'Steps', 20, 1, 1000, 'Sampling steps.'),
  text('sampler_name', 'Sampler', 'DPM++ 2M', 'The algorithm that removes the noise.', samplers.map((row) => row.name)),
  text('scheduler', 'Schedule type', 'Automatic', "Spacing of the noise levels; Automatic takes the sampler's own.", ['Automatic', ...schedules.map((row) => row.label)]),
  number('cfg_scale', 'CFG scale', 7, 0, 100, 'How strongly each step is pushed from the negative prompt towards the prompt; at 1 a step costs half.'),
  whole('seed', 'Seed', -1, -1, 9007199254740991, 'Where the noise comes from; picture i of a batch uses seed + i. -1 draws one.'),
  whole('width', 'Width', 0, 0, 8192, "Pixels, a multiple of 8; 0 is the model's own size.", { multiple_of: 8 }),
  whole('height', 'Height', 0, 0, 8192, "Pixels, a multiple of 8; 0 is the model's own size.", { multiple_of: 8 }),
  text('model', 'Model', '', 'Checkpoint.'),
  text('vae', 'VAE', '', "Another VAE than the model's."),
  whole('clip_skip', 'Clip skip', 1, 1, 12, 'Which layer of the text encoder is read, counted from the end; 1 is the last.'),
  whole('subseed', 'Variation seed', -1, -1, 9007199254740991, 'Another seed whose noise is mixed in.'),
  number('subseed_strength', 'Variation seed strength', 0, 0, 1, "Share of the variation seed's noise."),
  whole('seed_resize_from_w', 'Seed resize from width', 0, 0, 8192, 'Width at which the seed is known to make a good picture. 0 is off.', { multiple_of: 8 }),
  whole('seed_resize_from_h', 'Seed resize from height', 0, 0, 8192, 'Height of the same.', { multiple_of: 8 }),
  number('denoising_strength', 'Denoising strength', -1, -1, 1, 'How much of a picture is made anew: 0 keeps it, 1 forgets it.'),
  truth('tiling', 'Tiling', false, 'Opposite edges fit together.'),
  text('randn_source', 'RNG', 'CPU', 'Whose random numbers a seed stands for.', ['CPU', 'NV']),
  number('eta', 'Eta', -1, -1, 1, "Share of each step's noise drawn anew; -1 is the sampler's own."),
  number('s_churn', 'Sigma churn', 0, 0, 100, 'Noise added over the whole run and removed again.'),
  truth('enable_hr', 'Hires fix', false, 'True makes the picture again, enlarged, from the small one.'),
  text('hr_upscaler', 'Hires upscaler', 'Latent', 'What enlarges.'),
  number('hr_scale', 'Hires upscale', 2, 1, 8, 'How much larger the second pass is.'),
  whole('hr_second_pass_steps', 'Hires steps', 0, 0, 1000, "Steps of the second pass; 0 is the first's."),
  whole('hr_resize_x', 'Hires resize width', 0, 0, 8192, 'Width of the second pass instead.', { multiple_of: 8 }),
  whole('hr_resize_y', 'Hires resize height', 0, 0, 8192, 'Height of the same.', { multiple_of: 8 }),
  text('hr_sampler_name', 'Hires sampler', '', "Sampler of the second pass; empty is the first's."),
  text('init_image', 'Source picture', '', 'Picture to start from.'),
  text('mask', 'Mask', '', 'Picture of what is made anew.'),
  text('resize_mode', 'Resize mode', 'Just resize', "How the picture gets the run's size.", ['Just resize', 'Crop and resize', 'Resize and fill', 'Just resize (latent upscale)']),
  text('inpainting_mask_invert', 'Mask mode', 'Inpaint masked', 'Whether the mask marks what is made anew or what is kept.', ['Inpaint masked', 'Inpaint not masked']),
  whole('mask_blur', 'Mask blur', 4, 0, 256, "How soft the mask's border is, in pixels."),
  text('inpaint_full_res', 'Inpaint area', 'Whole picture', 'Only masked enlarges the masked part.', ['Whole picture', 'Only masked']),
  whole('inpaint_full_res_padding', 'Masked area padding', 32, 0, 1024, 'How many pixels around the masked part such a run sees.'),
  text('inpainting_fill', 'Masked content', 'original', 'What the masked part holds before noise is added.', ['fill', 'original', 'latent noise', 'latent nothing']),
  truth('img2img_fix_steps', 'Fix steps', false, 'True walks as many steps as asked for.'),
  text('precision', 'Precision', 'auto', 'fp32: the reference. bf16: half the memory.', ['auto', 'fp32', 'bf16', 'fp16']),
  text('profile', 'Profile', 'darkroom', 'Whose habits to follow where programs differ.', ['darkroom', 'kdiffusion', 'a1111-1.10', 'a1111-2022-12']),
  whole('batch_size', 'Batch size', 1, 1, 64, 'Pictures made at once.'),
  whole('n_iter', 'Batch count', 1, 1, 10000, 'Batches made one after another.'),
  number('guidance_rescale', 'CFG rescale', 0, 0, 1, 'Takes back that guidance widens the spread of each answer.'),
];

const explain = {
  cfg_scale: 'How strongly each step is pushed from the negative prompt towards the prompt. `uncond + {cfg_scale} x (cond - uncond)\n  cond + {cfg_scale-1} x (cond - uncond)` Two ways to write one thing. Papers count the second way, so their {cfg_scale-1} is your {cfg_scale}. At 1 the negative prompt has no effect and a step costs half. 7 to 11 is usual; high values saturate and distort. [Measure it on this prompt]',
  clip_skip: 'Which layer of the text encoder is read, counted from the end. 1 is the last. Models trained on tags expect 2. Diffusers counts one less: your {clip_skip} is their {clip_skip-1}.',
  seed: 'Picture i of a batch uses seed + i, so each can be made again alone.',
};

const first_prompts = [
  'a red apple on a light blue background, noto style', 'an orange cat face on a dark green background, noto style', 'a blue butterfly on a yellow background', 'a rocket on a night blue background, fluent style',
  'a slice of pizza on a pink background', 'a sunflower on a white background, noto style', 'a green frog on an orange background', 'a snowman on a grey background, fluent style',
];

export function recorded_start(start_id, build_id) {
  return {
    start_id, build_id, version: '1.0.0', fields, samplers, schedules,
    models: [
      { title: 'emoji', name: 'Emoji 128', path: '', family: 'SD 1.x', bytes: 29e6, hash: null, built_in: true, error: null },
      { title: 'v1-5-pruned-emaonly', name: 'v1-5-pruned-emaonly', path: 'models/Stable-diffusion/v1-5-pruned-emaonly.safetensors', family: 'SD 1.x', bytes: 4265e6, hash: '6ce0161689', built_in: false, error: null },
      { title: 'broken_download', name: 'broken_download', path: 'models/Stable-diffusion/broken_download.safetensors', family: '', bytes: 3211264, hash: null, built_in: false, error: 'tensor "first_stage_model.decoder.conv_in.weight" ends at byte 4,000,000 but the file has 3,211,264; incomplete download?' },
    ],
    model: 'emoji',
    recommended: { width: 128, height: 128, steps: 20, cfg_scale: 7, sampler_name: 'DPM++ 2M', scheduler: 'Karras' },
    loras: [
      { name: 'dusk_film', alias: 'dusk_film', path: 'models/Lora/dusk_film.safetensors', base: 'SD 1.x', rank: 32, alpha: 16 },
      { name: 'silver_gelatin', alias: 'silver_gelatin', path: 'models/Lora/silver_gelatin.safetensors', base: 'SD 1.x', rank: 64, alpha: 32, preview: '1', run: 'silver_gelatin-03' },
      { name: 'sea_mist', alias: 'sea_mist', path: 'models/Lora/sea_mist.safetensors', base: 'SD 1.x', rank: 16, alpha: 16 },
      { name: 'xl_detail', alias: 'xl_detail', path: 'models/Lora/xl_detail.safetensors', base: 'SDXL', rank: 16, alpha: 16 },
    ],
    vaes: [{ name: 'vae-ft-mse.safetensors', path: 'models/VAE/vae-ft-mse.safetensors', bytes: 335e6 }], embeddings: ['bad_hands'], styles: [{ name: 'ink', prompt: '{prompt}, in ink, on paper', negative_prompt: 'colour' }], upscalers: ['Latent', 'Lanczos', 'Nearest'],
    explain, first_prompts, options: { samples_format: 'png', save_to_dirs: true, jpeg_quality: 90, show_progress_type: 'Approx cheap' },
  };
}
