// Pictures with their captions, edited in place; which bucket each goes to and what is cut away.
import { computed, signal } from '@preact/signals';
import { useEffect, useRef, useState } from 'preact/hooks';
import { api, type Dataset, type TrainFolder, type TrainPicture } from '../api';
import { count_text } from '../form/words';
import { attempt, tell, tell_undoable } from '../toasts';
import { Button, IconButton } from '../widgets/button';
import { Choice } from '../widgets/choice';
import { Icon } from '../widgets/icon';
import { change_draft, draft, make_plan, open_run, read_train, train, value_of } from './runs_state';

const dataset = signal<Dataset | null>(null);
const problem = signal<string | null>(null);
const filter = signal<string>('all');
const folder_shown = signal('');

async function read_dataset() {
  const [run, name] = [open_run.peek(), draft.peek()?.dataset ?? ''];
  if (!run || name === '') { dataset.value = null; return; }
  try {
    dataset.value = await api.dataset(name, run.name);
    problem.value = null;
  } catch (error) {
    problem.value = error instanceof Error ? error.message : String(error);
  }
}

interface Entry { folder: TrainFolder; picture: TrainPicture }

const much = 0.1;
const filters: { id: string; label: string; takes: (entry: Entry) => boolean }[] = [
  { id: 'all', label: 'All', takes: () => true },
  { id: 'bare', label: 'No caption', takes: ({ picture }) => !picture.has_caption_file },
  { id: 'small', label: 'Too small', takes: ({ picture }) => picture.size.width * picture.size.height < picture.bucket.width * picture.bucket.height },
  { id: 'cropped', label: 'Much cropped', takes: ({ picture }) => picture.crop_loss > much },
  { id: 'problem', label: 'Not readable', takes: ({ picture }) => picture.problem !== null },
];

const entries = computed<Entry[]>(() => (dataset.value?.folders ?? []).filter(({ name }) => folder_shown.value === '' || name === folder_shown.value).flatMap((folder) => folder.pictures.map((picture) => ({ folder, picture }))));
const bucket_name = ({ picture }: Entry) => `${picture.bucket.width} × ${picture.bucket.height}`;
const shown = computed(() => entries.value.filter((entry) => (filters.find(({ id }) => id === filter.value)?.takes ?? ((one: Entry) => bucket_name(one) === filter.value))(entry)));

async function write_caption({ folder, picture }: Entry, caption: string) {
  if (!dataset.value) return;
  const before = picture.has_caption_file ? picture.caption : '';
  const name = dataset.value.name;
  const write = async (text: string) => {
    await api.set_caption(name, folder.name, picture.name, text);
    await read_dataset();
  };
  if (await attempt(async () => { await write(caption); return true; })) tell_undoable(`Caption of ${picture.name} saved`, () => void attempt(() => write(before)));
}

/** Captions of many pictures at once, as one act that can be undone. `change` gets a caption's tags and hands back new ones. */
async function change_tags(what: string, change: (tags: string[]) => string[]) {
  const [name, separator] = [dataset.peek()?.name, value_of('caption_separator') || ','];
  if (name === undefined) return;
  const text_of = ({ picture }: Entry) => (picture.has_caption_file ? picture.caption : '');
  const changed = entries.peek().map((entry) => {
    const before = text_of(entry).split(separator).map((tag) => tag.trim()).filter((tag) => tag !== '');
    const after = [...new Set(change(before))];
    return { entry, before: text_of(entry), after: after.join(`${separator} `), is_changed: after.join('\n') !== before.join('\n') };
  }).filter(({ is_changed }) => is_changed);
  if (changed.length === 0) return tell(`${what}: no caption needs it`);
  const write = (captions: { entry: Entry; text: string }[]) => attempt(async () => {
    for (const { entry, text } of captions) await api.set_caption(name, entry.folder.name, entry.picture.name, text);
    return true;
  }).finally(read_dataset);
  if (await write(changed.map(({ entry, after }) => ({ entry, text: after }))))
    tell_undoable(`${what}: ${count_text(changed.length, 'caption')} changed`, () => void write(changed.map(({ entry, before }) => ({ entry, text: before }))));
}

function TagRow({ tag, count }: { tag: string; count: number }) {
  const [name, set_name] = useState<string | null>(null);
  const done = (new_name: string) => {
    set_name(null);
    if (new_name.trim() !== '' && new_name.trim() !== tag) void change_tags(`${tag} is ${new_name.trim()} now`, (tags) => tags.map((one) => (one === tag ? new_name.trim() : one)));
  };
  if (name !== null) {
    return <li><form class="grow" onSubmit={(event) => { event.preventDefault(); done(name); }}>
      <input class="text-field" aria-label={`New name of ${tag}`} value={name} ref={(input) => { if (input && document.activeElement !== input) input.focus(); }} onInput={(event) => set_name(event.currentTarget.value)} onBlur={() => set_name(null)}
        onKeyDown={(event) => { if (event.key === 'Escape') { event.preventDefault(); event.stopPropagation(); set_name(null); } }} /></form></li>;
  }
  return <li><button type="button" class="link grow" aria-label={`Rename ${tag}`} onClick={() => set_name(tag)}>{tag}</button><span class="hint">{count}</span>
    <IconButton icon="x" name={`Remove ${tag} from all captions`} on_click={() => void change_tags(`${tag} removed`, (tags) => tags.filter((one) => one !== tag))} /></li>;
}

function AddTag() {
  const [tag, set_tag] = useState('');
  const add = (at: 'front' | 'end') => {
    const words = tag.trim();
    if (words === '') return;
    set_tag('');
    void change_tags(`${words} added`, (tags) => (tags.includes(words) ? tags : at === 'front' ? [words, ...tags] : [...tags, words]));
  };
  return (
    <form class="add-tag" onSubmit={(event) => { event.preventDefault(); add('front'); }}>
      <input class="text-field grow" aria-label="Tag for all captions" placeholder="Add to all" value={tag} onInput={(event) => set_tag(event.currentTarget.value)} />
      <button type="submit" class="button" aria-label="Add it in front" disabled={tag.trim() === ''}>Front</button><button type="button" class="button" aria-label="Add it at the end" disabled={tag.trim() === ''} onClick={() => add('end')}>End</button>
    </form>
  );
}

function CropView({ picture }: { picture: TrainPicture }) {
  const [x, y] = [picture.bucket.width / (picture.resized.width || 1), picture.bucket.height / (picture.resized.height || 1)].map((part) => (100 * (1 - Math.min(1, part))) / 2) as [number, number];
  return (
    <span class="crop-view">
      <img src={picture.thumbnail} alt={`${picture.name}: ${picture.caption}`} loading="lazy" decoding="async" />
      {picture.crop_loss > 0.0005 && <i class="crop-kept" style={{ inset: `${y}% ${x}%` }} aria-hidden="true" />}
    </span>
  );
}

function PictureCard({ entry }: { entry: Entry }) {
  const { folder, picture } = entry;
  const [typed, set_typed] = useState<string | null>(null);
  // Not when it appears: somebody may have begun to type by then.
  const known = useRef(picture.caption);
  useEffect(() => {
    if (known.current !== picture.caption) set_typed(null);
    known.current = picture.caption;
  }, [picture.caption]);
  const text = typed ?? (picture.has_caption_file ? picture.caption : '');
  const commit = () => {
    if (typed !== null && typed !== (picture.has_caption_file ? picture.caption : '')) void write_caption(entry, typed);
    else set_typed(null);
  };
  const cut = picture.crop_loss > 0.0005 ? `, ${(100 * picture.crop_loss).toFixed(1)} % lost` : '';
  return (
    <li class="dataset-card">
      <CropView picture={picture} />
      <textarea class="text-field" rows={3} aria-label={`Caption of ${picture.name}`} value={text} placeholder={`${folder.class_tokens || 'no words'} (the folder's class)`} onInput={(event) => set_typed(event.currentTarget.value)} onBlur={commit}
        onKeyDown={(event) => { if (event.key === 'Escape' && typed !== null) { event.preventDefault(); event.stopPropagation(); set_typed(null); } }} />
      <p class="hint">{picture.name}, {picture.size.width} × {picture.size.height} to {bucket_name(entry)}{cut}</p>
      {picture.problem && <p class="is-attention small-text"><Icon name="triangle-alert" size={12} /> {picture.problem}</p>}
    </li>
  );
}

async function add_pictures(files: File[], folder: string) {
  const name = draft.peek()?.dataset ?? '';
  let added = 0;
  for (const file of files) if (await attempt(() => api.add_dataset_picture(name, folder, file.name, file))) added += 1;
  if (added > 0) tell(`${count_text(added, 'picture')} added to ${folder}`);
  await read_dataset();
  void make_plan();
}

/** A folder's name is written kohya's way: how often, then the class. */
function AddFolder() {
  const [repeats, set_repeats] = useState('10');
  const [words, set_words] = useState('');
  const [name, set_name] = useState('');
  const now = draft.value?.dataset ?? '';
  const add = async () => {
    const into = now || name.trim();
    const answer = await attempt(() => api.add_dataset(into, `${repeats}_${words.trim()}`));
    if (!answer) return;
    await read_train();
    if (now === '') change_draft({ dataset: into });
    await read_dataset();
    set_words('');
  };
  return (
    <form class="add-folder" onSubmit={(event) => { event.preventDefault(); void add(); }}>
      {now === '' && <label>Dataset<input class="text-field" aria-label="Name of the new dataset" value={name} onInput={(event) => set_name(event.currentTarget.value)} /></label>}
      <label>Repeats<input class="text-field" aria-label="Repeats" inputMode="numeric" value={repeats} onInput={(event) => set_repeats(event.currentTarget.value)} /></label>
      <label class="grow">Class<input class="text-field" aria-label="Class" value={words} placeholder="sks dog" onInput={(event) => set_words(event.currentTarget.value)} /></label>
      <button type="submit" class="button" disabled={words.trim() === '' || (now === '' && name.trim() === '')}>Add folder</button>
    </form>
  );
}

function Folders() {
  const all = dataset.value?.folders ?? [];
  return (
    <section class="dataset-folders" aria-label="Folders">
      <Choice name="Dataset" value={draft.value?.dataset ?? ''} options={[{ value: '', label: 'none chosen' }, ...(train.value?.datasets ?? []).map((name) => ({ value: name, label: name }))]} on_change={(name) => { change_draft({ dataset: name }); folder_shown.value = ''; }} />
      <ul>
        {all.length > 1 && <li><button type="button" aria-pressed={folder_shown.value === ''} onClick={() => { folder_shown.value = ''; }}><Icon name="folder-open" /><span class="grow">All folders</span></button></li>}
        {all.map((folder) => (
          <li key={folder.name}><button type="button" aria-pressed={folder_shown.value === folder.name} onClick={() => { folder_shown.value = folder.name; }}><Icon name="folder-open" /><span class="grow">{folder.name}<small>{count_text(folder.pictures.length, 'picture')}, {folder.repeats} × each</small></span></button>
            {folder.problem && <p class="is-attention small-text">{folder.problem}</p>}
            <label class="button quiet file-button">Add pictures<input type="file" class="spoken" multiple accept="image/png,image/jpeg,image/webp" aria-label={`Add pictures to ${folder.name}`} onChange={(event) => { void add_pictures([...(event.currentTarget.files ?? [])], folder.name); event.currentTarget.value = ''; }} /></label></li>
        ))}
      </ul>
      <AddFolder />
      <p class="reg-choice">Regularisation<Choice name="Regularisation dataset" value={draft.value?.regularisation ?? ''} options={[{ value: '', label: 'none' }, ...(train.value?.datasets ?? []).map((name) => ({ value: name, label: name }))]} on_change={(name) => change_draft({ regularisation: name })} /></p>
    </section>
  );
}

function BucketsAndTags() {
  const counts = new Map<string, number>();
  const tags = new Map<string, number>();
  for (const entry of entries.value) {
    if (entry.picture.bucket.width > 0) counts.set(bucket_name(entry), (counts.get(bucket_name(entry)) ?? 0) + 1);
    for (const tag of entry.picture.caption.split(value_of('caption_separator') || ',')) if (tag.trim() !== '') tags.set(tag.trim(), (tags.get(tag.trim()) ?? 0) + 1);
  }
  const most = Math.max(1, ...counts.values());
  const loss = entries.value.reduce((sum, { picture }) => sum + picture.crop_loss, 0) / Math.max(1, entries.value.length);
  return (
    <aside class="dataset-side" aria-label="Buckets and tags">
      <h2>Buckets</h2>
      <ul class="bucket-bars">
        {[...counts].sort((a, b) => b[1] - a[1]).map(([name, count]) => (
          <li key={name}><button type="button" aria-pressed={filter.value === name} aria-label={`${name} ${count_text(count, 'picture')}`} onClick={() => { filter.value = filter.value === name ? 'all' : name; }}><span>{name}</span>{' '}<i style={{ width: `${(100 * count) / most}%` }} /><b>{count}</b></button></li>
        ))}
      </ul>
      <p class="hint">{(100 * loss).toFixed(1)} % of the area is cut. The lost part is dimmed on each picture.</p>
      <h2>Tags</h2>
      {entries.value.length > 0 && <AddTag />}
      <ul class="tag-list">{[...tags].sort((a, b) => b[1] - a[1]).slice(0, 60).map(([tag, count]) => <TagRow key={tag} tag={tag} count={count} />)}</ul>
      {tags.size > 60 && <p class="hint">and {tags.size - 60} rarer ones</p>}
    </aside>
  );
}

const most_cards = 400;

export function DatasetTab() {
  const name = draft.value?.dataset ?? '';
  const options = JSON.stringify(draft.value?.options ?? {});
  useEffect(() => { void read_dataset(); }, [name, options]);
  const bare = entries.value.filter(({ picture }) => !picture.has_caption_file).length;
  return (
    <div class="dataset-page">
      <Folders />
      <div class="train-scroll">
        {problem.value && <p class="note is-attention"><Icon name="triangle-alert" />{problem.value}</p>}
        <div class="options-tools"><div class="chips" role="group" aria-label="Filter">{filters.map(({ id, label, takes }) => <button type="button" key={id} class="chip" aria-pressed={filter.value === id} onClick={() => { filter.value = id; }}>{label} <b>{entries.value.filter(takes).length}</b></button>)}</div>
          <span class="grow" /><Button class="quiet" icon="refresh-cw" on_click={() => void read_dataset()}>Read again</Button></div>
        {name === '' && <p class="hint pad">No dataset yet. A dataset is a folder of folders named "10_sks dog": how often its pictures come in an epoch, and what they show.</p>}
        {bare > 0 && <p class="hint pad">{bare} of {count_text(entries.value.length, 'picture')} have no caption; they are trained as their folder's class.</p>}
        <ul class="dataset-grid" aria-label="Training pictures">{shown.value.slice(0, most_cards).map((entry) => <PictureCard key={`${entry.folder.name}/${entry.picture.name}`} entry={entry} />)}</ul>
        {shown.value.length > most_cards && <p class="hint pad">and {shown.value.length - most_cards} more; choose a folder or a filter</p>}
        {dataset.value && entries.value.length === 0 && <p class="hint pad">No pictures in it yet. Add some to a folder at the left.</p>}
      </div>
      <BucketsAndTags />
    </div>
  );
}
