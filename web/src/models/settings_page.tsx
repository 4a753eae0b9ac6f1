// Settings apply at once and can be undone. Those of the program carry A1111's option names; those of the page live in this browser.
import { signal } from '@preact/signals';
import type { FieldValue } from '../api';
import { set_option } from '../actions';
import { is_help_open, letters_on } from '../keys';
import { fit, preview_kind, surround } from '../generate/shown';
import { open_first_steps } from '../generate/first_visit';
import { read_number } from '../form/arithmetic';
import { go, path } from '../places';
import { text_size, theme, type Theme } from '../screen';
import { start } from '../store';
import { tell_undoable } from '../toasts';
import { Button } from '../widgets/button';
import { Choice, Segmented, Switch } from '../widgets/choice';
import { Icon } from '../widgets/icon';
import { NumberField } from '../widgets/number_field';
import { Slider } from '../widgets/slider';
import type { ComponentChildren } from 'preact';
import type { IconName } from '../icons';

const sections: { path: string; label: string; icon: IconName }[] = [
  { path: '/settings', label: 'Program', icon: 'cpu' }, { path: '/settings/appearance', label: 'Appearance', icon: 'sun-moon' }, { path: '/settings/keys', label: 'Keys', icon: 'keyboard' },
];

const words = signal('');

function change(name: string, value: FieldValue) {
  const before = start.value.options[name];
  set_option(name, value);
  if (before !== undefined) tell_undoable(`${plain_name(name)} is ${String(value)}`, () => set_option(name, before));
}

/** "samples_format" -> "Samples format". */
function plain_name(name: string): string {
  const text = name.replace(/_/g, ' ').trim();
  return text.charAt(0).toUpperCase() + text.slice(1);
}

function Setting({ label, hint, children }: { label: string; hint?: string; children: ComponentChildren }) {
  return <div class="setting"><span class="setting-label"><b>{label}</b>{hint && <small>{hint}</small>}</span><div class="setting-control">{children}</div></div>;
}

/** A1111's names for ways to show a picture that is being made, and what they are here. */
const preview_types = [{ value: 'Approx cheap', label: 'Linear: colours alone, costs nothing' }, { value: 'TAESD', label: 'TAESD, where its file is given' }, { value: 'Full', label: 'Full: each as long as decoding takes' }];

function OptionControl({ name, value }: { name: string; value: FieldValue }) {
  const label = plain_name(name);
  if (name === 'show_progress_type') return <Choice name={label} value={String(value)} options={preview_types} on_change={(next) => change(name, next)} />;
  if (typeof value === 'boolean') return <Switch name={label} is_on={value} on_change={(is_on) => change(name, is_on)} />;
  if (typeof value === 'number') return <NumberField name={label} value={value} step={Number.isInteger(value) ? 1 : 0.1} range={{}} on_change={(next) => change(name, next)} />;
  return <input type="text" class="text-field" aria-label={label} value={value} onChange={(event) => change(name, typeof value === 'number' ? read_number(event.currentTarget.value) ?? value : event.currentTarget.value)} />;
}

function Program() {
  const found = Object.entries(start.value.options).filter(([name]) => `${name} ${plain_name(name)}`.toLowerCase().includes(words.value.toLowerCase()));
  return (
    <section class="models-section" aria-label="Program">
      <header><h2 class="title grow">Program</h2><div class="search-box"><Icon name="search" /><input type="search" aria-label="Search settings" placeholder="Name" value={words.value} onInput={(event) => { words.value = event.currentTarget.value; }} /></div></header>
      <p class="hint">Each applies at once. The small names are AUTOMATIC1111's.</p>
      {found.map(([name, value]) => <Setting key={name} label={plain_name(name)} hint={name}><OptionControl name={name} value={value} /></Setting>)}
      {found.length === 0 && <p class="hint">{words.value === '' ? 'The program offers no settings here.' : `No setting is called "${words.value}".`}</p>}
      <p class="hint">Darkroom {start.value.version}</p>
    </section>
  );
}

function Appearance() {
  const surrounds = [['', 'As the theme'], ['black', 'Black'], ['dark', 'Dark'], ['grey', 'Middle grey'], ['light', 'Light'], ['white', 'White']].map(([value, label]) => ({ value: value as string, label: label as string }));
  return (
    <section class="models-section" aria-label="Appearance">
      <header><h2 class="title">Appearance</h2></header>
      <Setting label="Theme"><Segmented name="Theme" value={theme.value} options={[{ value: 'system', label: 'System' }, { value: 'dark', label: 'Dark' }, { value: 'light', label: 'Light' }]} on_change={(value) => { theme.value = value as Theme; }} /></Setting>
      <Setting label="Around pictures" hint="Changes how contrast is judged"><Choice name="Around pictures" value={surround.value} options={surrounds} on_change={(value) => { surround.value = value as typeof surround.value; }} /></Setting>
      <Setting label="Text size"><Slider name="Text size" value={text_size.value} least={90} most={130} step={5} tick={100} value_text={`${text_size.value} percent`} on_input={(value) => { text_size.value = value; }} /><span class="setting-value">{text_size.value} %</span></Setting>
      <Setting label="Pictures are shown"><Segmented name="Pictures are shown" value={fit.value} options={[{ value: 'fit', label: 'Fitting' }, { value: 'one', label: '1 : 1' }]} on_change={(value) => { fit.value = value as 'fit' | 'one'; }} /></Setting>
      <Setting label="Live preview"><Switch name="Live preview" is_on={preview_kind.value === 'on'} on_change={(is_on) => { preview_kind.value = is_on ? 'on' : 'off'; }} /></Setting>
      <Setting label="First steps" hint="The sheets of paper of the first visit"><Button on_click={() => { open_first_steps(); go('/'); }}>Show again</Button></Setting>
    </section>
  );
}

function Keys() {
  return (
    <section class="models-section" aria-label="Keys">
      <header><h2 class="title">Keys</h2></header>
      <Setting label="Single letters act as keys" hint="Never while a text field has the focus"><Switch name="Single letters act as keys" is_on={letters_on.value} on_change={(is_on) => { letters_on.value = is_on; }} /></Setting>
      <Setting label="List of keys"><Button on_click={() => { is_help_open.value = true; }}>Show</Button></Setting>
    </section>
  );
}

export function SettingsPage() {
  const here = sections.find((section) => section.path === path.value)?.path ?? '/settings';
  return (
    <main class="models with-rail" id="main">
      <h1 class="spoken">Settings</h1>
      <nav class="rail" aria-label="Settings">{sections.map((section) => <a key={section.path} href={section.path} aria-current={section.path === here ? 'page' : undefined}><Icon name={section.icon} /><span class="grow">{section.label}</span></a>)}</nav>
      <div class="rail-content">{here === '/settings' ? <Program /> : here === '/settings/appearance' ? <Appearance /> : <Keys />}</div>
    </main>
  );
}
