// Train: the runs, and a run with its four tabs.
import { signal } from '@preact/signals';
import { useEffect } from 'preact/hooks';
import { add_keys } from '../keys';
import { go, path } from '../places';
import { is_phone } from '../screen';
import { line } from '../stream';
import { Button, KeyCap } from '../widgets/button';
import { Icon } from '../widgets/icon';
import { DatasetTab } from './dataset_tab';
import { LiveTab } from './live_tab';
import { CommandDock, OptionsTab } from './options_tab';
import { PlanPanel } from './plan_panel';
import { RunsPage } from './runs_page';
import { explained, follow_run, is_live, load_problem, open, open_run, place, progress_of, read_train, set_options, start_run, state_of, state_words, stop_run, tabs, train, wish, type Tab } from './runs_state';

const tab_labels: Record<Tab, string> = { dataset: 'Dataset', options: 'Options', plan: 'Plan', live: 'Live' };

const more_steps = signal('200');

/** A run that was started takes more steps than it was planned for; the learning rate's way is planned anew over all of them. */
function GoOnFor() {
  const run = open_run.value;
  const done = run?.steps_done ?? 0;
  const steps = Number(more_steps.value);
  if (!run || done === 0) return null;
  const go_on = async () => {
    set_options({ max_train_steps: String(done + steps), max_train_epochs: null });
    if (await start_run()) go(`/train/${run.name}/live`);
  };
  return (
    <form class="go-on-for" onSubmit={(event) => { event.preventDefault(); void go_on(); }}>
      <label>Go on for <input type="text" class="text-field" inputMode="numeric" aria-label="More steps" value={more_steps.value} onInput={(event) => { more_steps.value = event.currentTarget.value; }} /> more steps</label>
      <button type="submit" class="button outlined" disabled={!(Number.isInteger(steps) && steps > 0)} title={`To step ${done + (steps || 0)}; the learning rate is planned anew over all steps`}>Go on for more</button>
    </form>
  );
}

/** What can be had of a run at the end of the step being done. */
function LiveWishes() {
  const has_prompts = (open_run.value?.prompts ?? '').trim() !== '';
  const is_lost = line.value.state === 'lost';
  const sample = () => { if (has_prompts) void wish('sample'); };
  useEffect(() => add_keys('Train', [{ keys: 'S', label: 'Save now', act: () => void wish('save') }, { keys: 'N', label: 'Sample now', act: sample }]), [has_prompts]);
  return (
    <>
      <Button icon="image" disabled={is_lost || !has_prompts} {...(has_prompts ? {} : { title: 'The run has no prompts for samples: write some under Options before it is started' })} on_click={sample}>Sample now<KeyCap>N</KeyCap></Button>
      <Button icon="save" disabled={is_lost} on_click={() => void wish('save')}>Save now<KeyCap>S</KeyCap></Button>
    </>
  );
}

/** Start, go on, or stop, and what keeps from it. */
function MainAction() {
  const run = open_run.value;
  if (!run) return null;
  const state = state_of(run);
  if (is_live(run)) {
    return <>{state === 'running' && <LiveWishes />}<Button class="outlined" icon="square" disabled={line.value.state === 'lost'} on_click={() => void stop_run()}>{state === 'waiting' ? 'Do not start' : <>Stop <span class="hint stop-hint">finishes the step, saves</span></>}</Button></>;
  }
  const start = async () => { if (await start_run()) go(`/train/${run.name}/live`); };
  const words = state === 'draft' ? 'Start run' : 'Go on';
  const problem = explained.value?.problem;
  return (
    <>
      {state === 'finished' && <GoOnFor />}
      <button type="button" class="fill-button" disabled={problem !== null && problem !== undefined} aria-describedby={problem ? 'to-settle' : undefined} onClick={() => void start()}>{words}</button>
      {problem && <span class="to-settle" id="to-settle"><Icon name="triangle-alert" /> 1 thing to settle</span>}
    </>
  );
}

function RunHead() {
  const run = open_run.value;
  const { tab } = place.value;
  if (!run) return null;
  const state = state_of(run);
  const now = progress_of(run);
  const part = state === 'running' && now && now.steps > 0 ? ` ${Math.round((100 * now.step) / now.steps)} %` : '';
  return (
    <header class="run-head">
      <p class="run-name"><a href="/train">Runs</a><span aria-hidden="true">/</span><b class="title">{run.name}</b><span class={state === 'running' ? 'live-tag' : `tag ${state === 'failed' ? 'is-attention' : ''}`}>{state === 'failed' && <Icon name="octagon-alert" size={12} />} {state_words[state]}{part}</span></p>
      <nav class="run-tabs" aria-label="Parts of the run">{tabs.map((one) => <a key={one} href={`/train/${run.name}/${one}`} aria-current={one === tab ? 'page' : undefined}>{tab_labels[one]}</a>)}</nav>
      {!is_phone.value && <div class="run-actions"><MainAction /></div>}
    </header>
  );
}

function RunPage() {
  const { run, tab } = place.value;
  useEffect(() => { void open(run); return follow_run(); }, [run]);
  if (load_problem.value) return <main class="train" id="main"><h1 class="spoken">Train</h1><p class="pad is-attention">{load_problem.value} <a class="link" href="/train">All runs</a></p></main>;
  if (!open_run.value || open_run.value.name !== run || !train.value) return <main class="train" id="main"><h1 class="spoken">Train</h1></main>;
  return (
    <main class="train" id="main">
      <h1 class="spoken">Train {run}</h1>
      <RunHead />
      {tab === 'dataset' && <DatasetTab />}
      {tab === 'options' && <OptionsTab />}
      {tab === 'plan' && <div class="train-scroll"><PlanPanel is_whole />{is_phone.value && <CommandDock />}</div>}
      {tab === 'live' && <LiveTab />}
      {is_phone.value && <div class="run-actions is-foot"><MainAction /></div>}
    </main>
  );
}

export function TrainPage() {
  const { run } = place.value;
  useEffect(() => { void read_train(); }, [path.value]);
  useEffect(() => add_keys('Train', [{ keys: '/', label: 'Search', act: () => document.querySelector<HTMLInputElement>('.train input[type=search]')?.focus() }]), []);
  return run === '' ? <RunsPage /> : <RunPage key={run} />;
}
