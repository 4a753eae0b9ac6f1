import { useState } from 'preact/hooks';
import { text_of } from '../form/form';
import { lora_tags, type LoraTag } from '../form/lora_tags';
import { nearest_name } from '../form/nearest';
import { prompt_info } from './prompt_info';
import { start } from '../store';
import { IconButton } from '../widgets/button';
import { NumberField } from '../widgets/number_field';
import { Slider } from '../widgets/slider';
import { remove_lora, rename_lora, set_lora_weight } from './prompt_edits';

interface WeightProps { name: string; value: number; set: (value: number) => void }

/** While the thumb moves only the number does; the prompt is changed once, when it is let go, so that one undo takes it back. */
function Weight({ name, value, set }: WeightProps) {
  const [moving, set_moving] = useState<number | null>(null);
  return (
    <>
      <Slider name={name} value={moving ?? value} least={0} most={1.5} step={0.05} tick={1} on_input={set_moving} on_change={(next) => { set_moving(null); set(next); }} />
      <NumberField name={name} value={moving ?? value} step={0.05} range={{ least: -2, most: 2 }} has_stepper on_change={set} />
    </>
  );
}

function Missing({ tag, index }: { tag: LoraTag; index: number }) {
  const near = nearest_name(tag.name, start.value.loras.map((lora) => lora.name));
  if (near === null) return <p class="row-note is-attention">{tag.name} was not found</p>;
  return <p class="row-note is-attention is-text">{tag.name} was not found; nearest name: {near}. <button type="button" class="link" onClick={() => rename_lora(index, near)}>Use it</button></p>;
}

function LoraRow({ tag, index, is_missing }: { tag: LoraTag; index: number; is_missing: boolean }) {
  const [is_split, set_split] = useState(tag.is_split);
  const split = is_split || tag.is_split;
  return (
    <>
      <div class="row has-slider lora-row">
        <span class="row-label">
          <button type="button" class="label-button" aria-expanded={split} title="Text encoder and UNet apart" onClick={() => set_split(!split)}>{tag.name}</button>
        </span>
        <div class="row-control">
          {split ? <span class="grow" /> : <Weight name={`Weight of ${tag.name}`} value={tag.te} set={(value) => set_lora_weight(index, value, value, false)} />}
          <IconButton icon="x" name={`Remove ${tag.name} from the prompt`} on_click={() => remove_lora(index)} />
        </div>
        {is_missing && <Missing tag={tag} index={index} />}
      </div>
      {split && <div class="row has-slider"><span class="row-label"><span class="label-text">text encoder</span></span><div class="row-control"><Weight name={`Text encoder weight of ${tag.name}`} value={tag.te} set={(value) => set_lora_weight(index, value, tag.unet, true)} /></div></div>}
      {split && <div class="row has-slider"><span class="row-label"><span class="label-text">UNet</span></span><div class="row-control"><Weight name={`UNet weight of ${tag.name}`} value={tag.unet} set={(value) => set_lora_weight(index, tag.te, value, true)} /></div></div>}
    </>
  );
}

/** One row per tag of the prompt, in its order. */
export function LoraRows() {
  const tags = lora_tags(text_of('prompt'));
  if (tags.length === 0) return null;
  const known = (name: string) => start.value.loras.some((lora) => lora.name === name || lora.alias === name) || prompt_info.value?.loras.some((lora) => lora.name === name && lora.found);
  const twice = tags.find((tag, i) => tags.some((other, j) => j > i && other.name === tag.name));
  return (
    <section class="section" aria-label="LoRA in this prompt">
      <div class="section-head"><b class="grow">LoRA in this prompt</b><span class="hint">in prompt order</span></div>
      {tags.map((tag, i) => <LoraRow key={`${tag.name} ${i}`} tag={tag} index={i} is_missing={!known(tag.name)} />)}
      {twice && <p class="row-note">{twice.name} stands twice in the prompt. As in A1111 the last weight counts for both.</p>}
    </section>
  );
}
