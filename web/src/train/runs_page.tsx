// All runs, and what differs between two of them.
import { signal } from '@preact/signals';
import { useEffect, useState } from 'preact/hooks';
import { api, type Run, type RunDiff, type Series } from '../api';
import { copy_text, start_again, submit } from '../actions';
import { count_text } from '../form/words';
import { quoted } from '../form/xyz';
import { address, go } from '../places';
import { start } from '../store';
import { attempt, tell } from '../toasts';
import { Button, IconButton } from '../widgets/button';
import { Switch } from '../widgets/choice';
import { Icon } from '../widgets/icon';
import { lazy_part } from '../widgets/lazy_part';
import { MenuButton } from '../widgets/menu';
import { value_text } from './curves';
import { ColumnsMenu, shown_columns } from './run_columns';
import { label_of, read_train, state_of, train } from './runs_state';
import { SamplesOfBoth } from './sample_pair';

const Chart = lazy_part(() => import('./chart').then((part) => part.Chart));

const words = signal('');
const ticked = signal<string[]>([]);
const curves = signal<Record<string, Series>>({});
const is_adding = signal<'run' | 'file' | null>(null);

const text_of_run = (run: Run) => [run.name, run.note ?? '', ...Object.entries(run.options ?? {}).flatMap(([name, value]) => [name, value, `${name}:${value}`])].join(' ').toLowerCase();
const found_runs = () => (train.value?.runs ?? []).filter((run) => words.value.toLowerCase().split(/\s+/).every((word) => text_of_run(run).includes(word)));

/** A is the earlier one. */
function pair(): [Run, Run] | null {
  const runs = (train.value?.runs ?? []).filter(({ name }) => ticked.value.includes(name));
  return runs.length === 2 ? [runs[1] as Run, runs[0] as Run] : null;
}

function tick(name: string) {
  ticked.value = ticked.value.includes(name) ? ticked.value.filter((other) => other !== name) : [...ticked.value, name].slice(-2);
}

const most_curves = 12;

async function read_curves() {
  for (const run of (train.value?.runs ?? []).filter(({ kind, steps_done }) => kind === 'run' && steps_done).slice(0, most_curves)) {
    try {
      curves.value = { ...curves.value, [run.name]: await api.run_series(run.name, -1) };
    } catch {
      // A row without a curve.
    }
  }
}

async function copy_run(from: string) {
  const base = from.replace(/-\d+$/, '').replace(/\.\w+$/, '').replace(/[^\w.()-]+/g, '_');
  for (let i = 2; i < 100; ++i) {
    const name = `${base}-${String(i).padStart(2, '0')}`;
    if (train.peek()?.runs.some((run) => run.name === name)) continue;
    if (await attempt(() => api.add_run(name, { from }))) go(`/train/${name}/options`);
    return;
  }
}

function RunRow({ run }: { run: Run }) {
  const both = pair();
  const mark = both?.[0].name === run.name ? 'A' : both?.[1].name === run.name ? 'B' : '';
  const is_run = run.kind === 'run';
  return (
    <tr class={ticked.value.includes(run.name) ? 'is-ticked' : ''}>
      <td class="tick-cell"><input type="checkbox" aria-label={`Compare ${run.name}`} checked={ticked.value.includes(run.name)} onChange={() => tick(run.name)} />{mark !== '' && <b class="pair-mark">{mark}</b>}</td>
      <th scope="row">{is_run ? <a class="run-link" href={`/train/${run.name}/${state_of(run) === 'draft' ? 'options' : 'live'}`}>{run.name}</a> : run.name}</th>
      {shown_columns.value.map(({ head, is_number, cell }) => <td key={head} data-head={head} class={is_number ? 'is-number' : undefined}>{cell(run, { loss: curves.value[run.name]?.loss, mark })}</td>)}
      <td><MenuButton icon="ellipsis" name={`More for ${run.name}`} class="icon-button" items={is_run
        ? [{ label: 'Open', act: () => go(`/train/${run.name}/options`) }, { label: 'New run from this', act: () => void copy_run(run.name) }]
        : [{ label: 'Remove from the list', act: () => void attempt(async () => { await api.remove_record(run.name); await read_train(); }) }]} /></td>
    </tr>
  );
}

function RunTable() {
  const runs = found_runs();
  return (
    <div class="run-table-room" tabIndex={0} aria-label="Table of runs">
      <table class="facts-table run-table" aria-label="Runs">
        <thead><tr><th scope="col"><span class="spoken">Compare</span></th><th scope="col">Run</th>{shown_columns.value.map(({ head, is_number }) => <th scope="col" key={head} class={is_number ? 'is-number' : undefined}>{head}</th>)}<th scope="col"><span class="spoken">More</span></th></tr></thead>
        <tbody>{runs.map((run) => <RunRow key={`${run.kind} ${run.name}`} run={run} />)}</tbody>
      </table>
      {runs.length === 0 && words.value !== '' && <p class="hint pad">No run matches "{words.value}". <button type="button" class="link" onClick={() => { words.value = ''; }}>Show all</button></p>}
    </div>
  );
}

const of_places = new Set(['pictures_sha256', 'model_sha256', 'run_id', 'max_train_steps']);
const same_words: Record<string, string> = { pictures_sha256: 'Same pictures and captions', model_sha256: 'Same model', seed: 'Same seed' };

function change_words(row: RunDiff['rows'][number]): string {
  if (row.a_effect && row.b_effect) return `A: ${row.a_effect}. B: ${row.b_effect}.`;
  if (row.b_effect) return `B: ${row.b_effect}.`;
  return row.a_effect ? `A: ${row.a_effect}.` : '';
}

/** The newest file of a run, copied to the LoRA folder. Its name there. */
async function lora_of(run: Run): Promise<string> {
  const { files } = await api.run(run.name);
  const file = files[0]?.name;
  if (!file) throw new Error(`${run.name} has no file yet.`);
  const { lora } = await api.use_run(run.name, file);
  if (!lora) throw new Error(`${run.name} trained a whole model, not a LoRA.`);
  return lora;
}

/** Both files at six weights each, on the sample prompt of B, as a plot in the queue. */
async function plot_weights(a: Run, b: Run) {
  const words = (b.prompts ?? '').split('\n').find((line) => line.trim() !== '' && !line.startsWith('#'))?.replace(/ --.*$/, '') ?? '';
  const [first, second] = [await lora_of(a), await lora_of(b)];
  await start_again();
  const [prompt_a, prompt_b] = [`<lora:${first}:`, `<lora:${second}:`];
  submit({ kind: 'xyz', request: { prompt: `${words || start.value.first_prompts[0] || ''} ${prompt_a}1>` }, x: `LoRA weight ${first}: 0-1 [6]`, y: `Prompt S/R: ${quoted(prompt_a)}, ${quoted(prompt_b)}` });
  tell('A plot of both at weights 0 to 1 is in the queue; it will be in the gallery');
}

function Diff({ a, b }: { a: Run; b: Run }) {
  const [diff, set_diff] = useState<RunDiff | null>(null);
  const [problem, set_problem] = useState<string | null>(null);
  const [has_all, set_all] = useState(false);
  // Asked again when a run begins or ends: one that has just been started has no options yet.
  useEffect(() => {
    set_problem(null);
    api.diff_runs(a.name, b.name).then(set_diff, (error: unknown) => set_problem(error instanceof Error ? error.message : String(error)));
    for (const run of [a, b]) if (run.kind === 'run') void attempt(async () => { curves.value = { ...curves.value, [run.name]: await api.run_series(run.name, -1) }; });
  }, [a.name, b.name, state_of(a), state_of(b), a.options === null, b.options === null]);
  useEffect(() => set_diff(null), [a.name, b.name]);
  const rows = (diff?.rows ?? []).filter(({ name }) => has_all || !of_places.has(name));
  const value = (text: string, is_default: boolean) => <>{text === '' ? <span class="hint">none</span> : text}{is_default && <span class="hint">{text === '' ? '' : ','} default</span>}</>;
  const text = () => rows.map((row) => `${row.name}: ${row.a || '-'} -> ${row.b || '-'}`).join('\n');
  const curve_of = (run: Run) => curves.value[run.name]?.validation_loss ?? curves.value[run.name]?.loss;
  const what = curves.value[a.name]?.validation_loss && curves.value[b.name]?.validation_loss ? 'Validation loss' : 'Loss';
  return (
    <div class="run-diff">
      <section aria-label="What differs">
        <header><h2>What differs</h2><span class="tag"><i class="is-a" /> A {a.name}</span><span class="tag"><i class="is-b" /> B {b.name}</span><span class="grow" />
          <span class="hint">{diff ? `${rows.length} of ${train.value?.options.length ?? 0} options` : ''}</span><label class="switch-label">With fingerprints <Switch name="With fingerprints" is_on={has_all} on_change={set_all} /></label>
          <IconButton icon="x" name="Close the comparison" on_click={() => { ticked.value = []; }} /></header>
        {problem && <p class="note is-attention"><Icon name="triangle-alert" />{problem}</p>}
        {diff && (
          <table class="facts-table diff-table"><thead><tr><th scope="col">Option</th><th scope="col">A</th><th scope="col">B</th><th scope="col">What that changes</th></tr></thead>
            <tbody>
              {rows.map((row) => <tr key={row.name}><th scope="row"><b>{label_of(row.name)}</b><code>{row.name}</code></th><td data-head="A">{value(row.a, row.a_is_default)}</td><td data-head="B" class="is-b">{value(row.b, row.b_is_default)}</td><td class="diff-words">{change_words(row)}</td></tr>)}
              {rows.length === 0 && <tr><td colSpan={4} class="hint">Every option has the same value.</td></tr>}
            </tbody></table>
        )}
        {diff && <footer>{Object.keys(diff.same).map((name) => <span key={name} class="same"><Icon name="check" size={14} />{same_words[name] ?? name} <code>{(diff.same[name] ?? '').slice(0, 12)}</code></span>)}<span class="grow" />
          <button type="button" class="link" onClick={() => void copy_text(text(), 'Comparison')}>Copy as text</button>{b.kind === 'run' && <button type="button" class="link" onClick={() => void copy_run(b.name)}>New run from B</button>}</footer>}
      </section>
      <section aria-label="Curves of both" class="diff-curves">
        <header><h2>{what}</h2><span class="grow" /><b class="a-text">A {a.loss ? value_text((what === 'Loss' ? a.loss : a.validation_loss) ?? a.loss) : ''}</b><b class="accent-text">B {b.loss ? value_text((what === 'Loss' ? b.loss : b.validation_loss) ?? b.loss) : ''}</b></header>
        {curve_of(a) || curve_of(b) ? <Chart name={`${what} of both`} height={170} caption={`${what} of ${a.name} and ${b.name}.`} lines={[{ name: `A ${a.name}`, curve: curve_of(a), colour: '--series-2', dash: [6, 3] }, { name: `B ${b.name}`, curve: curve_of(b), colour: '--series-1' }]} /> : <p class="hint">No curves are recorded.</p>}
        {a.kind === 'run' && b.kind === 'run' && a.steps_done && b.steps_done ? <p class="button-row"><Button icon="table-2" on_click={() => void attempt(() => plot_weights(a, b))}>Weights 0 to 1, both</Button></p> : null}
        <SamplesOfBoth a={a} b={b} />
      </section>
    </div>
  );
}

function NewRun() {
  const [name, set_name] = useState('');
  const [dataset, set_dataset] = useState('');
  useEffect(() => document.querySelector<HTMLInputElement>('.new-run input')?.focus(), []);
  const add = async () => {
    if (await attempt(() => api.add_run(name.trim(), { dataset }))) { is_adding.value = null; go(`/train/${name.trim()}/dataset`); }
  };
  return (
    <form class="new-run" aria-label="New run" onSubmit={(event) => { event.preventDefault(); void add(); }}>
      <label>Name<input class="text-field" aria-label="Name of the run" value={name} placeholder="silver_gelatin-01" onInput={(event) => set_name(event.currentTarget.value)} /></label>
      <label>Dataset<select class="text-field" aria-label="Dataset of the run" value={dataset} onChange={(event) => set_dataset(event.currentTarget.value)}><option value="">later</option>{(train.value?.datasets ?? []).map((one) => <option key={one} value={one}>{one}</option>)}</select></label>
      <button type="submit" class="button" disabled={name.trim() === ''}>Make the draft</button><Button class="quiet" on_click={() => { is_adding.value = null; }}>Cancel</Button>
    </form>
  );
}

async function add_record(name: string, content: Blob | string) {
  if (!(await attempt(() => api.add_record(name, content)))) return;
  is_adding.value = null;
  tell(`${name} can be compared now`);
  await read_train();
}

function FromFile() {
  const [command, set_command] = useState('');
  useEffect(() => document.querySelector<HTMLElement>('.new-run input, .new-run textarea')?.focus(), []);
  return (
    <form class="new-run" aria-label="Add from a file" onSubmit={(event) => { event.preventDefault(); void add_record(`command ${new Date().toISOString().slice(0, 16).replace('T', ' ')}`, command); }}>
      <label class="button quiet file-button">Choose a file<input type="file" class="spoken" accept=".safetensors,.json,.toml,.txt,.sh" aria-label="A LoRA file, or kohya's JSON or TOML" onChange={(event) => { const file = event.currentTarget.files?.[0]; if (file) void add_record(file.name, file); }} /></label>
      <label class="grow">or a command line<textarea class="text-field" rows={2} aria-label="Command line" placeholder="accelerate launch train_network.py --network_dim 32 ..." value={command} onInput={(event) => set_command(event.currentTarget.value)} /></label>
      <button type="submit" class="button" disabled={!command.includes('--')}>Read it</button><Button class="quiet" on_click={() => { is_adding.value = null; }}>Cancel</Button>
    </form>
  );
}

export function RunsPage() {
  const runs = train.value?.runs ?? [];
  const both = pair();
  const states = runs.map((run) => `${run.name} ${state_of(run)}`).join();
  useEffect(() => { void read_train().then(read_curves); }, [states]);
  useEffect(() => { if (address.value.searchParams.has('new')) is_adding.value = 'run'; }, []);
  const records = runs.filter(({ kind }) => kind === 'record').length;
  return (
    <main class="train runs" id="main">
      <h1 class="spoken">Train</h1>
      <header class="run-head"><p class="run-name"><b class="title">Runs</b><span class="hint">{count_text(runs.length - records, 'run')}{records > 0 && `, ${records} from files`}</span></p><span class="grow" />
        <div class="search-box"><Icon name="search" /><input type="search" aria-label="Search runs" placeholder="Name, option or value" value={words.value} onInput={(event) => { words.value = event.currentTarget.value; }} /></div>
        <ColumnsMenu />
        <Button icon="file-plus" on_click={() => { is_adding.value = is_adding.value === 'file' ? null : 'file'; }}>Add from a file</Button>
        <button type="button" class="fill-button" onClick={() => { is_adding.value = is_adding.value === 'run' ? null : 'run'; }}><Icon name="plus" />New run</button></header>
      {is_adding.value === 'run' && <NewRun />}
      {is_adding.value === 'file' && <FromFile />}
      {train.value && runs.length === 0 ? <p class="empty-runs">No runs yet. <button type="button" class="link" onClick={() => { is_adding.value = 'run'; }}>New run</button> <button type="button" class="link" onClick={() => { is_adding.value = 'file'; }}>Read a kohya setting file</button></p> : <RunTable />}
      {both ? <Diff a={both[0]} b={both[1]} /> : runs.length > 1 && <p class="hint pad">Tick two runs to see what differs.</p>}
    </main>
  );
}
