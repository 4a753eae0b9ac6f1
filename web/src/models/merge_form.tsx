// Several LoRA files become one, or part of a checkpoint. The result is a new file; nothing is ever written over.
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
import { signal } from '@preact/signals';
import { useEffect } from 'preact/hooks';

interface Row { name: string; weight: string }

const rows = remembered<Row[]>('merge-rows', [{ name: '', weight: '1' }, { name: '', weight: '1' }], 'tab');
const into = remembered<'lora' | 'checkpoint'>('merge-into', 'lora', 'tab');
const model = remembered('merge-model', '', 'tab');
const name = remembered('merge-name', '', 'tab');
const rank = remembered('merge-rank', '', 'tab');
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

function asked(): NewMerge {
  return {
    kind: 'merge', name: name.value.trim(), loras: rows.value.filter((row) => row.name !== '').map((row) => ({ name: row.name, weight: Number(row.weight) })),
    ...(into.value === 'checkpoint' ? { model: model.value || start.value.model, fp32: is_fp32.value } : { rank: Number(rank.value) || 0 }),
  };
}

export function MergeForm() {
  const set = (at: number, change: Partial<Row>) => { rows.value = rows.value.map((row, i) => (i === at ? { ...row, ...change } : row)); };
  const files = start.value.loras.map((lora) => ({ value: lora.name, label: lora.name }));
  const chosen = rows.value.filter((row) => row.name !== '');
  const reason = chosen.length === 0 ? 'Choose a file.' : name.value.trim() === '' ? 'The new file needs a name.' : chosen.some((row) => !Number.isFinite(Number(row.weight)) || row.weight.trim() === '') ? 'A weight must be a number.' : null;
  const job = last.value === null ? undefined : jobs.value[last.value];
  return (
    <section class="models-section" aria-label="Merge">
      <header><h2 class="title grow">Merge</h2>
        <Segmented name="Merge into" value={into.value} options={[{ value: 'lora', label: 'One LoRA' }, { value: 'checkpoint', label: 'A checkpoint' }]} on_change={(value) => { into.value = value as 'lora' | 'checkpoint'; }} /></header>
      <div class="merge-form">
        {rows.value.map((row, i) => (
          <div key={i} class="merge-row">
            <Choice name={`File ${i + 1}`} value={row.name} options={files} on_change={(next) => set(i, { name: next })} face={<span>{row.name || 'Choose a file'}</span>} />
            <input type="text" class="text-field" inputMode="decimal" aria-label={`Weight of file ${i + 1}`} value={row.weight} onInput={(event) => set(i, { weight: event.currentTarget.value })} />
            <IconButton icon="x" name={`Remove file ${i + 1}`} disabled={rows.value.length < 2} on_click={() => { rows.value = rows.value.filter((_, k) => k !== i); }} />
          </div>
        ))}
        <p class="button-row"><Button icon="plus" on_click={() => { rows.value = [...rows.value, { name: '', weight: '1' }]; }}>Add a file</Button></p>
        {into.value === 'checkpoint' && (
          <>
            <div class="row"><span class="row-label">Checkpoint</span><Choice name="Checkpoint to merge into" value={model.value || start.value.model} options={start.value.models.filter((one) => one.error === null).map((one) => ({ value: one.title, label: one.name }))} on_change={(title) => { model.value = title; }} /></div>
            <div class="row"><span class="row-label">Write fp32</span><span class="row-control"><Switch name="Write fp32" is_on={is_fp32.value} on_change={(is_on) => { is_fp32.value = is_on; }} /><span class="hint">off: fp16, half the size</span></span></div>
          </>
        )}
        {into.value === 'lora' && <label class="row"><span class="row-label">Rank</span><input type="text" class="text-field" inputMode="numeric" placeholder="all: exact" value={rank.value} onInput={(event) => { rank.value = event.currentTarget.value; }} /></label>}
        <label class="row"><span class="row-label">Name</span><input type="text" class="text-field" placeholder="of the new file, without ending" value={name.value} onInput={(event) => { name.value = event.currentTarget.value; }} /></label>
        <p class="button-row"><Button disabled={reason !== null} {...(reason === null ? {} : { title: reason })} on_click={() => { last.value = submit(asked()); }}>Merge</Button>{reason && <span class="hint">{reason}</span>}</p>
        {job && <Result key={job.id} job={job} />}
      </div>
    </section>
  );
}
