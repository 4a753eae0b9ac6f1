// Folders with models that lie elsewhere, such as another program's.
import { signal } from '@preact/signals';
import { useState } from 'preact/hooks';
import { api, type ModelFolder } from '../api';
import { rescan } from '../actions';
import { count_text } from '../form/words';
import { attempt, tell, tell_undoable } from '../toasts';
import { Button } from '../widgets/button';
import { Choice } from '../widgets/choice';

export const folders = signal<ModelFolder[] | null>(null);

export async function read_folders() {
  const answer = await attempt(() => api.folders());
  if (answer) folders.value = answer.folders;
}

const words: Record<ModelFolder['kind'], (count: number) => string> = {
  checkpoints: (count) => count_text(count, 'checkpoint'), lora: (count) => `${count} LoRA`, vae: (count) => `${count} VAE`, embeddings: (count) => count_text(count, 'embedding'), small_vae: (count) => count_text(count, 'small decoder'),
};
const told = (all: ModelFolder[]) => all.map(({ kind, files }) => words[kind](files)).join(', ');

const kinds = [{ value: '', label: 'as in AUTOMATIC1111' }, { value: 'checkpoints', label: 'checkpoints' }, { value: 'lora', label: 'LoRA' }, { value: 'vae', label: 'VAE' }, { value: 'embeddings', label: 'embeddings' }, { value: 'small_vae', label: 'small decoders' }];

async function add(path: string, kind: string) {
  const answer = await attempt(() => api.add_folder(path, kind));
  if (!answer) return false;
  tell(`Found ${told(answer.folders)}`);
  await Promise.all([read_folders(), rescan()]);
  return true;
}

async function remove(name: string) {
  const gone = folders.value?.filter((folder) => folder.name === name) ?? [];
  if (!(await attempt(() => api.remove_folder(name)))) return;
  await Promise.all([read_folders(), rescan()]);
  const one = gone.length === 1 ? gone[0] : undefined;
  if (one) tell_undoable(`${name} is not looked into any more`, () => void add(one.place, one.kind));
  else tell(`${name} is not looked into any more; no file went`);
}

export function Folders() {
  const [path, set_path] = useState('');
  const [kind, set_kind] = useState('');
  const all = folders.value ?? [];
  const names = [...new Set(all.map(({ name }) => name))];
  return (
    <section class="models-section" aria-label="Folders">
      <header><h2 class="title grow">Folders</h2></header>
      <p class="hint">Point to the folder of an AUTOMATIC1111 that is on this machine, and its checkpoints, LoRA, VAE and embeddings are here too. Nothing is copied or changed there.</p>
      <form class="folder-form" onSubmit={(event) => { event.preventDefault(); void add(path.trim(), kind).then((is_added) => { if (is_added) set_path(''); }); }}>
        <input class="text-field grow" aria-label="Folder" placeholder="Where stable-diffusion-webui lies, from / on" value={path} spellcheck={false} onInput={(event) => set_path(event.currentTarget.value)} />
        <Choice name="What is in it" value={kind} options={kinds} on_change={set_kind} />
        <button type="submit" class="button" disabled={path.trim() === ''}>Add folder</button>
      </form>
      {names.length > 0 && (
        <table class="facts-table">
          <thead><tr><th scope="col">Name</th><th scope="col">What was found</th><th scope="col">Where</th><th scope="col"><span class="spoken">Action</span></th></tr></thead>
          <tbody>{names.map((name) => {
            const of_name = all.filter((folder) => folder.name === name);
            return <tr key={name}><th scope="row"><b>{name}</b></th><td>{told(of_name)}</td><td>{of_name[0]?.place}</td><td class="is-action"><Button name={`Remove ${name}`} on_click={() => void remove(name)}>Remove</Button></td></tr>;
          })}</tbody>
        </table>
      )}
      {folders.value && names.length === 0 && <p class="hint">No folder was added yet.</p>}
    </section>
  );
}
