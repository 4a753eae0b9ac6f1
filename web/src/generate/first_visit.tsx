// Eight sheets of paper. A click develops one in its place; the eighth needs no more than the first.
import { signal } from '@preact/signals';
import { generate_apart } from '../actions';
import { base_value, set_value, text_of } from '../form/form';
import { requests_of_form } from '../form/request';
import { random_seed } from '../form/seeds';
import { time_text } from '../form/words';
import { places } from '../places';
import { remembered } from '../remember';
import { is_phone } from '../screen';
import { jobs, pictures, progress, start } from '../store';
import { line } from '../stream';
import { unsent } from '../unsent';
import { Button } from '../widgets/button';
import { Icon } from '../widgets/icon';
import { size_asked } from '../form/request';
import { Screen } from './screen_canvas';
import { picture_name } from './stage';
import { show_detail } from './shown';

/** 'new': nothing is known of this browser; 'open' and 'closed' were chosen by what was done. */
export const first_steps = remembered<'new' | 'open' | 'closed'>('first-steps', 'new', 'browser');
const sheet_jobs = remembered<Record<number, string>>('sheets', {}, 'tab');
const own_prompt_made = signal(false);

/** A sheet is a first look, so it takes fewer steps than the model's makers advise; the form keeps theirs. */
const steps_of_sheet = 12;
const advised_steps = () => Number(base_value('steps'));
const is_quick = () => advised_steps() > steps_of_sheet;

export function is_first_visit(): boolean {
  if (own_prompt_made.value || start.value.first_prompts.length === 0) return false;
  return first_steps.value === 'open' || (first_steps.value === 'new' && pictures.value.length === 0);
}

/** Called before each press of the main button: own words give way to the stage. Returns the sheet that the press takes, or -1. */
export function sheet_of_press(): number {
  if (!is_first_visit()) return -1;
  const prompt = text_of('prompt').trim();
  if (prompt === '') return 0;
  const sheet = start.value.first_prompts.indexOf(prompt);
  if (sheet >= 0 && !(sheet in sheet_jobs.value)) return sheet;
  first_steps.value = 'closed';
  own_prompt_made.value = true;
  return -1;
}

export function open_first_steps() {
  own_prompt_made.value = false;
  sheet_jobs.value = {};
  first_steps.value = 'open';
}

export function develop(sheet: number, takes_prompt = true) {
  const prompt = start.value.first_prompts[sheet];
  if (prompt === undefined) return;
  first_steps.value = 'open';
  const seed = random_seed();
  const request = requests_of_form({}, { prompt, negative_prompt: '', seed, n_iter: 1, batch_size: 1, ...(is_quick() ? { steps: steps_of_sheet } : {}) })[0];
  if (!request) return;
  if (takes_prompt) {
    set_value('prompt', prompt);
    set_value('seed', seed);
  }
  sheet_jobs.value = { ...sheet_jobs.value, [sheet]: generate_apart(request) };
}

const is_made = (sheet: number) => sheet in sheet_jobs.value;

function make_all() {
  for (let i = 0; i < start.value.first_prompts.length; ++i) if (!is_made(i)) develop(i, false);
}

/** Seconds a sheet took, once one is finished. */
function measured(): number | null {
  for (const id of Object.values(sheet_jobs.value)) {
    const job = jobs.value[id];
    if (job?.started && job.ended && job.state === 'finished') return job.ended - job.started;
  }
  return null;
}

function short(prompt: string): string {
  return prompt.replace(/\b(on|with) an? /, '').replace(/,.*$/, '');
}

function SheetFoot({ sheet, prompt }: { sheet: number; prompt: string }) {
  const job = jobs.value[sheet_jobs.value[sheet] ?? ''];
  const now = job && progress.value[job.id];
  if (job?.state === 'failed') return <p class="sheet-foot is-attention">{job.error}</p>;
  if (job?.state === 'running') return <p class="sheet-foot is-live">{now && now.steps > 0 && now.stage === 'sampling' ? `Step ${now.step} of ${now.steps}` : now?.stage ?? 'Starting'}</p>;
  if (job?.state === 'finished' && job.started && job.ended) return <p class="sheet-foot"><span class="grow">{short(prompt)}</span><span class="hint">{time_text(job.ended - job.started)}</span></p>;
  return <p class="sheet-foot">{is_made(sheet) && <span class="hint">{line.value.state === 'lost' ? 'not sent yet' : 'in the queue'}</span>}</p>;
}

function Sheet({ sheet, prompt }: { sheet: number; prompt: string }) {
  const id = sheet_jobs.value[sheet];
  const job = id === undefined ? undefined : jobs.value[id];
  const picture = job?.pictures.at(-1);
  const now = job && progress.value[job.id];
  const [width, height] = job ? size_asked(job.request) : [1, 1];
  const is_begun = job !== undefined && (job.state === 'running' || picture !== undefined);
  return (
    <li class="sheet">
      <button type="button" class={`paper ${is_begun ? 'is-begun' : ''}`} aria-label={picture ? picture_name(picture) : `Make ${prompt}`} onClick={() => develop(sheet)}
        disabled={id !== undefined && job?.state !== 'finished' && job?.state !== 'failed' && (job !== undefined || unsent.value.some((other) => other.id === id))}>
        {!is_begun && <><span>{prompt}</span><Icon name="mouse-pointer-click" /></>}
        {is_begun && <span class="paper-picture"><Screen job={job.state === 'running' ? job.id : null} done={job.pictures.length} url={picture?.url ?? null} alt="" width={width} height={height} is_on /></span>}
        {job?.state === 'running' && <i class="paper-bar" style={{ transform: `scaleX(${now && now.steps > 0 ? now.step / now.steps : 0})` }} />}
      </button>
      <SheetFoot sheet={sheet} prompt={prompt} />
    </li>
  );
}

function NextWords() {
  const has_one = Object.values(sheet_jobs.value).some((id) => jobs.value[id]?.state === 'finished');
  if (!has_one || is_phone.value) return null;
  return <p class="next-words">Same seed, other words: change {/\bapple\b/.test(text_of('prompt')) ? <><em>apple</em> to <em>pear</em></> : 'a word'} and press Ctrl Enter.</p>;
}

function Doors() {
  return (
    <div class="doors">
      <a href={places.find((place) => place.name === 'Models')?.path}><b><Icon name="folder-open" />Use your own models</b><span>Put checkpoints into Darkroom's folders. An AUTOMATIC1111 folder works as it is.</span></a>
      <button type="button" onClick={() => show_detail('recipe')}><b><Icon name="image-plus" />Drop a picture here</b><span>Its recipe fills every field, and what cannot be honoured is named.</span></button>
      <a href="/train?new"><b><Icon name="graduation-cap" />Train a style</b><span>A LoRA of your own pictures. The one that is here already, ink, took four minutes.</span></a>
    </div>
  );
}

export function FirstVisit() {
  const all = start.value.first_prompts;
  const left = all.filter((_, i) => !is_made(i)).length;
  const seconds = measured();
  const all_at_once = left > 0 && <Button class="outlined" on_click={make_all}>Make all {all.length === 8 ? 'eight' : all.length}{seconds !== null && <span class="hint">{time_text(seconds * left)}</span>}</Button>;
  return (
    <section class="first-visit" aria-label="First steps">
      <header>
        <div class="grow">
          <h2 class="display">{is_phone.value ? <>Sheets of paper.<br />Tap one.</> : `${all.length === 8 ? 'Eight' : all.length} sheets of paper. Click one.`}</h2>
          <p class="quiet-text">The picture is made now, {is_phone.value ? 'by the computer you are connected to' : 'on this machine'}. {!is_phone.value && 'Nothing is downloaded.'}</p>
        </div>
        {!is_phone.value && all_at_once}
      </header>
      <ul class="sheets">{all.map((prompt, i) => <Sheet key={prompt} sheet={i} prompt={prompt} />)}</ul>
      {is_phone.value && all_at_once}
      <NextWords />
      {is_quick() && <p class="hint">A sheet takes {steps_of_sheet} steps, for a quick look; Generate takes the {advised_steps()} that are advised for this model.</p>}
      <Doors />
    </section>
  );
}
