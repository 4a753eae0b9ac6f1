// The reports on a model and on LoRA files.
import { useState } from 'preact/hooks';
import { api, type Job } from '../api';
import { Bars } from '../charts/bars';
import { LineChart, type Line } from '../charts/line_chart';
import { set_value } from '../form/form';
import { number_text, size_text } from '../form/words';
import { generate_path, go } from '../places';
import { tell } from '../toasts';
import { Button } from '../widgets/button';
import { Segmented } from '../widgets/choice';
import { Panel, Verdict, Wanting } from './panel';
import { file_of } from './reports';

const percent = (part: number) => `${(100 * part).toFixed(1)} %`;
const decibels = (psnr: number | null) => (psnr === null ? 'equal' : `${psnr.toFixed(1)} dB`);
const use = (name: string, value: string | number, words: string) => { set_value(name, value); tell(words); go(generate_path()); };

function Sheet({ job, name, alt }: { job: Job; name: string; alt: string }) {
  return <div class="report-sheet" tabIndex={0} role="group" aria-label={alt}><img src={api.job_file_address(job.id, name)} alt={alt} loading="lazy" /></div>;
}

interface GuidanceCall { sigma: number; conditional: number; unconditional: number; guided: number; difference: number; largest: number }
interface GuidanceRun { cfg_scale: number; saturation: number; clipped: number; psnr_without_negative: number | null; calls: GuidanceCall[] }
interface Guidance { prompt: string; negative_prompt: string; model: string; runs: GuidanceRun[] }

const mean = (run: GuidanceRun, of: keyof GuidanceCall) => run.calls.reduce((sum, call) => sum + call[of], 0) / Math.max(1, run.calls.length);

export function GuidanceReport({ job }: { job: Job }) {
  const found = file_of<Guidance>(job, 'guidance.json');
  const lines = (runs: GuidanceRun[], of: keyof GuidanceCall): Line[] => runs.map((run, i) => ({ name: `CFG ${run.cfg_scale}`, style: i, points: run.calls.map((call, k) => [k + 1, call[of]]) }));
  return (
    <Wanting found={found}>{({ runs, prompt, negative_prompt }) => (
      <div class="report-panels">
        <Panel class="is-wide" title="One picture at several CFG scales" note={`${prompt}${negative_prompt ? `; below, without the negative prompt ${negative_prompt}` : ''}`}>
          <Sheet job={job} name="pictures.png" alt={`Pictures at CFG ${runs.map((run) => run.cfg_scale).join(', ')}`} />
        </Panel>
        <Panel title="In numbers" note="The step follows u + w (c - u); papers write c + s (c - u) with s = w - 1. Sizes are of the predicted noise, whose true size is 1.">
          <div class="chart-table" tabIndex={0} role="group" aria-label="Numbers by CFG scale">
            <table class="facts-table">
              <thead><tr><th scope="col">w</th><th scope="col">s</th><th scope="col" class="is-number">c - u</th><th scope="col" class="is-number">guided</th><th scope="col" class="is-number">saturation</th><th scope="col" class="is-number">clipped</th><th scope="col"><span class="spoken">Action</span></th></tr></thead>
              <tbody>{runs.map((run) => <tr key={run.cfg_scale}><th scope="row">{run.cfg_scale}</th><td>{Number((run.cfg_scale - 1).toFixed(3))}</td><td class="is-number">{mean(run, 'difference').toFixed(3)}</td><td class="is-number">{mean(run, 'guided').toFixed(3)}</td><td class="is-number">{percent(run.saturation)}</td><td class="is-number">{percent(run.clipped)}</td><td class="is-action"><Button name={`Use CFG ${run.cfg_scale}`} on_click={() => use('cfg_scale', run.cfg_scale, `CFG scale ${run.cfg_scale}`)}>Use</Button></td></tr>)}</tbody>
            </table>
          </div>
        </Panel>
        <Panel><LineChart title="Size of the guided prediction" x="linear" y="linear" x_label="call of the model" y_label="root mean square" lines={lines(runs, 'guided')} caption="Much larger than 1 drives colours to the ends of their range." /></Panel>
        <Panel><LineChart title="What the prompt says" x="linear" y="log" x_label="call of the model" y_label="size of c - u" lines={lines(runs, 'difference')} caption="The size of cond - uncond, step by step." /></Panel>
      </div>
    )}</Wanting>
  );
}

interface Layer { part: string; layer: string; operation: string; largest: number; overflows: number; underflows: number; rounding: number; error: number }
interface PrecisionRun { format: string; failure: string | null; psnr: number | null; largest_difference: number; weight_bytes: number; seconds: number | null; keep_in_fp32: string; layers: Layer[] }
interface Precision { prompt: string; model: string; steps: number; runs: PrecisionRun[]; parts: { part: string; format: string; psnr: number | null }[] }

const most_layers = 12;

function Layers({ runs }: { runs: PrecisionRun[] }) {
  const less = runs.filter((run) => run.format !== 'fp32');
  const [format, set_format] = useState(less[0]?.format ?? '');
  const [by, set_by] = useState<'error' | 'largest'>('error');
  const run = less.find((other) => other.format === format);
  const rows = [...(run?.layers ?? [])].sort((a, b) => b[by] - a[by]).slice(0, most_layers);
  return (
    <Panel class="is-wide" title="Layer by layer" note={`the ${most_layers} furthest of ${number_text(run?.layers.length ?? 0)} operations`}>
      <p class="button-row"><Segmented name="Format" value={format} options={less.map((one) => ({ value: one.format, label: one.format }))} on_change={set_format} />
        <Segmented name="Order of the layers" value={by} options={[{ value: 'error', label: 'Furthest from fp32' }, { value: 'largest', label: 'Largest values' }]} on_change={(value) => set_by(value as 'error' | 'largest')} /></p>
      <div class="chart-table" tabIndex={0} role="group" aria-label="Layers">
        <table class="facts-table">
          <thead><tr><th scope="col">Layer</th><th scope="col">Part</th><th scope="col" class="is-number">Largest</th><th scope="col" class="is-number">Error</th><th scope="col" class="is-number">Overflows</th><th scope="col" class="is-number">Became 0</th></tr></thead>
          <tbody>{rows.map((layer, i) => <tr key={i}><th scope="row">{layer.layer}</th><td>{layer.part}</td><td class="is-number">{Number(layer.largest.toPrecision(3))}</td><td class="is-number">{layer.error.toExponential(1)}</td><td class="is-number">{layer.overflows}</td><td class="is-number">{layer.underflows}</td></tr>)}</tbody>
        </table>
      </div>
    </Panel>
  );
}

export function PrecisionReport({ job }: { job: Job }) {
  const found = file_of<Precision>(job, 'precision.json');
  return (
    <Wanting found={found}>{({ runs, parts, prompt, steps }) => {
      const [part_names, formats] = [[...new Set(parts.map((part) => part.part))], [...new Set(parts.map((part) => part.format))]];
      const needs_vae = runs.some((run) => run.keep_in_fp32 === 'VAE decoder');
      const lines = (of: 'error' | 'largest', with_fp32: boolean): Line[] => runs.filter((run) => with_fp32 || run.format !== 'fp32').map((run, i) => ({ name: run.format, style: i + (with_fp32 ? 0 : 1), points: run.layers.map((layer, k) => [k + 1, layer[of]]) }));
      return (
        <div class="report-panels">
          <Panel class="is-wide" title="The picture in three formats" note={`${prompt}, ${steps} steps; below, differences to fp32, enlarged`}><Sheet job={job} name="pictures.png" alt="The picture in fp32, bf16 and fp16, and the differences" /></Panel>
          <Panel title="In numbers">
            <div class="chart-table" tabIndex={0} role="group" aria-label="Numbers by format">
              <table class="facts-table">
                <thead><tr><th scope="col">Format</th><th scope="col" class="is-number">Against fp32</th><th scope="col" class="is-number">Weights</th><th scope="col" class="is-number">Time</th><th scope="col">Keep in fp32</th></tr></thead>
                <tbody>{runs.map((run) => <tr key={run.format}><th scope="row">{run.format}</th><td class="is-number">{run.failure ? 'no picture' : decibels(run.psnr)}</td><td class="is-number">{size_text(run.weight_bytes)}</td><td class="is-number">{run.seconds === null ? 'emulated' : `${run.seconds.toFixed(2)} s`}</td><td>{run.keep_in_fp32 || 'nothing'}</td></tr>)}</tbody>
              </table>
              <table class="facts-table"><thead><tr><th scope="col">One part alone in it</th>{formats.map((format) => <th key={format} scope="col" class="is-number">{format}</th>)}</tr></thead>
                <tbody>{part_names.map((name) => <tr key={name}><th scope="row">{name}</th>{formats.map((format) => <td key={format} class="is-number">{decibels(parts.find((part) => part.part === name && part.format === format)?.psnr ?? null)}</td>)}</tr>)}</tbody></table>
            </div>
            {needs_vae && <p class="button-row"><Button icon="send" on_click={() => use('vae_precision', 'fp32', 'VAE in fp32')}>Keep the VAE decoder in fp32</Button></p>}
          </Panel>
          <Panel><LineChart title="Errors on the way" x="linear" x_label="operation, in the order they act" y_label="relative error" lines={lines('error', false)} caption="How far each operation is from the same in fp32: what all before it have added up." /></Panel>
          <Panel><LineChart title="Sizes on the way" x="linear" x_label="operation, in the order they act" y_label="magnitude" lines={lines('largest', true)} level={{ at: 65504, text: 'fp16 ends' }} caption="The largest value of each operation; above 65,504 a value becomes infinite in fp16." /></Panel>
          <Layers runs={runs} />
        </div>
      );
    }}</Wanting>
  );
}

interface Claim { said: string; verdict: string; numbers: string }
interface ConvergenceProfile { profile: string; between_seeds: number; samplers: { name: string; step_doubling: number[]; calls: number[]; to_flow_limit: number[] }[] }
interface Convergence { model: string; hash: string; steps: number[]; claims: Claim[]; profiles: ConvergenceProfile[] }

export function ConvergenceReport({ job }: { job: Job }) {
  const found = file_of<Convergence>(job, 'report.json');
  const [profile, set_profile] = useState('darkroom');
  return (
    <Wanting found={found}>{({ steps, claims, profiles, model }) => {
      const here = profiles.find((one) => one.profile === profile) ?? profiles[0];
      const lines: Line[] = (here?.samplers ?? []).filter((row) => row.step_doubling.some((change) => change > 0)).slice(0, 10)
        .map((row, i) => ({ name: row.name, style: i % 8, points: row.step_doubling.map((change, k) => [steps[k] as number, change / (here?.between_seeds || 1)]) }));
      return (
        <div class="report-panels">
          <Panel>
            <Segmented name="Profile" value={here?.profile ?? ''} options={profiles.map((one) => ({ value: one.profile, label: one.profile === 'darkroom' ? 'Darkroom' : 'A1111 of 2022' }))} on_change={set_profile} />
            <LineChart title="What doubling the steps changes" note={model} x_label="steps" y_label="share of what another seed changes" lines={lines} caption="As a share of what another seed would change: a line that falls settles." names={150} height={330} />
          </Panel>
          <Panel title="What people say" note="Each with the numbers that decided it.">
            <div class="chart-table" tabIndex={0} role="group" aria-label="Claims and verdicts">
              <table class="facts-table claims"><thead><tr><th scope="col">What people say</th><th scope="col">Measured</th><th scope="col">Numbers</th></tr></thead>
                <tbody>{claims.map((claim) => <tr key={claim.said}><th scope="row">{claim.said}</th><td><Verdict said={claim.verdict} /></td><td>{claim.numbers}</td></tr>)}</tbody></table>
            </div>
          </Panel>
          {here && <Panel class="is-wide" title="Contact sheet" note={`across: ${steps.join(', ')} steps; down: ${here.samplers.map((row) => row.name).join(', ')}`}><Sheet job={job} name={`contact_sheet_${here.profile}.png`} alt={`Samplers by steps, profile ${here.profile}`} /></Panel>}
        </div>
      );
    }}</Wanting>
  );
}

interface Count { value: string | number; layers: number }
interface LoraFacts { kinds: Count[]; ranks: Count[]; alphas: Count[]; scales: Count[]; made_for: string; change: number; blocks: { name: string; layers: number; change: number; relative: number }[]; unmatched: string[]; unused: string[]; notes: string[] }
interface Comparison { first: number; second: number; difference: number; relative: number; cosine: number; shared_layers: number; only_first: number; only_second: number; verdict: string; layers: { name: string; first: number; second: number; difference: number }[] }

const counts = (some: Count[]) => some.map(({ value, layers }) => `${value} (${layers} layers)`).join(', ') || 'none';

function LoraPanel({ job, at, name, weight }: { job: Job; at: number; name: string; weight: number }) {
  const found = file_of<LoraFacts>(job, `lora_${at}.json`);
  return (
    <Panel title={name} note={`at weight ${weight}`}>
      <Wanting found={found}>{(facts) => (
        <>
          <table class="facts-table"><tbody>
            {[['Kind', counts(facts.kinds)], ['Rank', counts(facts.ranks)], ['Alpha', counts(facts.alphas)], ['Scale at weight 1', counts(facts.scales)], ['Made for', facts.made_for || 'not told'], ['Change', facts.change.toPrecision(4)]].map(([label, value]) => <tr key={label}><th scope="row">{label}</th><td>{value}</td></tr>)}
          </tbody></table>
          <Bars name={`Change per block of ${name}`} rows={facts.blocks.map((block) => ({ name: block.name, value: block.change, ...(block.relative > 0 ? { note: percent(block.relative) } : {}) }))} text={(value) => value.toPrecision(3)} />
          {facts.unmatched.length > 0 && <p class="note is-attention">{facts.unmatched.length} parts do not fit the model</p>}
          {facts.notes.map((note) => <p key={note} class="hint">{note}</p>)}
        </>
      )}</Wanting>
    </Panel>
  );
}

export function LoraReport({ job }: { job: Job }) {
  const loras = (job.raw.loras as { path: string; weight: number }[] | undefined) ?? [];
  const comparison = loras.length > 1 ? file_of<Comparison>(job, 'comparison.json') : null;
  const name_of = (path: string) => (path.split('/').pop() ?? path).replace(/\.\w+$/, '');
  return (
    <div class="report-panels">
      {loras.map((lora, i) => <LoraPanel key={i} job={job} at={i + 1} name={name_of(lora.path)} weight={lora.weight} />)}
      {loras.length > 1 && (
        <Panel class="is-wide" title="A and B">
          <Wanting found={comparison}>{(found) => (
            <>
              <p><b>{found.verdict}</b></p>
              <p class="hint">Cosine {found.cosine.toFixed(6)}, relative difference {found.relative.toPrecision(3)}; {found.shared_layers} layers in both, {found.only_first} only in A, {found.only_second} only in B.</p>
              <Bars name="Layers that differ most" rows={found.layers.slice(0, 12).map((layer) => ({ name: layer.name, value: layer.difference }))} text={(value) => value.toPrecision(3)} />
            </>
          )}</Wanting>
        </Panel>
      )}
    </div>
  );
}
