// Where a picture can be sent.
import type { Picture } from './api';
import { api } from './api';
import { take_settings } from './form/form';
import { generate_path, go, set_mode } from './places';
import { attempt, tell_undoable } from './toasts';
import { set_source } from './canvas/source';
import { detail_tab, source_is_shown } from './generate/shown';
import type { MenuItem } from './widgets/menu';
import { is_of_the_machine } from './form/form';

function send_as_source(picture: Picture, mode: 'img2img' | 'inpaint') {
  void attempt(async () => {
    await set_source(mode, await api.bytes(picture.url), `Picture ${picture.id}`);
    source_is_shown.value = true;
    if (mode === 'inpaint') detail_tab.value = 'mask';
    set_mode(mode);
  });
}

function send_recipe(picture: Picture) {
  void attempt(async () => {
    const { request } = await api.picture(picture.id);
    const settings = Object.fromEntries(Object.entries(request).filter(([name]) => !is_of_the_machine(name) && name !== 'n_iter' && name !== 'batch_size'));
    tell_undoable('Recipe taken over', take_settings({ ...settings, seed: picture.seed }));
    go(generate_path());
  });
}

export function send_items(picture: Picture): MenuItem[] {
  return [
    { label: 'txt2img, its recipe', act: () => { set_mode('txt2img'); send_recipe(picture); } },
    { label: 'img2img', act: () => send_as_source(picture, 'img2img') },
    { label: 'inpaint', act: () => send_as_source(picture, 'inpaint') },
  ];
}
