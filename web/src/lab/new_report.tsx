// What a report needs, and what it costs, before it is started. The picture it measures is that of the form in Generate.
import { useEffect, useState } from 'preact/hooks';
import { api, type LabCost, type NewReport, type ReportKind } from '../api';
import { submit } from '../actions';
import { settings_of_form } from '../form/request';
import { number_of, text_of } from '../form/form';
import { count_text, number_text } from '../form/words';
import { address, go } from '../places';
import { remembered } from '../remember';
import { start } from '../store';
import { Choice } from '../widgets/choice';

const about: Record<ReportKind, string> = {
  samplers: 'Error against model calls, noise gain and contrast of every sampler, against exact solutions. No model is needed; it takes a few seconds.',
  convergence: 'Every sampler on the chosen model at more and more steps: which settle, which end alike, how many steps they need. Long; it goes on where it was stopped.',
  precision: 'One picture in fp32, bf16 and fp16: the largest value of each layer, how far it strays, which part should stay in fp32.',
  guidance: 'One picture at several CFG scales: how large the answers with and without the prompt are, and what guidance makes of them.',
  lora: 'Kind, rank, alpha and scale of a LoRA file, what it changes and where; two files are compared.',
};

const scales = remembered('lab-scales', '1, 3, 7, 11, 20', 'browser');
const doublings = remembered('lab-steps', '5, 10, 20, 40', 'browser');
const loras = remembered<{ name: string; weight: string }[]>('lab-loras', [{ name: '', weight: '1' }, { name: '', weight: '1' }], 'browser');
const prompt = remembered<string | null>('lab-prompt', null, 'tab'); // null: that of the form
const numbers_in = (text: string) => text.split(/[,\s]+/).filter((part) => part !== '').map(Number);

export function report_of_form(kind: ReportKind): NewReport {
  const { n_iter: _n, batch_size: _b, init_image: _i, mask: _m, ...form } = settings_of_form();
  const request = { ...form, prompt: prompt.value ?? String(form.prompt ?? '') };
  if (kind === 'samplers') return { kind: 'lab', report: kind };
  if (kind === 'lora') return { kind: 'lab', report: kind, loras: loras.value.filter(({ name }) => name !== '').map(({ name, weight }) => ({ name, weight: Number(weight) })) };
  if (kind === 'guidance') return { kind: 'lab', report: kind, request, cfg_scales: numbers_in(scales.value) };
  return kind === 'convergence' ? { kind: 'lab', report: kind, request, steps: numbers_in(doublings.value) } : { kind: 'lab', report: kind, request };
}

function Text({ label, value, set }: { label: string; value: string; set: (value: string) => void }) {
  return <label class="row"><span class="row-label">{label}</span><input type="text" class="text-field" value={value} onInput={(event) => set(event.currentTarget.value)} /></label>;
}

function LoraChoice({ at }: { at: 0 | 1 }) {
  const chosen = loras.value[at] ?? { name: '', weight: '1' };
  const set = (change: Partial<typeof chosen>) => { loras.value = loras.value.map((one, i) => (i === at ? { ...one, ...change } : one)); };
  const letter = at === 0 ? 'A' : 'B';
  const options = [...(at === 1 ? [{ value: '', label: 'None' }] : []), ...start.value.loras.map((lora) => ({ value: lora.name, label: lora.name }))];
  return (
    <div class="row"><span class="row-label">{letter}</span><span class="row-control"><Choice name={`LoRA ${letter}`} value={chosen.name} options={options} on_change={(name) => set({ name })} face={<span>{chosen.name || (at === 0 ? 'Choose a file' : 'None')}</span>} />
      <input type="text" class="text-field lora-weight" inputMode="decimal" aria-label={`Weight of LoRA ${letter}`} value={chosen.weight} onInput={(event) => set({ weight: event.currentTarget.value })} /></span></div>
  );
}

export function NewReportForm({ kind }: { kind: ReportKind }) {
  const [cost, set_cost] = useState<LabCost | null>(null);
  const [error, set_error] = useState<string | null>(null);
  useEffect(() => { if (address.value.searchParams.get('prompt') === 'form') prompt.value = null; }, [address.value]);
  const report = report_of_form(kind);
  const key = JSON.stringify(report);
  useEffect(() => {
    let is_old = false;
    const timer = window.setTimeout(() => api.plan_report(report).then(
      (found) => { if (!is_old) { set_cost(found); set_error(null); } },
      (problem: unknown) => { if (!is_old) { set_cost(null); set_error(problem instanceof Error ? problem.message : String(problem)); } }), 250);
    return () => { is_old = true; clearTimeout(timer); };
  }, [key]);
  const needs_picture = kind === 'precision' || kind === 'guidance' || kind === 'convergence';
  const run = () => go(`/lab/${encodeURIComponent(submit(report))}`);
  return (
    <section class="new-report" aria-label="New report">
      <p class="report-about">{about[kind]}</p>
      {needs_picture && (
        <>
          <label class="row"><span class="row-label">Prompt</span><textarea class="text-field" rows={2} value={prompt.value ?? text_of('prompt')} onInput={(event) => { prompt.value = event.currentTarget.value; }} /></label>
          <p class="row"><span class="row-label">Picture</span><span class="hint">{start.value.model}, {text_of('sampler_name')}, {number_of('steps')} steps, {number_of('width')} × {number_of('height')}: as the form in Generate</span></p>
        </>
      )}
      {kind === 'guidance' && <Text label="CFG scales" value={scales.value} set={(value) => { scales.value = value; }} />}
      {kind === 'convergence' && <Text label="Steps" value={doublings.value} set={(value) => { doublings.value = value; }} />}
      {kind === 'lora' && <><LoraChoice at={0} /><LoraChoice at={1} /></>}
      {error !== null && <p class="note is-attention" role="status">{error}</p>}
      <p class="report-start"><button type="button" class="main-button" disabled={error !== null || cost === null} onClick={run}><b>Run the report</b></button>
        <span class="hint">{cost === null ? '' : cost.calls === 0 ? 'no model calls' : `${cost.pictures > 1 ? `${count_text(cost.pictures, 'picture')}, ` : ''}${number_text(cost.calls)} model calls`}</span></p>
    </section>
  );
}
