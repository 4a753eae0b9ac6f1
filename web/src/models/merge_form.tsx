// Several LoRA files become one, or part of a checkpoint; one becomes stronger, weaker or smaller. The result is a new file; nothing is ever written over.
import { useState } from 'preact/hooks';
import { api, type Job, type NewMerge } from '../api';
import { rescan, submit } from '../actions';
import { count_text, size_text } from '../form/words';
import { progress_words } from '../generate/progress_line';
import { remembered } from '../remember';
import { jobs, start } from '../store';
import { Button, IconButton } from '../widgets/button';
import { Choice, Segmented, Switch } from '../widgets/choice';
import { Icon } from '../widgets/icon';
import { signal, type Signal } from '@preact/signals';
import { useEffect } from 'preact/hooks';

interface Row { name: string; weight: string }

const rows = remembered<Row[]>('merge-rows', [{ name: '', weight: '1' }, { name: '', weight: '1' }], 'tab');
type Into = 'lora' | 'checkpoint' | 'scale' | 'resize';
const into = remembered<Into>('merge-into', 'lora', 'tab');
const model = remembered('merge-model', '', 'tab');
const name = remembered('merge-name', '', 'tab');
const rank = remembered('merge-rank', '', 'tab');
const alpha = remembered('merge-alpha', '', 'tab');
const keep = remembered('merge-keep', '', 'tab');
const is_fp32 = remembered('merge-fp32', false, 'tab');
const last = signal<string | null>(null);

interface MergeReport { kind: string; file: string; bytes: number; layers?: number; least_rank?: number; most_rank?: number; kept?: number }

function Result({ job }: { job: Job }) {
  const [report, set_report] = useState<MergeReport | null>(null);
  useEffect(() => {
    if (job.state !== 'finished') return;
    void api.job_file<MergeReport>(job.id, 'merge.json').then(set_report, () => {});
    void rescan();
  }, [job.state]);
  if (job.state === 'failed') return <p class="note is-attention" role="status"><Icon name="octagon-alert" />{job.error}</p>;
  if (job.state === 'cancelled') return <p class="hint" role="status">Stopped.</p>;
  if (!report) return <p class="hint" role="status">{job.state === 'waiting' ? 'Waits for its turn.' : progress_words(job)}</p>;
  const ranks = report.most_rank === undefined ? '' : `, ${count_text(report.layers ?? 0, 'layer')} of rank ${report.least_rank === report.most_rank ? '' : `${report.least_rank} to `}${report.most_rank}, ${(100 * (report.kept ?? 1)).toFixed(1)} % of the change kept`;
  return <p class="note" role="status"><Icon name="circle-check" /> {report.file}, {size_text(report.bytes)}{ranks}</p>;
}

const is_of_one = () => into.value === 'scale' || into.value === 'resize';
const shown_rows = () => (is_of_one() ? rows.value.slice(0, 1) : rows.value);
const chosen_rows = () => shown_rows().filter((row) => row.name !== '');
const is_number = (text: string) => text.trim() !== '' && Number.isFinite(Number(text));

function asked(): NewMerge {
  const limit = { rank: Number(rank.value) || 0, ...(keep.value === '' ? {} : { keep: Number(keep.value) / 100 }) };
  const of = { checkpoint: { model: model.value || start.value.model, fp32: is_fp32.value }, lora: { rank: limit.rank }, scale: { how: 'scale' as const, alpha: Number(alpha.value) || 0 }, resize: { how: 'resize' as const, ...limit } };
  const loras = chosen_rows().map((row) => ({ name: row.name, weight: into.value === 'resize' ? 1 : Number(row.weight) }));
  return { kind: 'merge', name: name.value.trim(), loras, ...of[into.value] };
}

/** Why it cannot be started as it stands. */
function what_is_missing(): string | null {
  const chosen = chosen_rows();
  if (chosen.length === 0) return 'Choose a file.';
  if (into.value !== 'resize' && chosen.some((row) => !is_number(row.weight))) return 'A weight must be a number.';
  if (into.value === 'scale' && alpha.value === '' && Number(chosen[0]?.weight) === 1) return 'Give a weight other than 1, or an alpha.';
  if (into.value === 'scale' && alpha.value !== '' && !(Number(alpha.value) > 0)) return 'Alpha must be a number above 0.';
  if (into.value === 'resize' && rank.value === '' && keep.value === '') return 'Give a rank, or how much shall be kept.';
  if (into.value === 'resize' && keep.value !== '' && !(Number(keep.value) > 0 && Number(keep.value) < 100)) return 'What is kept must be a percentage between 0 and 100.';
  return name.value.trim() === '' ? 'The new file needs a name.' : null;
}

const verbs: Record<Into, string> = { lora: 'Merge', checkpoint: 'Merge', scale: 'Rescale', resize: 'Resize' };
const about: Record<Into, string> = {
  lora: '', checkpoint: '',
  scale: 'The same matrices with another strength, exact: what the file did at this weight it does at 1.',
  resize: 'The nearest LoRA of a smaller rank. The result says how much of the change is kept.',
};

function Text({ label, value, placeholder }: { label: string; value: Signal<string>; placeholder: string }) {
  return <label class="row"><span class="row-label">{label}</span><input type="text" class="text-field" inputMode={label === 'Name' ? 'text' : 'decimal'} placeholder={placeholder} value={value.value} onInput={(event) => { value.value = event.currentTarget.value; }} /></label>;
}

export function MergeForm() {
  const set = (at: number, change: Partial<Row>) => { rows.value = rows.value.map((row, i) => (i === at ? { ...row, ...change } : row)); };
  const files = start.value.loras.map((lora) => ({ value: lora.name, label: lora.name }));
  const reason = what_is_missing();
  const job = last.value === null ? undefined : jobs.value[last.value];
  return (
    <section class="models-section" aria-label="Merge">
      <header><h2 class="title grow">Merge</h2>
        <Segmented name="Merge into" value={into.value} options={[{ value: 'lora', label: 'One LoRA' }, { value: 'checkpoint', label: 'A checkpoint' }, { value: 'scale', label: 'Rescale' }, { value: 'resize', label: 'Resize' }]} on_change={(value) => { into.value = value as Into; }} /></header>
      <div class="merge-form">
        {about[into.value] !== '' && <p class="hint">{about[into.value]}</p>}
        {shown_rows().map((row, i) => (
          <div key={i} class="merge-row">
            <Choice name={`File ${i + 1}`} value={row.name} options={files} on_change={(next) => set(i, { name: next })} face={<span>{row.name || 'Choose a file'}</span>} />
            {into.value !== 'resize' && <input type="text" class="text-field" inputMode="decimal" aria-label={`Weight of file ${i + 1}`} value={row.weight} onInput={(event) => set(i, { weight: event.currentTarget.value })} />}
            {!is_of_one() && <IconButton icon="x" name={`Remove file ${i + 1}`} disabled={rows.value.length < 2} on_click={() => { rows.value = rows.value.filter((_, k) => k !== i); }} />}
          </div>
        ))}
        {!is_of_one() && <p class="button-row"><Button icon="plus" on_click={() => { rows.value = [...rows.value, { name: '', weight: '1' }]; }}>Add a file</Button></p>}
        {into.value === 'checkpoint' && (
          <>
            <div class="row"><span class="row-label">Checkpoint</span><Choice name="Checkpoint to merge into" value={model.value || start.value.model} options={start.value.models.filter((one) => one.error === null).map((one) => ({ value: one.title, label: one.name }))} on_change={(title) => { model.value = title; }} /></div>
            <div class="row"><span class="row-label">Write fp32</span><span class="row-control"><Switch name="Write fp32" is_on={is_fp32.value} on_change={(is_on) => { is_fp32.value = is_on; }} /><span class="hint">off: fp16, half the size</span></span></div>
          </>
        )}
        {into.value === 'scale' && <Text label="Alpha" value={alpha} placeholder="follows the weight" />}
        {(into.value === 'lora' || into.value === 'resize') && <Text label="Rank" value={rank} placeholder={into.value === 'lora' ? 'all: exact' : 'at most'} />}
        {into.value === 'resize' && <Text label="Keep, %" value={keep} placeholder="of each layer's change" />}
        <Text label="Name" value={name} placeholder="of the new file, without ending" />
        <p class="button-row"><Button disabled={reason !== null} {...(reason === null ? {} : { title: reason })} on_click={() => { last.value = submit(asked()); }}>{verbs[into.value]}</Button>{reason && <span class="hint">{reason}</span>}</p>
        {job && <Result key={job.id} job={job} />}
      </div>
    </section>
  );
}
