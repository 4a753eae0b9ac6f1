// What is in memory, and the files that can be.
import { signal } from '@preact/signals';
import { useEffect } from 'preact/hooks';
import { api, type Facet, type Lora, type Model } from '../api';
import { rescan, use_model } from '../actions';
import { count_text, folder_of, number_text, size_text } from '../form/words';
import { lora_items, run_path } from '../generate/lora_menu';
import { toggle_lora } from '../generate/prompt_edits';
import { show_detail } from '../generate/shown';
import { generate_path, go, path } from '../places';
import { start } from '../store';
import { attempt, tell } from '../toasts';
import { add_keys } from '../keys';
import { Button } from '../widgets/button';
import { Icon } from '../widgets/icon';
import { MenuButton } from '../widgets/menu';
import type { IconName } from '../icons';
import { AboutModel, is_about } from './about_model';
import { Folders, folders, read_folders } from './folders';
import { InMemory } from './in_memory';
import { MergeForm } from './merge_form';
import { Vaes } from './vaes';

interface Kind { path: string; label: string; icon: IconName; count: () => number }

const kinds: Kind[] = [
  { path: '/models', label: 'Checkpoints', icon: 'box', count: () => start.value.models.length },
  { path: '/models/lora', label: 'LoRA', icon: 'layers', count: () => start.value.loras.length },
  { path: '/models/vae', label: 'VAE', icon: 'aperture', count: () => start.value.vaes?.length ?? 0 },
  { path: '/models/embeddings', label: 'Embeddings', icon: 'clipboard-paste', count: () => start.value.embeddings.length },
  { path: '/models/upscalers', label: 'Upscalers', icon: 'maximize', count: () => start.value.upscalers.length },
  { path: '/models/folders', label: 'Folders', icon: 'folder-open', count: () => folders.value?.length ?? 0 },
];

const words = signal('');
/** How many pictures of the gallery each model made, by its name. */
const picture_counts = signal<Map<string, Facet>>(new Map());

async function count_pictures() {
  const facets = await api.picture_facets('');
  picture_counts.value = new Map(facets.filter(({ field }) => field === 'model').map((facet) => [facet.value, facet]));
}

const matches = (text: string) => text.toLowerCase().includes(words.value.toLowerCase());

function PictureCount({ name }: { name: string }) {
  const facet = picture_counts.value.get(name);
  return facet ? <a class="link" href={`/gallery?search=${encodeURIComponent(facet.word)}`} aria-label={`${count_text(facet.count, 'picture')} of ${name}`}>{number_text(facet.count)}</a> : <>0</>;
}

function ModelRow({ model }: { model: Model }) {
  const is_used = model.title === start.value.model;
  if (model.error !== null) return <tr><th scope="row" class="is-attention"><Icon name="circle-alert" /> {model.name}</th><td colSpan={5} class="is-wrapping">{model.error}</td><td /></tr>;
  return (
    <tr>
      <th scope="row"><b>{model.name}</b>{model.built_in && <small> <a class="link" href="/models/knows">What it knows</a></small>}</th><td>{model.family}</td><td class="is-number">{size_text(model.bytes)}</td><td><code>{model.built_in ? 'built in' : model.hash ?? 'not known yet'}</code></td><td>{model.built_in ? 'in the program' : folder_of(model.path)}</td><td class="is-number" data-head="Pictures"><PictureCount name={model.name} /></td>
      <td class="is-action">{is_used ? <span class="tag is-good"><Icon name="check" size={12} /> in use</span> : <Button name={`Use ${model.name}`} on_click={() => use_model(model.title)}>Use</Button>}</td>
    </tr>
  );
}

function Checkpoints() {
  const found = start.value.models.filter((model) => matches(`${model.name} ${model.hash ?? ''}`));
  return (
    <>
      <table class="facts-table">
        <thead><tr><th scope="col">Name</th><th scope="col">Kind</th><th scope="col" class="is-number">Size</th><th scope="col">Hash</th><th scope="col">Folder</th><th scope="col" class="is-number">Pictures</th><th scope="col"><span class="spoken">Action</span></th></tr></thead>
        <tbody>{found.map((model) => <ModelRow key={model.title} model={model} />)}</tbody>
      </table>
      {start.value.models.length === 1 && <p class="hint">Only the built-in model so far. <a href="/models/folders">Point to a folder</a>, or put checkpoints into Darkroom's model folder and scan.</p>}
      <p class="hint">Pickle files are read without running anything in them. A model works before its hash is ready.</p>
    </>
  );
}

function LoraRow({ lora }: { lora: Lora }) {
  const use = () => { go(generate_path()); show_detail('lora'); toggle_lora(lora.name); };
  return <tr><th scope="row"><b>{lora.name}</b>{lora.alias !== lora.name && <small> {lora.alias}</small>}</th><td>{lora.base ?? 'not told'}</td><td class="is-number">{lora.rank}</td><td class="is-number">{lora.alpha}</td><td>{folder_of(lora.path)}</td><td data-head={lora.run ? 'Trained here' : undefined}>{lora.run && <a class="link" href={run_path(lora.run)}>{lora.run}</a>}</td><td class="is-action"><span class="row-actions"><Button name={`Use ${lora.name}`} on_click={use}>Use</Button><MenuButton name={`More for ${lora.name}`} class="icon-button" icon="ellipsis" items={lora_items(lora, false)} /></span></td></tr>;
}

function Loras() {
  const found = start.value.loras.filter((lora) => matches(`${lora.name} ${lora.alias} ${lora.path}`));
  if (start.value.loras.length === 0) return <p class="hint">No LoRA files yet. Darkroom reads the folder Lora of an AUTOMATIC1111 folder, or models/Lora.</p>;
  return (
    <table class="facts-table">
      <thead><tr><th scope="col">Name</th><th scope="col">Made for</th><th scope="col" class="is-number">Rank</th><th scope="col" class="is-number">Alpha</th><th scope="col">Folder</th><th scope="col">Trained here</th><th scope="col"><span class="spoken">Action</span></th></tr></thead>
      <tbody>{found.slice(0, 500).map((lora) => <LoraRow key={lora.path} lora={lora} />)}</tbody>
    </table>
  );
}

function Names({ names, empty }: { names: string[]; empty: string }) {
  const found = names.filter(matches);
  return names.length === 0 ? <p class="hint">{empty}</p> : <ul class="name-list">{found.map((name) => <li key={name}>{name}</li>)}</ul>;
}

function Files({ here }: { here: Kind }) {
  return (
    <>
      {here.path === '/models' && <InMemory />}
      {here.path === '/models/folders' && <Folders />}
      {here.path !== '/models/folders' && <section class="models-section" aria-label={here.label}>
        <header><h2 class="title grow">{here.label}</h2>
          <div class="search-box"><Icon name="search" /><input type="search" aria-label={`Search ${here.label}`} placeholder="Name or hash" value={words.value} onInput={(event) => { words.value = event.currentTarget.value; }} /></div>
          <Button icon="refresh-cw" on_click={() => void rescan().then(() => tell('Folders scanned'))}>Scan folders</Button></header>
        {here.path === '/models' && <Checkpoints />}
        {here.path === '/models/lora' && <Loras />}
        {here.path === '/models/vae' && <Vaes files={(start.value.vaes ?? []).filter((vae) => matches(vae.path))} />}
        {here.path === '/models/embeddings' && <Names names={start.value.embeddings} empty="No embeddings yet. Darkroom reads the folder embeddings." />}
        {here.path === '/models/upscalers' && <Names names={start.value.upscalers} empty="No upscalers." />}
      </section>}
      {here.path === '/models/lora' && start.value.loras.length > 0 && <MergeForm />}
    </>
  );
}

export function ModelsPage() {
  const here = kinds.find((kind) => kind.path === path.value) ?? (kinds[0] as Kind);
  useEffect(() => { void attempt(count_pictures); void read_folders(); }, []);
  useEffect(() => add_keys('Models', [{ keys: '/', label: 'Search', act: () => document.querySelector<HTMLInputElement>('.models input[type=search]')?.focus() }]), []);
  return (
    <main class="models with-rail" id="main">
      <h1 class="spoken">Models</h1>
      <nav class="rail" aria-label="Kinds of files">
        {kinds.map((kind) => <a key={kind.path} href={kind.path} aria-current={kind === here ? 'page' : undefined}><Icon name={kind.icon} /><span class="grow">{kind.label}</span><span class="hint">{kind.count()}</span></a>)}
        <a href="/settings"><Icon name="settings" /><span class="grow">Settings</span></a>
      </nav>
      <div class="rail-content">
        {is_about(path.value) ? <AboutModel /> : <Files here={here} />}
      </div>
    </main>
  );
}
