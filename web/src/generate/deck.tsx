// Prompt on top, main button at the top right, as in A1111.
import { useRef, useState } from 'preact/hooks';
import { prompt_history, type Written } from '../actions';
import { read_text_recipe } from '../recipes';
import { chosen_styles, mode, modes, said, text_of, type Mode } from '../form/form';
import { lora_tags } from '../form/lora_tags';
import { merged } from '../form/request';
import { set_mode } from '../places';
import { is_wide } from '../screen';
import { start } from '../store';
import { tell_undoable } from '../toasts';
import { IconButton, KeyCap } from '../widgets/button';
import { Segmented } from '../widgets/choice';
import { Icon } from '../widgets/icon';
import { Popover } from '../widgets/popover';
import { signal } from '@preact/signals';
import { MainButton, StopButtons } from './main_button';
import { PromptBox } from './prompt_box';
import { focus_box, replace_text } from './prompt_edits';
import { detail_tab, show_detail } from './shown';

export const is_history_open = signal(false);

export function ModeSwitch() {
  return <Segmented name="Mode" class="mode" value={mode.value} options={modes.map((value) => ({ value, label: value }))} on_change={(value) => { set_mode(value as Mode); if (value === 'inpaint') detail_tab.value = 'mask'; }} />;
}

function StyleList() {
  const toggle = (name: string) => {
    chosen_styles.value = chosen_styles.value.includes(name) ? chosen_styles.value.filter((other) => other !== name) : [...chosen_styles.value, name];
  };
  const insert = () => {
    for (const style of start.value.styles.filter(({ name }) => chosen_styles.value.includes(name))) {
      replace_text('prompt', merged(text_of('prompt'), style.prompt));
      replace_text('negative_prompt', merged(text_of('negative_prompt'), style.negative_prompt));
    }
    chosen_styles.value = [];
  };
  return (
    <div class="style-list">
      {start.value.styles.length === 0 && <p class="hint">No styles yet. Darkroom reads styles.csv as AUTOMATIC1111 does.</p>}
      {start.value.styles.map((style) => (
        <label key={style.name} class="check-row">
          <input type="checkbox" checked={chosen_styles.value.includes(style.name)} onChange={() => toggle(style.name)} />
          <span><b>{style.name}</b><small>{merged('your prompt', style.prompt)}</small></span>
        </label>
      ))}
      {chosen_styles.value.length > 0 && <button type="button" class="button" onClick={insert}>Insert as text</button>}
    </div>
  );
}

export function StylesButton() {
  const [is_open, set_open] = useState(false);
  const button = useRef<HTMLButtonElement>(null);
  const count = chosen_styles.value.length;
  return (
    <>
      <button type="button" ref={button} class="button quiet" aria-label={count > 0 ? `Styles, ${count} chosen` : 'Styles'} aria-expanded={is_open} onClick={() => set_open(!is_open)}>
        <Icon name="swatch-book" />Styles{count > 0 && ` ${count}`}<Icon name="chevron-down" />
      </button>
      {is_open && button.current && <Popover anchor={button.current} name="Styles" close={() => set_open(false)}><StyleList /></Popover>}
    </>
  );
}

function HistoryList({ close }: { close: () => void }) {
  const [words, set_words] = useState('');
  const found = prompt_history.value.filter((entry) => entry.prompt.toLowerCase().includes(words.toLowerCase()));
  const take = (entry: Written) => {
    close();
    replace_text('prompt', entry.prompt);
    replace_text('negative_prompt', entry.negative_prompt);
    focus_box('prompt');
  };
  const forget_all = () => {
    const before = prompt_history.value;
    prompt_history.value = [];
    tell_undoable('Prompt history cleared', () => { prompt_history.value = before; });
  };
  return (
    <div class="history">
      <input type="search" class="text-field" aria-label="Search prompt history" placeholder="Search" value={words} onInput={(event) => set_words(event.currentTarget.value)} ref={(box) => { if (box && words === '') box.focus(); }} />
      <div class="history-rows">
        {found.slice(0, 100).map((entry) => (
          <div key={entry.at} class="history-row">
            <button type="button" class="grow" onClick={() => take(entry)}>{entry.prompt}{entry.negative_prompt && <small>without: {entry.negative_prompt}</small>}</button>
            <IconButton icon="x" name={`Forget ${entry.prompt.slice(0, 40)}`} on_click={() => { prompt_history.value = prompt_history.value.filter((other) => other !== entry); }} />
          </div>
        ))}
        {found.length === 0 && <p class="hint">{words === '' ? 'Prompts you use appear here.' : `No prompt contains "${words}".`}</p>}
      </div>
      {prompt_history.value.length > 0 && <button type="button" class="button quiet" onClick={forget_all}>Forget all</button>}
    </div>
  );
}

function HistoryButton() {
  const box = useRef<HTMLSpanElement>(null);
  const close = () => { is_history_open.value = false; };
  return (
    <span ref={box}>
      <IconButton icon="history" name="Prompt history" keys="H" expanded={is_history_open.value} on_click={() => { is_history_open.value = !is_history_open.value; }} />
      {is_history_open.value && box.current && <Popover anchor={box.current.firstElementChild as HTMLElement} name="Prompt history" close={close}><HistoryList close={close} /></Popover>}
    </span>
  );
}

/** A1111's arrow: reads the prompt box if it holds an infotext, else the clipboard. */
async function paste_recipe() {
  const text = text_of('prompt');
  if (/\bSteps: \d+/.test(text)) return read_text_recipe(text);
  const pasted = await navigator.clipboard?.readText().catch(() => '');
  return read_text_recipe(pasted || text);
}

export function clear_prompts() {
  const before = said.value;
  if (text_of('prompt') === '' && text_of('negative_prompt') === '') return;
  replace_text('negative_prompt', '');
  replace_text('prompt', '');
  tell_undoable('Prompts cleared', () => { said.value = { ...said.value, prompt: before.prompt ?? '', negative_prompt: before.negative_prompt ?? '' }; });
}

export function LoraButton() {
  const count = lora_tags(text_of('prompt')).length;
  return (
    <button type="button" class="button quiet" aria-label={count > 0 ? `LoRA, ${count} in prompt` : 'LoRA'} onClick={() => show_detail('lora')}>
      <Icon name="layers" />LoRA{count > 0 && ` ${count}`}<KeyCap>&lt;</KeyCap>
    </button>
  );
}

export function PromptTools() {
  return (
    <>
      <IconButton icon="clipboard-paste" name="Paste recipe" on_click={() => void paste_recipe()} />
      <HistoryButton />
      <IconButton icon="eraser" name="Clear prompts" on_click={clear_prompts} />
    </>
  );
}

export function Deck() {
  return (
    <section class="deck" aria-label="Prompts">
      <div class="deck-tools">
        <ModeSwitch /><StylesButton /><LoraButton />
        <span class="grow" />
        {is_wide.value && <span class="hint">Drop a picture anywhere to read its recipe</span>}
        <PromptTools />
      </div>
      <div class="deck-boxes">
        <PromptBox name="Prompt" field="prompt" placeholder="Describe a picture" />
        <PromptBox name="Negative prompt" field="negative_prompt" placeholder="What to avoid" />
      </div>
      <div class="deck-buttons"><MainButton /><StopButtons /></div>
    </section>
  );
}
