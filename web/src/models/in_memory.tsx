// What of the model is in memory: part by part, moved and kept there by hand.
import { signal } from '@preact/signals';
import { useEffect, useState } from 'preact/hooks';
import { api, type Part, type Place } from '../api';
import { change_residency, set_option } from '../actions';
import { ago_text, size_text } from '../form/words';
import { jobs, residency, running, start } from '../store';
import { attempt, tell } from '../toasts';
import { Button, IconButton } from '../widgets/button';
import { Choice } from '../widgets/choice';

const busy = signal(''); // what moves now: "unload", "reload", or a part's name

async function unload_or_reload(action: 'unload' | 'reload') {
  busy.value = action;
  const answer = await change_residency(action);
  busy.value = '';
  if (answer) tell(action === 'unload' ? `${size_text(answer.freed)} returned` : `Reloaded in ${answer.seconds.toFixed(1)} s`);
}

async function move_part(part: Part, to: Place) {
  busy.value = part.name;
  const answer = await change_residency('move', { part: part.name, to });
  busy.value = '';
  if (answer) tell(to === 'file' ? `${part.name}: ${size_text(answer.freed)} returned` : to === 'memory' ? `${part.name} is in memory` : `${part.name} is on ${answer.accelerator}`);
}

const part_colours: Record<string, string> = { 'Text encoder': 'var(--series-2)', UNet: 'var(--text-2)', VAE: 'var(--series-3)', LoRA: 'var(--series-4)' };

function MemoryBar() {
  const now = residency.value;
  if (!now || now.memory.total <= 0) return null;
  const parts = now.parts.filter((part) => part.where === 'memory' && part.bytes > 0);
  const known = parts.reduce((sum, part) => sum + part.bytes, 0);
  const rest = Math.max(0, now.memory.process - known);
  const width = (bytes: number) => `${Math.max(0.4, (100 * bytes) / now.memory.total)}%`;
  const all = [...parts.map((part) => ({ name: part.name, bytes: part.bytes, colour: part_colours[part.name] ?? 'var(--series-1)' })), { name: 'the rest of the program', bytes: rest, colour: 'var(--series-7)' }];
  return (
    <div>
      <div class="memory-bar" role="meter" aria-label="Memory used by Darkroom" aria-valuemin={0} aria-valuemax={now.memory.total} aria-valuenow={now.memory.process} aria-valuetext={`${size_text(now.memory.process)} of ${size_text(now.memory.total)}`}>
        {all.map((part) => <i key={part.name} style={{ width: width(part.bytes), background: part.colour }} />)}
      </div>
      <p class="memory-names">{all.map((part) => <span key={part.name}><i style={{ background: part.colour }} />{part.name}</span>)}<span class="grow" /><span>{size_text(now.memory.free)} free</span></p>
    </div>
  );
}

const place_words: Record<Place, [label: string, at: string]> = { file: ['File', 'in file'], memory: ['Memory', 'in memory'], accelerator: ['Accelerator', 'on an accelerator'] };

/** Where a part can be; one that was converted when it was read has no file to go back to. */
function Places({ part }: { part: Part }) {
  const at = part.where === 'none' ? '' : part.where;
  const why = !part.movable ? 'Its weights were converted when they were read; Unload checkpoint frees them.' : undefined;
  return (
    <span class="segmented" role="radiogroup" aria-label={`Where the ${part.name} is`} title={why}>
      {(Object.keys(place_words) as Place[]).map((place) => {
        const is_absent = place === 'accelerator' && !residency.value?.accelerator;
        const is_fixed = place !== 'accelerator' && !part.movable;
        return (
          <button type="button" key={place} role="radio" aria-checked={at === place} disabled={is_absent || busy.value !== '' || (at !== place && is_fixed)} class={is_absent ? 'is-absent' : undefined} aria-label={`${part.name} ${place_words[place][1]}`} onClick={() => { if (at !== place) void move_part(part, place); }}>
            {busy.value === part.name && at !== place ? '...' : place_words[place][0]}</button>
        );
      })}
    </span>
  );
}

/** All parts work in every picture, so they were used together; a LoRA only where one is merged. */
function last_used(part: Part): string {
  const now = residency.value;
  if (!now || (part.name === 'LoRA' && part.bytes === 0)) return '';
  if (now.in_use_by) return 'now';
  return now.last_used ? ago_text(Date.now() / 1000 - now.last_used) : 'not yet';
}

function PartRow({ part }: { part: Part }) {
  const is_part = part.name !== 'LoRA';
  const here = part.memory_bytes + part.read_bytes;
  const size = part.where === 'file' && here < part.bytes ? `${size_text(here)} of ${size_text(part.bytes)}` : size_text(part.bytes);
  return (
    <tr>
      <th scope="row">{part.name}</th>
      <td>{is_part ? <Places part={part} /> : <span class="hint">{part.bytes > 0 ? 'Memory, merged' : 'none in use'}</span>}</td>
      <td class="is-number">{size}</td><td>{part.precision}</td><td data-head="Last used">{last_used(part)}</td>
      <td class="is-action">{is_part && <IconButton icon="pin" name={`Keep ${part.name} in memory`} pressed={part.pinned} on_click={() => void change_residency(part.pinned ? 'unpin' : 'pin', { part: part.name })} />}</td>
    </tr>
  );
}

const idle_choices = [['0', 'never'], ['1', '1 min'], ['10', '10 min'], ['60', '60 min']].map(([value, label]) => ({ value: value as string, label: label as string }));

function Idle() {
  const now = String(start.value.options.unload_idle_minutes ?? 10);
  const options = idle_choices.some(({ value }) => value === now) ? idle_choices : [...idle_choices, { value: now, label: `${now} min` }];
  return <p class="idle-row">Unload parts not used for <Choice name="Unload parts not used for" value={now} options={options} on_change={(value) => set_option('unload_idle_minutes', Number(value))} /><span class="hint grow">Pinned parts stay. A reload gives the identical picture.</span><span class="hint">{residency.value?.accelerator ? `Accelerator: ${residency.value.accelerator}` : 'No accelerator found on this machine'}</span></p>;
}

/** Renders again every few seconds, so that "50 s ago" stays true; a job that begins or ends is asked for. */
function use_clock() {
  const [, tick] = useState(0);
  useEffect(() => { const timer = setInterval(() => tick((count) => count + 1), 5000); return () => clearInterval(timer); }, []);
  useEffect(() => { void attempt(async () => { residency.value = await api.residency(); }); }, [running.value?.id]);
}

export function InMemory() {
  use_clock();
  const now = residency.value;
  const job = now?.in_use_by ? jobs.value[now.in_use_by] : undefined;
  const in_use = Boolean(now?.in_use_by);
  return (
    <section class="models-section" aria-label="In memory">
      <header><h2 class="title">In memory</h2><span class="hint grow">{now ? `${size_text(now.memory.process)} of ${size_text(now.memory.total)} used by Darkroom` : ''}</span>
        <IconButton icon="pin" name="Keep in memory" pressed={now?.pinned ?? false} on_click={() => void change_residency(now?.pinned ? 'unpin' : 'pin')} />
        <Button icon="download" disabled={busy.value !== '' || now?.state === 'unloaded'} on_click={() => void unload_or_reload('unload')}>{busy.value === 'unload' ? 'Unloading...' : 'Unload checkpoint'}</Button>
        <Button icon="refresh-cw" disabled={busy.value !== ''} on_click={() => void unload_or_reload('reload')}>{busy.value === 'reload' ? 'Loading...' : 'Reload'}</Button></header>
      <MemoryBar />
      {now && now.parts.length > 0 && (
        <table class="facts-table">
          <thead><tr><th scope="col">Part</th><th scope="col">Where it is</th><th scope="col" class="is-number">Size</th><th scope="col">Precision</th><th scope="col">Last used</th><th scope="col"><span class="spoken">Keep</span></th></tr></thead>
          <tbody>{now.parts.map((part) => <PartRow key={part.name} part={part} />)}</tbody>
        </table>
      )}
      <Idle />
      <p class="hint">{in_use ? `In use${job ? ` by #${job.number}` : ''}; it will move when the job is done.` : now?.state === 'unloaded' ? 'Nothing is loaded. The next picture loads it by itself.' : ''}</p>
    </section>
  );
}

