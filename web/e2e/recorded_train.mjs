// Trainings of the recorded server: two runs that ended, one draft, a record of another program. What is typed into a draft is kept and
// explained a little; nothing is trained.
const option = (section, label, name, type, standard, words, choices = []) => ({ section, label, name, type, default: standard, words, choices });

const options = [
  option('Model', 'Base model', 'pretrained_model_name_or_path', 'path', '', 'The model: a checkpoint or a diffusers folder. It stays as it is'),
  option('Network', 'Rank', 'network_dim', 'whole', '4', 'Rank: how many directions each layer can change in'),
  option('Network', 'Alpha', 'network_alpha', 'number', '1', 'The change is multiplied by alpha / dim'),
  option('Network', 'Train the UNet only', 'network_train_unet_only', 'truth', 'false', 'The text encoder stays as it is'),
  option('Learning rate', 'Optimiser', 'optimizer_type', 'text', 'AdamW', 'How steps follow from gradients', ['AdamW', 'Lion', 'Adafactor', 'Prodigy']),
  option('Learning rate', 'Optimiser arguments', 'optimizer_args', 'list', '', 'name=value each'),
  option('Learning rate', 'Learning rate', 'learning_rate', 'number', '0.0001', 'Of Prodigy and DAdaptAdam a factor on what they find: 1'),
  option('Learning rate', 'Text encoder rate', 'text_encoder_lr', 'number', '', 'Learning rate of the text encoders'),
  option('Learning rate', 'Schedule', 'lr_scheduler', 'text', 'constant', 'How the rate goes through the run', ['constant', 'constant_with_warmup', 'cosine', 'cosine_with_restarts']),
  option('Learning rate', 'Warm-up', 'lr_warmup_steps', 'number', '0', 'Steps in which the rate rises from 0'),
  option('Steps and batch', 'Steps', 'max_train_steps', 'whole', '1600', 'Steps of the whole run'),
  option('Pictures, captions', 'Resolution', 'resolution', 'text', '512,512', 'Size trained at'),
  option('Noise and loss', 'Min-SNR gamma', 'min_snr_gamma', 'number', '0', 'Timesteps with little noise count less: 5; 0 = all alike'),
  option('Precision, memory', 'Precision', 'mixed_precision', 'text', 'no', 'What the processor cannot is done in fp32, and said', ['no', 'bf16', 'fp16']),
  option('Saving, samples', 'Samples every n steps', 'sample_every_n_steps', 'whole', '0', 'How often'),
];
const sections = [...new Set(options.map(({ section }) => section))].map((name) => ({ name, about: 'what it is about' }));

const told = { network_dim: '64', network_alpha: '32', optimizer_type: 'Prodigy', learning_rate: '1', network_train_unet_only: 'true', max_train_steps: '400', sample_every_n_steps: '100' };
const values = (more) => ({ ...Object.fromEntries(options.map((row) => [row.name, row.default])), ...more });

const run = (name, state, more) => ({
  name, kind: 'run', state, error: null, dataset: 'silver', regularisation: '', prompts: 'a lighthouse on a cliff, silver gelatin print --w 64 --h 64', note: '', told, job: null, created: 1.79e9, started: 1.79e9, ended: 1.79e9 + 6480,
  options: values({ ...told, output_name: name, ...more }), steps_done: 400, loss: 0.1074, validation_loss: 0.1129, sample: `/api/v1/train/runs/${name}/samples/a_last_00_7.png`,
});

const curve = (steps, value) => ({ steps, values: steps.map(value) });
const counted = (count, every) => Array.from({ length: Math.floor(count / every) }, (_, i) => (i + 1) * every);
const series = {
  loss: curve(counted(400, 1), (step) => 0.1 + 0.06 * Math.exp(-step / 120) + 0.04 * Math.sin(step * 12.9898) ** 2),
  validation_loss: curve(counted(400, 40), (step) => 0.112 + 0.05 * Math.exp(-step / 100)), learning_rate: curve(counted(400, 1), (step) => 0.5 + 0.5 * Math.cos((Math.PI * step) / 400)),
  gradient_norm: curve(counted(400, 1), (step) => 0.4 + 0.1 * Math.cos(step)), ...Object.fromEntries([1, 2, 3, 4].map((i) => [`loss_quarter_${i}`, curve(counted(400, 4), (step) => 0.3 / i + 0.05 * Math.exp(-step / 90))])),
};

const plan = {
  folders: [{ name: '10_silver', pictures: 4, repeats: 10, with_caption_file: 3, regularisation: false }], validation_pictures: 1, mean_crop_loss: 0.031, largest_crop_loss: 0.18, largest_crop_file: 'print_2.png',
  buckets: [{ width: 512, height: 512, pictures: 28, batches: 28 }, { width: 448, height: 576, pictures: 12, batches: 12 }], batch_size: 1, gradient_accumulation_steps: 1, batches_per_epoch: 40, steps_per_epoch: 40, steps: 400, epochs: 10, steps_done: 0,
  optimizer: 'Prodigy', lr_scheduler: 'cosine', learning_rate_curve: Array.from({ length: 60 }, (_, i) => ({ step: Math.round((i * 399) / 59), factor: 0.5 + 0.5 * Math.cos((Math.PI * i) / 59) })),
  trained: [{ name: 'unet', matrices: 384, parameters: 27.1e6, learning_rate: 1 }], model_bytes: 3.4e9, lora_bytes: 108e6, state_bytes: 542e6, step_bytes: 13.47e9, machine_bytes: 16e9, memory_warning: 'about 17.5 GB of memory will be needed, and this machine has 16.0 GB: training may be very slow, or be stopped by the system; gradient_checkpointing, a lower resolution or train_batch_size take less', file_bytes: 108e6,
};

const picture = (i) => ({
  name: `print_${i}.png`, caption: i === 3 ? 'silver' : `silver gelatin print, pine trees, number ${i}`, has_caption_file: i !== 3, problem: null, size: { width: 640, height: i % 2 ? 640 : 800 }, bucket: i % 2 ? { width: 512, height: 512 } : { width: 448, height: 576 },
  resized: i % 2 ? { width: 512, height: 512 } : { width: 461, height: 576 }, crop_loss: i % 2 ? 0 : 0.028, thumbnail: `/api/v1/train/datasets/silver/10_silver/print_${i}.png/thumbnail`,
});
const dataset = { name: 'silver', folders: [{ name: '10_silver', repeats: 10, class_tokens: 'silver', problem: null, pictures: [0, 1, 2, 3].map(picture) }] };

function explained(said) {
  const now = values(said);
  const effects = { network_alpha: `the change counts alpha / dim = ${now.network_alpha} / ${now.network_dim} = ${Number(now.network_alpha) / Number(now.network_dim)}` };
  if (now.network_train_unet_only === 'true') effects.text_encoder_lr = 'no effect: the text encoders are not trained';
  if (now.lr_scheduler === 'constant' && Number(now.lr_warmup_steps) > 0) {
    return { values: null, effects: null, commands: null, problem: { text: 'LoRA training: lr_scheduler "constant" has no warm-up', option: 'lr_warmup_steps', remedies: [{ label: 'Use constant with warm-up', changes: { lr_scheduler: 'constant_with_warmup' } }, { label: 'Remove the warm-up', changes: { lr_warmup_steps: null } }] } };
  }
  const line = Object.entries(said).map(([name, value]) => ` --${name} ${value}`).join('');
  return { values: now, effects, problem: null, commands: { darkroom: `darkroom train${line}`, kohya: `accelerate launch train_network.py${line}`, toml: Object.entries(now).map(([name, value]) => `${name} = "${value}"`).join('\n') } };
}

const event = (minute, step, kind, words) => ({ time: 1.79e9 + 60 * minute, step, kind, words });
const events = [event(0, 0, 'start', 'Started'), event(3, 31, 'rate', 'd left its start value 1e-06'), event(10, 40, 'validation', 'Validation 0.1491'), event(21, 80, 'file', 'Epoch 2 saved'), event(30, 120, 'warning', 'learning rate 0.001 is high'),
  event(50, 200, 'rate', 'Rate restarts'), event(51, 200, 'state', 'State saved'), event(52, 200, 'samples', 'Samples in 98 s'), event(99, 400, 'file', 'Epoch 10 saved'), event(100, 400, 'end', 'Finished, file saved')];

/** Prodigy's d leaves its start value at step 31 and is settled soon. */
const step_size = curve(counted(400, 1), (step) => 1e-6 * (step < 31 ? 1 : Math.min(41, 1 + (step - 30) * 2)));

/** Routes; `paint(seed, words, infotext)` draws a picture. */
export function train_routes(paint) {
  const runs = [run('silver_gelatin-03', 'finished', {}), run('silver_gelatin-02', 'stopped', { optimizer_type: 'AdamW', learning_rate: '0.0001', network_alpha: '64' }),
    { ...run('silver_gelatin-04', 'draft', {}), options: null, steps_done: null, loss: null, validation_loss: null, sample: null, started: null, ended: null },
    { name: 'landscape_v3.json', kind: 'record', state: 'recorded', error: null, options: values({ optimizer_type: 'Adafactor' }) }];
  const named = (name) => runs.find((one) => one.name === decodeURIComponent(name));
  const samples = (name) => ['000000', '000100', '000200', 'last'].map((label) => ({ file: `a_${label}_00_7.png`, label, prompt: 0, seed: 7, url: `/api/v1/train/runs/${name}/samples/a_${label}_00_7.png` }));
  return [
    [/^GET \/train$/, () => [200, { sections, options, runs, datasets: ['silver'] }]],
    [/^GET \/train\/runs\/([^/]+)$/, ({ match }) => [200, { ...named(match[1]), files: named(match[1]).options ? ['', '-step00000100'].map((part) => ({ name: `${match[1]}${part}.safetensors`, bytes: 54e6 })) : [], samples: named(match[1]).options ? samples(match[1]) : [], events: named(match[1]).options ? events : [] }]],
    [/^POST \/train\/runs\/([^/]+)\/draft$/, ({ match, json }) => { named(match[1]).told = json().options; return [200, named(match[1])]; }],
    [/^POST \/train\/runs\/([^/]+)\/explain$/, ({ json }) => [200, explained(json().options)]],
    [/^POST \/train\/runs\/([^/]+)\/plan$/, () => [200, plan]],
    [/^GET \/train\/runs\/([^/]+)\/series$/, ({ match }) => [200, { series: named(match[1]).options ? { ...series, ...(named(match[1]).options.optimizer_type === 'Prodigy' ? { step_size } : {}) } : {} }]],
    [/^GET \/train\/runs\/([^/]+)\/samples\/a_(\w+)_00_7.png$/, ({ match, image }) => image(paint(7, match[2], `a lighthouse on a cliff, silver gelatin print <lora:${match[1]}-sample:1>\nSteps: 6, Sampler: Euler, CFG scale: 7, Seed: 7, Size: 64x64`))],
    [/^POST \/train\/runs\/([^/]+)\/use$/, ({ json }) => [200, { lora: json().file.replace('.safetensors', '') }]],
    [/^GET \/train\/diff$/, () => [200, { rows: [{ name: 'optimizer_type', a: 'AdamW', b: 'Prodigy', a_is_default: true, b_is_default: false, a_effect: null, b_effect: null }, { name: 'network_alpha', a: '64', b: '32', a_is_default: false, b_is_default: false, a_effect: '64 / 64 = 1', b_effect: '32 / 64 = 0.5' }], same: { seed: '42', model_sha256: '6ce0161689b3' } }]],
    [/^GET \/train\/datasets\/([^/]+)$/, () => [200, dataset]],
    [/^GET \/train\/datasets\/silver\/10_silver\/print_(\d).png\/thumbnail$/, ({ match, image }) => image(paint(Number(match[1]), 'pine trees'))],
    [/^POST \/train\/datasets\/silver\/10_silver\/print_(\d).png\/caption$/, ({ match, json }) => { const one = dataset.folders[0].pictures[Number(match[1])]; one.has_caption_file = json().caption !== ''; one.caption = json().caption || 'silver'; return [200, {}]; }],
  ];
}
