// Generate on a phone: the picture first, the prompt under it, settings in a sheet, the main button above the tab bar.
import { signal } from '@preact/signals';
import { useState } from 'preact/hooks';
import { has_field, mode, number_of, reset_form, seed_list, text_of } from '../form/form';
import { size_of_form } from '../form/request';
import { own_running } from '../store';
import { tell_undoable } from '../toasts';
import { IconButton } from '../widgets/button';
import { Icon } from '../widgets/icon';
import { Sheet } from '../widgets/sheet';
import { StylesButton, PromptTools, LoraButton } from './deck';
import { Detail } from './detail';
import { Filmstrip } from './filmstrip';
import { is_first_visit } from './first_visit';
import { MainButton, StopButtons } from './main_button';
import { StageOrCanvas } from './page';
import { PromptBox } from './prompt_box';
import { SettingsRows } from './settings_panel';
import { is_detail_open } from './shown';
import { CheckpointPicker } from '../widgets/top_bar';

export const is_sheet_open = signal(false);

function PhoneChips() {
  const [width, height] = size_of_form();
  const seed = number_of('seed');
  const open = () => { is_sheet_open.value = true; };
  const chips: [string, string][] = [['Steps', text_of('steps')], ['CFG', text_of('cfg_scale')], ['', `${width} × ${height}`], ['Seed', seed_list.value || (seed < 0 ? 'random' : String(seed))]];
  return (
    <div class="phone-chips">
      <button type="button" class="chip" aria-label="All settings" onClick={open}><Icon name="sliders-horizontal" />All</button>
      {chips.map(([label, value]) => <button type="button" key={label} class="chip" onClick={open}>{label && <span>{label}</span>}<b>{value}</b></button>)}
    </div>
  );
}

function SettingsSheet() {
  const close = () => { is_sheet_open.value = false; };
  return (
    <Sheet name="All settings" close={close} head={<button type="button" class="link" onClick={() => tell_undoable('Form reset', reset_form())}>Reset</button>} foot={<MainButton with_time />}>
      <div class="row"><span class="row-label"><span class="label-text">Checkpoint</span></span><div class="row-control"><CheckpointPicker /></div></div>
      <div class="row"><span class="row-label"><span class="label-text">Words</span></span><div class="row-control"><StylesButton /><PromptTools /></div></div>
      <SettingsRows />
    </Sheet>
  );
}

export function PhoneGenerate() {
  const [avoids, set_avoids] = useState(text_of('negative_prompt') !== '');
  const has_negative = has_field('negative_prompt');
  const is_first = mode.value === 'txt2img' && is_first_visit();
  return (
    <main class="generate is-phone" id="main">
      <h1 class="spoken">Generate</h1>
      <div class="phone-scroll">
        <StageOrCanvas />
        {!is_first && <Filmstrip />}
        {!is_first && (
          <div class="phone-prompts">
            <PromptBox name="Prompt" field="prompt" placeholder="Describe a picture" />
            {has_negative && avoids && <PromptBox name="Negative prompt" field="negative_prompt" placeholder="What to avoid" />}
            <div class="phone-tools"><LoraButton />{has_negative && !avoids && <button type="button" class="link" onClick={() => set_avoids(true)}>What to avoid</button>}</div>
          </div>
        )}
        {!is_first && <PhoneChips />}
      </div>
      <div class="phone-buttons">
        {own_running.value && !is_first && <StopButtons />}
        {is_first && <PromptBox name="Prompt" field="prompt" placeholder="Describe a picture" />}
        <MainButton />
        {is_first && <IconButton icon="sliders-horizontal" name="All settings" on_click={() => { is_sheet_open.value = true; }} />}
      </div>
      {is_sheet_open.value && <SettingsSheet />}
      {is_detail_open.value && <Detail />}
    </main>
  );
}
