// What can be done with a LoRA file besides using it.
import { api, type Lora } from '../api';
import { take_start } from '../actions';
import { go } from '../places';
import { pictures } from '../store';
import { attempt, tell } from '../toasts';
import type { MenuItem } from '../widgets/menu';
import { shown_picture } from './shown';

export const run_path = (run: string) => `/train/${encodeURIComponent(run)}/live`;

/** The picture that is looked at here, else the newest. */
export function lora_items(lora: Lora, has_stage: boolean): MenuItem[] {
  const shown = has_stage ? shown_picture.value : null;
  const picture = shown ?? pictures.value[0];
  const keep = () => void attempt(async () => {
    if (!picture) return;
    take_start(await api.set_lora_preview(lora.name, picture.id));
    tell(`Preview of ${lora.name} kept beside its file`);
  });
  const run = lora.run;
  return [
    { label: shown ? 'Use this picture as preview' : 'Use the newest picture as preview', icon: 'image', act: keep, disabled: picture === undefined },
    ...(run ? [{ label: `Open run ${run}`, icon: 'graduation-cap' as const, act: () => go(run_path(run)) }] : []),
  ];
}
