import { signal } from '@preact/signals';
import { change_residency, rescan, use_model } from '../actions';
import { size_text } from '../form/words';
import { text_of } from '../form/form';
import { generate_path, path, place_name, places } from '../places';
import { lamp, queue_words } from '../queue_words';
import { is_phone, is_wide, next_theme, theme_now } from '../screen';
import { residency, start, waiting, running } from '../store';
import { tell } from '../toasts';
import { ModeSwitch } from '../generate/deck';
import { is_first_visit } from '../generate/first_visit';
import { IconButton, KeyCap } from './button';
import { Choice } from './choice';
import { Icon } from './icon';
import { mode } from '../form/form';

export const is_palette_open = signal(false);
export const is_queue_open = signal(false);

const lamp_words = { idle: 'idle', running: 'running', attention: 'needs attention' };

export function LampMark() {
  return <span class={`lamp is-${lamp.value}`}>{lamp.value === 'attention' ? <Icon name="triangle-alert" /> : <i />}<span class="spoken">{lamp_words[lamp.value]}</span></span>;
}

async function unload() {
  const answer = await change_residency('unload');
  if (answer) tell(`${size_text(answer.freed)} returned`);
}

async function reload() {
  const answer = await change_residency('reload');
  if (answer) tell(`Reloaded in ${answer.seconds.toFixed(1)} s`);
}

/** Top level as in A1111's quick settings. */
export function CheckpointPicker() {
  const models = start.value.models;
  const chosen = models.find((model) => model.title === start.value.model);
  const precision = residency.value?.parts.find((part) => part.name === 'UNet')?.precision ?? text_of('precision');
  const is_loaded = residency.value?.state === 'loaded';
  return (
    <Choice name="Checkpoint" class="checkpoint" value={start.value.model} on_change={use_model}
      options={models.map((model) => ({ value: model.title, label: model.name, fact: model.error ?? `${model.family}, ${size_text(model.bytes)}${model.title === start.value.model && is_loaded ? ', in memory' : ''}` }))}
      face={<><Icon name="layers" /><b>{chosen?.name ?? start.value.model}</b><span class="checkpoint-facts">{chosen?.built_in ? 'built in' : `${chosen?.family ?? ''} · ${precision}`}</span></>}
      foot={(close) => (
        <p class="options-foot">
          <button type="button" class="button" onClick={() => { close(); void unload(); }}>Unload</button>
          <button type="button" class="button" onClick={() => { close(); void reload(); }}>Reload</button>
          <button type="button" class="button" onClick={() => { close(); void rescan(); }}>Scan folders</button>
        </p>
      )} />
  );
}

function QueueButton() {
  const { state, facts } = queue_words.value;
  const open = () => { is_queue_open.value = !is_queue_open.value; };
  const count = waiting.value.length + (running.value ? 1 : 0);
  if (is_phone.value) return <a class="icon-button queue-link" href="/queue" aria-label={`Queue, ${state}${facts ? ` ${facts}` : ''}`}><Icon name="list-ordered" size={20} />{count > 0 && <span class="badge">{count}</span>}</a>;
  return (
    <button type="button" class={`queue-button is-${state.toLowerCase()}`} aria-label={`Queue, ${state}${facts ? `, ${facts}` : ''}`} aria-expanded={is_queue_open.value} onClick={open}>
      <Icon name={state === 'Reconnecting' ? 'wifi-off' : 'list-ordered'} /><b>{state}</b>{facts && <span>{facts}</span>}<KeyCap>Q</KeyCap>
    </button>
  );
}

function PlaceLinks() {
  return (
    <nav class="places" aria-label="Places">
      {places.map((place) => <a key={place.path} href={place.path === '/' ? generate_path() : place.path} aria-current={place_name.value === place.name ? 'page' : undefined}>{place.name}</a>)}
    </nav>
  );
}

export function TopBar() {
  if (is_phone.value) {
    const on_generate = path.value === '/' && !(mode.value === 'txt2img' && is_first_visit());
    return (
      <header class="top-bar is-phone">
        <a class="brand" href={generate_path()} aria-label="Darkroom"><LampMark />{!on_generate && <b>Darkroom</b>}</a>
        {on_generate && <ModeSwitch />}
        <span class="grow" />
        {!on_generate && path.value === '/' && <CheckpointPicker />}
        {!on_generate && path.value !== '/' && <IconButton icon="search" name="Search or run a command" on_click={() => { is_palette_open.value = true; }} />}
        {path.value !== '/' && <a class="icon-button" href="/settings" aria-label="Settings"><Icon name="settings" size={20} /></a>}
        <QueueButton />
      </header>
    );
  }
  return (
    <header class="top-bar">
      <a class="brand" href={generate_path()}><LampMark /><b>Darkroom</b></a>
      <PlaceLinks />
      <span class="grow" />
      <button type="button" class="palette-button" aria-label="Search or run a command" aria-haspopup="dialog" onClick={() => { is_palette_open.value = true; }}>
        <Icon name="search" />{is_wide.value && <><span>Search or run a command</span><KeyCap>Ctrl K</KeyCap></>}
      </button>
      <CheckpointPicker />
      <QueueButton />
      <IconButton icon="sun-moon" name={`Theme, ${theme_now.value}`} on_click={next_theme} />
      <a class="icon-button" href="/settings" aria-label="Settings" title="Settings" aria-current={place_name.value === 'Settings' ? 'page' : undefined}><Icon name="settings" /></a>
    </header>
  );
}

export function TabBar() {
  return (
    <nav class="tab-bar" aria-label="Places">
      {places.map((place) => (
        <a key={place.path} href={place.path === '/' ? generate_path() : place.path} aria-current={place_name.value === place.name ? 'page' : undefined}><Icon name={place.icon} size={20} /><span>{place.name}</span></a>
      ))}
    </nav>
  );
}
