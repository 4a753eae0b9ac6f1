// Beside the curves of a run: its numbers now, epoch by epoch, the pictures of a step, its files, what happened.
import { api, type BatchPicture, type RunEvent, type WholeRun } from '../api';
import { start_again } from '../actions';
import { clock_text, count_text, number_text, size_text } from '../form/words';
import { generate_path, go } from '../places';
import { attempt } from '../toasts';
import { Icon } from '../widgets/icon';
import { epoch_means, last_within, value_text } from './curves';
import { batch_now, open_run, plan, series, state_of } from './runs_state';
import { lora_tag_of, use_lora } from './use_lora';

const last_of = (values: number[] | undefined) => (values === undefined || values.length === 0 ? '-' : value_text(values.at(-1) as number));

/** "0.1129, still falling". */
function validation_text(values: number[] | undefined): string {
  if (!values || values.length === 0) return 'off';
  const [now, before] = [values.at(-1) as number, values.at(-2)];
  return `${value_text(now)}${before === undefined ? '' : now < before ? ', still falling' : ', not falling'}`;
}

function norm_text(run: WholeRun): string {
  const norm = series.value.gradient_norm?.values.at(-1);
  const most = Number(run.options?.max_grad_norm ?? 0);
  if (norm === undefined) return '-';
  return `${value_text(norm)}${most > 0 && norm > most ? `, clipped at ${value_text(most)}` : ''}`;
}

function Now({ run }: { run: WholeRun }) {
  const { loss, validation_loss } = series.value;
  const epoch = loss && plan.value ? epoch_means(loss, plan.value.steps_per_epoch).at(-1) : undefined;
  const is_falling = validation_text(validation_loss?.values).endsWith('still falling');
  return (
    <section aria-label="Numbers now">
      <h2>Now</h2>
      <dl>
        <div><dt>Loss of this step</dt><dd>{last_of(loss?.values)}</dd></div>
        {epoch ? <div><dt>Average, epoch {number_text(epoch.epoch)}</dt><dd>{value_text(epoch.mean)}</dd></div>
          : <div><dt>Average, last tenth</dt><dd>{run.loss ? value_text(run.loss) : '-'}</dd></div>}
        <div><dt>Validation</dt><dd class={is_falling ? 'is-good' : ''}>{validation_text(validation_loss?.values)}</dd></div>
        <div><dt>Gradient norm</dt><dd>{norm_text(run)}</dd></div>
      </dl>
      {run.error && state_of(run) === 'failed' && <p class="note is-attention"><Icon name="octagon-alert" />{run.error}</p>}
    </section>
  );
}

/** Averages of whole epochs, the newest first. */
function Epochs() {
  const { loss, validation_loss } = series.value;
  const means = loss && plan.value ? epoch_means(loss, plan.value.steps_per_epoch) : [];
  if (means.length < 2) return null;
  const measured = means.map(({ step }, i) => last_within(validation_loss, means[i - 1]?.step ?? 0, step));
  const has_validation = measured.some((value) => value !== undefined);
  return (
    <section aria-label="Epochs">
      <h2>Epochs</h2>
      <div class="epoch-list" tabIndex={0} role="group" aria-label="Averages of epochs">
        <table><thead><tr><th scope="col">Epoch</th><th scope="col">Average</th>{has_validation && <th scope="col">Validation</th>}</tr></thead>
          <tbody>{means.map(({ epoch, step, mean }, i) => (
            <tr key={epoch}><th scope="row">{number_text(epoch)} <span class="hint">step {number_text(step)}</span></th><td>{value_text(mean)}</td>{has_validation && <td>{measured[i] === undefined ? '' : value_text(measured[i] as number)}</td>}</tr>
          )).reverse()}</tbody></table>
      </div>
    </section>
  );
}

function InBatch({ picture }: { picture: BatchPicture }) {
  return (
    <li><img src={api.training_thumbnail(picture)} alt="" loading="lazy" />
      <p><b>{picture.name}</b><span>"{picture.caption}"</span><span class="hint">{picture.width} × {picture.height}, t = {picture.timestep}</span></p></li>
  );
}

/** What the step was made with that the numbers are of. */
function InThisBatch() {
  const batch = batch_now.value;
  if (!batch) return null;
  return (
    <section aria-label="In this batch">
      <h2>In this batch <span class="hint">step {number_text(batch.step)}</span></h2>
      <ul class="batch-pictures">{batch.pictures.map((picture) => <InBatch key={`${picture.folder}/${picture.name}`} picture={picture} />)}</ul>
      {batch.count > batch.pictures.length && <p class="hint">and {batch.count - batch.pictures.length} more</p>}
    </section>
  );
}

async function try_file(file: string) {
  const run = open_run.peek();
  if (!run) return;
  const answer = await attempt(() => api.use_run(run.name, file));
  if (!answer) return;
  const { lora, model } = answer;
  if (model !== undefined) await attempt(() => api.use_model(model));
  await start_again();
  if (lora !== undefined) use_lora(lora_tag_of(lora));
  go(generate_path());
}

function Saved({ run }: { run: WholeRun }) {
  const state = run.events.findLast(({ kind }) => kind === 'state');
  return (
    <section aria-label="Saved">
      <h2>Saved</h2>
      <ul class="saved-files">{run.files.map(({ name, bytes }) => <li key={name}><span class="grow">{name}</span><button type="button" class="link" aria-label={`Try it: ${name}`} onClick={() => void try_file(name)}>Try it</button><span class="hint">{size_text(bytes)}</span></li>)}</ul>
      {run.files.length === 0 && <p class="hint">The file comes at the end, or as often as is chosen under Saving.</p>}
      <p class="hint">{state && `The state of step ${number_text(state.step)} is on disk. `}Try it copies the file to the LoRA folder and opens Generate with it.</p>
    </section>
  );
}

function LogRow({ event }: { event: RunEvent }) {
  const time = new Date(event.time * 1000);
  return (
    <li class={event.kind === 'warning' ? 'is-attention' : ''}><time dateTime={time.toISOString()} title={time.toLocaleString('en-GB')}>{clock_text(time.getTime())}</time>
      <span>{event.kind === 'warning' && <Icon name="triangle-alert" size={12} />} {event.words}{event.step > 0 && `, step ${number_text(event.step)}`}</span></li>
  );
}

/** What happened besides steps, the newest first. */
function Log({ run }: { run: WholeRun }) {
  if (run.events.length === 0) return null;
  return (
    <section aria-label="Log">
      <h2>Log <code class="hint" title="TensorBoard reads this folder">runs/{run.name}/logs</code></h2>
      <ul class="run-log" tabIndex={0} aria-label={count_text(run.events.length, 'event')}>{[...run.events].reverse().map((event, i) => <LogRow key={run.events.length - i} event={event} />)}</ul>
    </section>
  );
}

export function Side() {
  const run = open_run.value;
  if (!run) return null;
  return <aside class="live-side" aria-label="Now"><Now run={run} /><InThisBatch /><Epochs /><Saved run={run} /><Log run={run} /></aside>;
}
