// One option: its name and kohya's, a sentence, a control, and what it does now.
import type { TrainOption } from '../api';
import { start } from '../store';
import { Choice, Segmented, Switch } from '../widgets/choice';
import { Icon } from '../widgets/icon';
import { Slider } from '../widgets/slider';
import { Button } from '../widgets/button';
import { explained, is_told, set_option, set_options, value_of } from './runs_state';

/** How far a slider reaches; any value the trainer takes can be typed. */
const sliders: Record<string, [number, number, number]> = {
  network_dim: [1, 128, 1], network_alpha: [0, 128, 1], clip_skip: [1, 12, 1], train_batch_size: [1, 16, 1], gradient_accumulation_steps: [1, 16, 1], lr_scheduler_num_cycles: [1, 10, 1],
  caption_dropout_rate: [0, 1, 0.01], caption_tag_dropout_rate: [0, 1, 0.01], network_dropout: [0, 1, 0.01], noise_offset: [0, 0.2, 0.005], min_snr_gamma: [0, 20, 0.5], validation_split: [0, 0.5, 0.01],
};

const none_words: Record<string, string> = { vae: "the model's own", network_weights: 'none', base_weights: 'LoRAs by name, with blanks between', base_weights_multiplier: '1 each', unet_lr: 'as the learning rate', text_encoder_lr: 'as the learning rate', validation_seed: 'as the seed', sample_sampler: "the model's own", pretrained_model_name_or_path: 'the checkpoint in use' };

/** Files are chosen by name among those the program has. */
function file_choices(option: TrainOption) {
  const none = { value: '', label: none_words[option.name] ?? 'none' };
  if (option.name === 'pretrained_model_name_or_path') return [none, ...start.value.models.filter((model) => model.error === null).map((model) => ({ value: model.name, label: model.name, fact: model.family }))];
  if (option.name === 'network_weights') return [none, ...start.value.loras.map((lora) => ({ value: lora.name, label: lora.name, fact: lora.rank ? `rank ${lora.rank}` : '' }))];
  return null;
}

function Control({ option, described_by }: { option: TrainOption; described_by: string }) {
  const { name, label } = option;
  const value = value_of(name);
  const files = file_choices(option);
  if (option.type === 'truth') return <Switch name={label} is_on={value === 'true'} described_by={described_by} on_change={(is_on) => set_option(name, String(is_on))} />;
  if (files) return <Choice name={label} value={value} options={files} described_by={described_by} on_change={(next) => set_option(name, next)} />;
  if (option.choices.length > 0) {
    const props = { name: label, value, options: option.choices.map((choice) => ({ value: choice, label: choice.replace(/_/g, ' ') })), described_by, on_change: (next: string) => set_option(name, next) };
    return option.choices.length <= 3 && option.choices.join('').length < 20 ? <Segmented {...props} /> : <Choice {...props} />;
  }
  const range = sliders[name];
  const field = (
    <input type="text" class="text-field" aria-label={label} aria-describedby={described_by} value={value} placeholder={none_words[name] ?? (option.type === 'list' ? 'name=value ...' : '')} spellcheck={false}
      inputMode={option.type === 'whole' || option.type === 'number' ? 'decimal' : undefined} onInput={(event) => set_option(name, event.currentTarget.value)} />
  );
  if (!range) return field;
  const number = Number(value);
  return <><Slider name={label} value={Number.isFinite(number) ? number : range[0]} least={range[0]} most={range[1]} step={range[2]} tick={Number(option.default)} described_by={described_by} on_input={(next) => set_option(name, String(next))} />{field}</>;
}

export function ProblemNote() {
  const problem = explained.value?.problem;
  if (!problem) return null;
  return (
    <div class="note is-attention problem" role="status">
      <p><Icon name="triangle-alert" />{problem.text}</p>
      {problem.remedies.length > 0 && <p class="button-row">{problem.remedies.map(({ label, changes }) => <Button key={label} class="outlined" on_click={() => set_options(changes)}>{label}</Button>)}</p>}
    </div>
  );
}

export const effect_of = (name: string) => explained.value?.effects?.[name] ?? '';
export const has_no_effect = (name: string) => effect_of(name).startsWith('no effect');

export function OptionRow({ option }: { option: TrainOption }) {
  const { name, label, words } = option;
  const effect = effect_of(name);
  const is_dim = has_no_effect(name);
  const id = `effect-${name}`;
  const is_problem = explained.value?.problem?.option === name;
  return (
    <div class={`option-row ${is_dim ? 'is-dim' : ''}`} data-option={name}>
      <div class="option-name">
        {is_told(name) && <button type="button" class="changed-dot" aria-label={`${label}: back to the default`} title="Back to the default" onClick={() => set_option(name, null)} />}
        <b>{label}</b><code>--{name}</code><p>{words}{/[.:]$/.test(words) ? '' : '.'}</p>
      </div>
      <div class={`option-control ${name in sliders ? 'has-slider' : ''}`}><Control option={option} described_by={id} /></div>
      <div class="option-effect" id={id}>{effect !== '' && <p>{is_dim ? effect.replace('no effect', 'No effect now') : effect.charAt(0).toUpperCase() + effect.slice(1)}.</p>}{is_problem && <ProblemNote />}</div>
    </div>
  );
}
