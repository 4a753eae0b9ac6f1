import { lazy_part } from '../widgets/lazy_part';
import { mode } from '../form/form';
import { start } from '../store';
import { IconButton } from '../widgets/button';
import { Tabs } from '../widgets/tabs';
import { LoraShelf } from './lora_shelf';
import { PromptTab } from './prompt_tab';
import { RecipeTab } from './recipe_tab';
import { detail_tab, is_detail_open } from './shown';
import { is_wide } from '../screen';
import { useEffect } from 'preact/hooks';
import { closes_on_escape } from '../keys';

const MaskTab = lazy_part(() => import('../canvas/mask_tab').then((part) => part.MaskTab));

export function Detail() {
  const tabs = [
    ...(mode.value === 'inpaint' ? [{ id: 'mask', label: 'Mask' }] : []),
    { id: 'recipe', label: 'Recipe' }, { id: 'prompt', label: 'Prompt' }, { id: 'lora', label: 'LoRA', count: start.value.loras.length },
  ];
  const now = tabs.some((tab) => tab.id === detail_tab.value) ? detail_tab.value : 'recipe';
  const is_drawer = !is_wide.value;
  useEffect(() => (is_drawer ? closes_on_escape(() => { is_detail_open.value = false; }) : undefined), [is_drawer]);
  return (
    <aside class={`detail ${is_drawer ? 'is-drawer' : ''}`} aria-label="Details">
      <div class="detail-head">
        <Tabs name="Details" tabs={tabs} value={now} on_change={(id) => { detail_tab.value = id as typeof now; }} />
        {is_drawer && <IconButton icon="x" name="Close details" on_click={() => { is_detail_open.value = false; }} />}
      </div>
      {now === 'recipe' && <RecipeTab />}
      {now === 'prompt' && <PromptTab />}
      {now === 'lora' && <LoraShelf />}
      {now === 'mask' && <MaskTab />}
    </aside>
  );
}
