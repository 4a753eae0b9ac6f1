// What the run will do before it starts: the answer of `darkroom train --dry-run`, as a page.
import type { ComponentChildren } from 'preact';
import { count_text, number_text, size_text, time_text } from '../form/words';
import { residency } from '../store';
import { Button } from '../widgets/button';
import { Icon } from '../widgets/icon';
import { value_text } from './curves';
import { draft, explained, make_plan, plan, plan_state } from './runs_state';
import { MiniLine } from './small_charts';

function Fact({ name, children }: { name: string; children: ComponentChildren }) {
  return <div class="plan-fact"><dt>{name}</dt><dd>{children}</dd></div>;
}

/** "4.7 M", "12,300". */
const short_count = (count: number) => (count >= 1e6 ? `${(count / 1e6).toFixed(1)} M` : number_text(count));
/** A sentence of the program as one of the page. */
const in_words = (text: string) => `${text.charAt(0).toUpperCase()}${text.slice(1)}.`;
const percent = (part: number) => `${(100 * part).toFixed(1)} %`;
const part_names: Record<string, string> = { unet: 'UNet', textencoder: 'Text encoder', 'textencoder 1': 'Text encoder 1', 'textencoder 2': 'Text encoder 2' };

/** What is held all the time, and about what a step takes besides; measured, once two steps were timed. */
function Memory() {
  const now = plan.value;
  if (!now) return null;
  const parts = [
    { name: 'model', bytes: now.model_bytes, colour: 'var(--text-2)' }, { name: 'LoRA', bytes: now.lora_bytes, colour: 'var(--series-2)' },
    { name: 'gradients, optimiser', bytes: now.state_bytes, colour: 'var(--series-3)' }, { name: 'a step', bytes: now.step_bytes, colour: 'var(--series-5)' },
  ].filter(({ bytes }) => bytes > 0);
  const reckoned = parts.reduce((sum, part) => sum + part.bytes, 0);
  const need = now.probe?.peak_bytes ?? reckoned;
  const machine = now.machine_bytes || residency.value?.memory.total || 0;
  const said = `${now.probe ? '' : 'about '}${size_text(need)}`;
  const of_machine = machine > 0 ? ` of ${size_text(machine)}` : '';
  const whole = Math.max(reckoned, machine);
  return (
    <Fact name="Memory">
      <b>{said}</b>{now.probe && ' at most, measured'}{of_machine}
      <span class="memory-bar" role="img" aria-label={`${said}${of_machine}`}>{parts.map((part) => <i key={part.name} style={{ width: `${Math.max(0.4, (100 * part.bytes) / whole)}%`, background: part.colour }} />)}</span>
      <small>{parts.map((part) => <span key={part.name} class="memory-part"><i style={{ background: part.colour }} />{part.name} {part.name === 'a step' && 'about '}{size_text(part.bytes)}</span>)}</small>
    </Fact>
  );
}

export function PlanPanel({ is_whole = false }: { is_whole?: boolean }) {
  const now = plan.value;
  const { is_busy, problem } = plan_state.value;
  const said = explained.value?.problem;
  const pictures = now?.folders.reduce((sum, folder) => sum + folder.pictures, 0) ?? 0;
  const captioned = now?.folders.reduce((sum, folder) => sum + folder.with_caption_file, 0) ?? 0;
  const left = now?.probe ? now.probe.seconds_per_step * (now.steps - now.steps_done) : null;
  return (
    <section class={`plan ${is_whole ? 'is-whole' : ''}`} aria-label="Plan of the run">
      <header><h2>Plan</h2><span class="hint">{is_busy ? 'counting' : said ? 'waits for the one thing to settle' : 'follows every change'}</span></header>
      {draft.value?.dataset === '' ? <p class="note">Choose a dataset first. <a class="link" href="dataset">Dataset</a></p> : problem && !said && <p class="note is-attention"><Icon name="triangle-alert" />{problem}</p>}
      {now && (
        <dl class={is_busy ? 'is-old' : ''}>
          <Fact name="Pictures">{count_text(pictures, 'picture')}{now.validation_pictures > 0 && `, ${now.validation_pictures} more held back`}
            {now.folders.map((folder) => <small key={folder.name}>{folder.name}: {folder.pictures} × {folder.repeats} = {number_text(folder.pictures * folder.repeats)} per epoch{folder.regularisation ? ', regularisation' : ''}</small>)}</Fact>
          <Fact name="Buckets">{now.buckets.map((bucket) => `${bucket.width} × ${bucket.height} (${bucket.pictures})`).join(', ')}
            <small>{percent(now.mean_crop_loss)} of the area is cut{now.largest_crop_loss > 0 && `, most from ${now.largest_crop_file} (${percent(now.largest_crop_loss)})`}</small></Fact>
          <Fact name="Steps">{number_text(now.steps_per_epoch)} × {now.epochs} epochs, batch {now.batch_size}{now.gradient_accumulation_steps > 1 && ` × ${now.gradient_accumulation_steps}`} = <b>{number_text(now.steps)}</b>{now.steps_done > 0 && <small>{number_text(now.steps_done)} are done; the run goes on from there</small>}</Fact>
          <div class="plan-curve"><dt>Learning rate <span class="hint">{now.optimizer}, {now.lr_scheduler.replace(/_/g, ' ')}</span></dt>
            <dd><MiniLine name="Learning rate" steps={now.learning_rate_curve.map(({ step }) => step)} values={now.learning_rate_curve.map(({ factor }) => factor)} /><p class="mini-axis"><span>0</span><span>{number_text(now.steps)}</span></p></dd></div>
          <Fact name="Trains">{now.trained.map((part) => <span key={part.name} class="plan-line">{part_names[part.name] ?? part.name}: {part.matrices} matrices, {short_count(part.parameters)} numbers at {value_text(part.learning_rate)}</span>)}</Fact>
          <Memory />
          <Fact name="Time">{left === null ? <Button class="quiet" disabled={is_busy || Boolean(said)} on_click={() => void make_plan(true)}>Time two steps</Button>
            : <>{number_text(now.steps - now.steps_done)} × {now.probe?.seconds_per_step.toFixed(2)} s = <b>about {time_text(left)}</b> <button type="button" class="link" onClick={() => void make_plan(true)}>Time it again</button></>}</Fact>
          <Fact name="Disk">the file {size_text(now.file_bytes)}, its state {size_text(now.lora_bytes + now.state_bytes)}, kept twice</Fact>
        </dl>
      )}
      {now && (
        <ul class="checks" aria-label="Checked">
          <li><Icon name={captioned === pictures ? 'check' : 'triangle-alert'} />{captioned === pictures ? `Captions: ${captioned} found` : `${pictures - captioned} of ${pictures} pictures have no caption; they are trained as their folder's class`}</li>
          {now.memory_warning !== '' && <li class="is-attention"><Icon name="triangle-alert" />{in_words(now.memory_warning)}</li>}
          {said ? <li class="is-attention"><Icon name="triangle-alert" />{said.text}</li> : <li><Icon name="check" />Nothing contradicts itself</li>}
        </ul>
      )}
      {!now && !problem && draft.value?.dataset !== '' && <p class="hint">Counting pictures.</p>}
    </section>
  );
}
