// LoRA files as cards. A click puts the tag into the prompt, another takes it out.
import { signal } from '@preact/signals';
import { useRef } from 'preact/hooks';
import { api, type Lora } from '../api';
import { text_of } from '../form/form';
import { lora_tags } from '../form/lora_tags';
import { weight_text } from '../form/weights';
import { remembered } from '../remember';
import { start } from '../store';
import { Icon } from '../widgets/icon';
import { Menu, use_held_menu } from '../widgets/menu';
import { lora_items } from './lora_menu';
import { toggle_lora } from './prompt_edits';

const words = signal('');
const only_fitting = remembered('lora-fits', true, 'browser');
const recent = remembered<string[]>('lora-recent', [], 'browser');
const only_recent = signal(false);
const only_trained = signal(false);
const most_shown = 200;

function family_now(): string {
  return start.value.models.find((model) => model.title === start.value.model)?.family ?? '';
}

const family_of = (text: string) => (/xl/i.test(text) ? 'XL' : /(^|[^0-9])2(\.|_|$)|v2|SD2/i.test(text) ? '2' : /1|SD/i.test(text) ? '1' : '');

/** Unknown families fit: a file without facts is not hidden. */
export function fits(lora: Lora): boolean {
  const [its, ours] = [family_of(lora.base ?? ''), family_of(family_now())];
  return its === '' || ours === '' || its === ours;
}

function use_lora(lora: Lora) {
  recent.value = [lora.name, ...recent.value.filter((name) => name !== lora.name)].slice(0, 30);
  toggle_lora(lora.name);
}

function Cover({ lora }: { lora: Lora }) {
  if (!lora.preview) return <span class="lora-cover" aria-hidden="true" data-drawn={lora.name.slice(0, 2)} />;
  return <span class="lora-cover"><img src={api.lora_preview_address(lora)} alt="" loading="lazy" decoding="async" /></span>;
}

function Card({ lora }: { lora: Lora }) {
  const tag = lora_tags(text_of('prompt')).find((other) => other.name === lora.name);
  const is_fitting = fits(lora);
  const facts = `rank ${lora.rank}, α ${lora.alpha}${lora.run ? ' · trained here' : ''}`;
  const menu = use_held_menu();
  const button = useRef<HTMLButtonElement>(null);
  return (
    <>
      <button type="button" ref={button} class={`lora-card ${is_fitting ? '' : 'does-not-fit'}`} role="option" aria-selected={tag !== undefined} onClick={() => use_lora(lora)} {...menu.opens}
        aria-label={`${lora.name}, ${tag ? `${weight_text(tag.te)}, ` : ''}${is_fitting ? facts : `made for ${lora.base}`}${tag ? ', in the prompt' : ''}`}>
        <Cover lora={lora} />
        <span class="lora-name"><b>{lora.name}</b>{tag && <> <span>{weight_text(tag.te)}</span></>}</span>{' '}
        <small>{is_fitting ? facts : `made for ${lora.base}`}</small>
      </button>
      {menu.is_open && button.current && <Menu anchor={button.current} name={`More for ${lora.name}`} items={lora_items(lora, true)} close={menu.close} />}
    </>
  );
}

export function LoraShelf() {
  const all = start.value.loras;
  if (all.length === 0) return <div class="tab-body"><p class="hint">No LoRA files yet. Darkroom reads the folder Lora of an AUTOMATIC1111 folder, or models/Lora.</p></div>;
  const found = all.filter((lora) => `${lora.name} ${lora.alias} ${lora.path}`.toLowerCase().includes(words.value.toLowerCase()) && (!only_fitting.value || fits(lora)) && (!only_trained.value || lora.run) && (!only_recent.value || recent.value.includes(lora.name)));
  const scaled = lora_tags(text_of('prompt')).map((tag) => all.find((lora) => lora.name === tag.name)).find((lora) => lora && lora.rank > 0 && lora.alpha !== lora.rank);
  return (
    <div class="tab-body shelf">
      <div class="search-box"><Icon name="search" /><input type="search" aria-label="Search LoRA" placeholder="Name, folder" value={words.value} onInput={(event) => { words.value = event.currentTarget.value; }} /></div>
      <p class="chips">
        <button type="button" class="chip" aria-pressed={only_fitting.value} onClick={() => { only_fitting.value = !only_fitting.value; }}>Fits {family_now() || 'this model'}</button>
        {all.some((lora) => lora.run) && <button type="button" class="chip" aria-pressed={only_trained.value} onClick={() => { only_trained.value = !only_trained.value; }}>Trained here</button>}
        <button type="button" class="chip" aria-pressed={only_recent.value} onClick={() => { only_recent.value = !only_recent.value; }}>Recent</button>
      </p>
      <div class="lora-cards" role="listbox" aria-label="LoRA files" aria-multiselectable="true">{found.slice(0, most_shown).map((lora) => <Card key={lora.path} lora={lora} />)}</div>
      {found.length === 0 && <p class="hint">No LoRA matches. <button type="button" class="link" onClick={() => { words.value = ''; only_fitting.value = false; only_trained.value = false; only_recent.value = false; }}>Show all {all.length}</button></p>}
      {scaled && <p class="note">{scaled.name} stores α {scaled.alpha} at rank {scaled.rank}, so it already works at {weight_text(scaled.alpha / scaled.rank)} of its matrices. Weight 1 is how it was trained.</p>}
    </div>
  );
}
