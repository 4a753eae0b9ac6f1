// Essentials: shape, pictures, quality, seed. What else is set is named, so that nothing hidden acts unseen.
import { base_value, is_changed, level, mode, number_of, set_value, text_of } from '../form/form';
import { all_rows, source_rows } from '../form/layout';
import { size_of_form } from '../form/request';
import { size_text } from '../form/words';
import { start } from '../store';
import { Icon } from '../widgets/icon';
import { LoraRows } from './lora_rows';
import { Rows } from './settings_panel';
import { SeedRow, set_shape, shaped } from './size_rows';

interface Chip { label: string; name?: string; is_chosen: boolean; act: () => void; shape?: 'square' | 'rectangle-vertical' | 'rectangle-horizontal' }

function Chips({ label, chips, note }: { label: string; chips: Chip[]; note?: string }) {
  return (
    <div class="row">
      <span class="row-label"><span class="label-text">{label}</span></span>
      <div class="row-control chips" role="group" aria-label={label}>
        {chips.map((chip) => (
          <button type="button" key={chip.name ?? chip.label} class="chip" aria-label={chip.name} aria-pressed={chip.is_chosen} onClick={chip.act}>
            {chip.shape && <Icon name={chip.shape} />}{chip.label}
          </button>
        ))}
      </div>
      {note && <p class="row-note">{note}</p>}
    </div>
  );
}

function shape_chips(): Chip[] {
  const [width, height] = size_of_form();
  const chip = (name: string, label: string, ratio: number, shape: Chip['shape'], is_chosen: boolean): Chip => ({ label, name, is_chosen, act: () => set_shape(ratio), ...(shape ? { shape } : {}) });
  return [
    chip('Square, 1 : 1', '1 : 1', 1, 'square', width === height),
    chip('Upright', '', 2 / 3, 'rectangle-vertical', width < height),
    chip('Wide', '', 3 / 2, 'rectangle-horizontal', width > height),
  ];
}

function quality_chips(): Chip[] {
  const normal = Number(base_value('steps')) || 20;
  const steps: [string, number][] = [['Fast', Math.round(normal * 0.6)], ['Normal', normal], ['Fine', normal * 2]];
  return steps.map(([label, count]) => ({ label, is_chosen: number_of('steps') === count, act: () => set_value('steps', count) }));
}

const seen_here = new Set(['width', 'height', 'n_iter', 'seed', 'steps']);

function unseen_changes(): string {
  const rows = all_rows().filter((row) => !seen_here.has(row.name) && is_changed(row.name) && !(mode.value !== 'txt2img' && source_rows().some((other) => other.name === row.name)));
  return rows.map((row) => `${row.label} ${text_of(row.name) === 'true' ? 'on' : text_of(row.name)}`).join(', ');
}

function ModelCard() {
  const model = start.value.models.find((other) => other.title === start.value.model);
  if (!model) return null;
  const [width, height] = shaped(1);
  return (
    <section class="section model-card">
      <p class="model-name"><Icon name="box" /><b>{model.name}</b>{model.built_in && <span class="tag">built in</span>}</p>
      <p class="quiet-text">{model.built_in
        ? `Small pictures, ${width} × ${height}, trained by Darkroom's own trainer. It is here so that everything works before you download anything.`
        : `${model.family}, ${size_text(model.bytes)}`}</p>
      {model.built_in && <p class="model-links"><a class="link" href="/models/knows">What it knows</a> <a class="link" href="/models/card">How it was trained</a></p>}
    </section>
  );
}

export function Essentials() {
  const unseen = unseen_changes();
  const count = number_of('n_iter');
  return (
    <>
      {mode.value !== 'txt2img' && <section class="section"><Rows rows={source_rows()} /></section>}
      <section class="section essentials">
        <Chips label="Shape" chips={shape_chips()} />
        <Chips label="Pictures" chips={[1, 4, 9, 16].map((number) => ({ label: String(number), is_chosen: count === number, act: () => set_value('n_iter', number) }))} />
        <Chips label="Quality" chips={quality_chips()} note={`${text_of('sampler_name')}, ${text_of('scheduler')}, ${number_of('steps')} steps, CFG ${number_of('cfg_scale')}`} />
        <SeedRow with_variation={false} />
        {unseen !== '' && <p class="row-note also-set">Also set: {unseen}. <button type="button" class="link" onClick={() => { level.value = 'all'; }}>Show</button></p>}
      </section>
      <LoraRows />
      <ModelCard />
    </>
  );
}
