// All options on one page: sections, search over both names, what has no effect dimmed, the plan beside, the exact command below.
import { signal } from '@preact/signals';
import { copy_text } from '../actions';
import { remembered } from '../remember';
import { is_phone, is_wide } from '../screen';
import { Button, KeyCap } from '../widgets/button';
import { Segmented, Switch } from '../widgets/choice';
import { Icon } from '../widgets/icon';
import type { IconName } from '../icons';
import { has_no_effect, OptionRow, ProblemNote } from './option_row';
import { PlanPanel } from './plan_panel';
import { draft, change_draft, explained, is_told, option_named, told_count, train } from './runs_state';

const words = signal('');
const changed_only = remembered('train-changed-only', false, 'tab');
const hides_idle = remembered('train-hides-idle', false, 'browser');

const section_icons: Record<string, IconName> = {
  Model: 'box', Network: 'network', 'Learning rate': 'trending-down', 'Steps and batch': 'footprints', 'Pictures, captions': 'images', 'Noise and loss': 'activity', 'Precision, memory': 'cpu',
  'Saving, samples': 'save', Validation: 'check', 'Everything else': 'ellipsis',
};

const id_of = (section: string) => `section-${section.replace(/\W+/g, '-')}`;

function shown_options(section: string) {
  const wanted = words.value.toLowerCase();
  return (train.value?.options ?? []).filter((option) => option.section === section && `${option.label} ${option.name} ${option.words}`.toLowerCase().includes(wanted)
    && (!changed_only.value || is_told(option.name)) && (!hides_idle.value || !has_no_effect(option.name)));
}

function Sections() {
  const changed = (section: string) => (train.value?.options ?? []).filter((option) => option.section === section && is_told(option.name)).length;
  return (
    <nav class="rail train-rail" aria-label="Sections of options">
      {(train.value?.sections ?? []).map(({ name }) => (
        <a key={name} href={`#${id_of(name)}`} onClick={(event) => { event.preventDefault(); document.getElementById(id_of(name))?.scrollIntoView(); }}>
          <Icon name={section_icons[name] ?? 'ellipsis'} /><span class="grow">{name}</span>{changed(name) > 0 && <span class="hint">{changed(name)}</span>}</a>
      ))}
      <p class="hint rail-note">The numbers count what differs from the default. {told_count.value} of {train.value?.options.length ?? 0}.</p>
    </nav>
  );
}

/** Prompts of sample pictures stand in a file of the run; here they are its lines. */
function Prompts() {
  return (
    <div class="option-row">
      <div class="option-name"><b>Sample prompts</b><code>--sample_prompts</code><p>One a line, with kohya's flags: --n negative prompt, --w --h size, --d seed, --s steps, --l CFG scale.</p></div>
      <div class="option-control"><textarea class="text-field" aria-label="Sample prompts" rows={3} value={draft.value?.prompts ?? ''} onInput={(event) => change_draft({ prompts: event.currentTarget.value })} /></div>
      <div class="option-effect"><p>The same seed at every step, so that the pictures can be compared.</p></div>
    </div>
  );
}

export function CommandDock() {
  const commands = explained.value?.commands;
  const text = commands ? { darkroom: commands.darkroom, kohya: commands.kohya, toml: commands.toml }[notation.value] : '';
  const count = train.value?.options.length ?? 0;
  return (
    <section class="command-dock" aria-label="The exact command">
      <header><b>The exact command</b><Segmented name="Notation" value={notation.value} options={[{ value: 'darkroom', label: 'Darkroom' }, { value: 'kohya', label: 'kohya' }, { value: 'toml', label: 'TOML' }]} on_change={(to) => { notation.value = to as typeof notation.value; }} />
        <span class="grow" /><span class="hint dock-count">{told_count.value} options set, {count - told_count.value} at their default, all recorded with the run</span>
        <Button icon="copy" name="Copy the command" disabled={text === ''} on_click={() => void copy_text(text, 'Command')}>Copy</Button></header>
      <pre tabIndex={0} aria-label="Command">{text || 'There is no command while something is to settle.'}</pre>
    </section>
  );
}

const notation = remembered<'darkroom' | 'kohya' | 'toml'>('train-notation', 'darkroom', 'browser');

export function OptionsTab() {
  const problem = explained.value?.problem;
  const has_row = problem && option_named(problem.option) !== undefined;
  const sections = (train.value?.sections ?? []).map((section) => ({ ...section, options: shown_options(section.name) })).filter(({ options }) => options.length > 0);
  return (
    <>
      <div class={`options-page ${is_wide.value ? 'has-plan' : ''}`}>
        <Sections />
        <div class="train-scroll" tabIndex={-1}>
          <div class="options-tools">
            <div class="search-box"><Icon name="search" /><input type="search" aria-label="Find an option" placeholder="Find an option, by either name" value={words.value} onInput={(event) => { words.value = event.currentTarget.value; }} /><KeyCap>/</KeyCap></div>
            <span class="grow" />
            <label class="switch-label">Changed only <Switch name="Changed only" is_on={changed_only.value} on_change={(is_on) => { changed_only.value = is_on; }} /></label>
            <label class="switch-label">Hide what has no effect <Switch name="Hide what has no effect" is_on={hides_idle.value} on_change={(is_on) => { hides_idle.value = is_on; }} /></label>
          </div>
          {problem && !has_row && <div class="pad"><ProblemNote /></div>}
          {sections.map(({ name, about, options }) => (
            <section key={name} id={id_of(name)} class="option-section" aria-label={name}>
              <h2>{name} <small>{about}</small></h2>
              {options.map((option) => <OptionRow key={option.name} option={option} />)}
              {name === 'Saving, samples' && words.value === '' && <Prompts />}
            </section>
          ))}
          {sections.length === 0 && <p class="hint pad">No option is called "{words.value}".</p>}
        </div>
        {is_wide.value && <aside class="plan-side" aria-label="Plan"><PlanPanel /></aside>}
      </div>
      {!is_phone.value && <CommandDock />}
    </>
  );
}
