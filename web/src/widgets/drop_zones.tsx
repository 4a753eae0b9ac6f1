// Dropping a file anywhere: what to do with it is chosen by where it is let go. Pasting a picture or an infotext reads its recipe.
import { signal } from '@preact/signals';
import { useEffect } from 'preact/hooks';
import { set_source } from '../canvas/source';
import { mode } from '../form/form';
import { source_is_shown } from '../generate/shown';
import { is_text_field } from '../keys';
import { set_mode } from '../places';
import { read_picture_recipe, read_text_recipe } from '../recipes';
import { has_field } from '../form/form';
import { attempt, tell } from '../toasts';
import { Icon } from './icon';

const is_over = signal(false);
const chosen = signal<'recipe' | 'source'>('recipe');

const is_picture = (file: File) => file.type.startsWith('image/');

function use_as_source(file: File) {
  void attempt(async () => {
    const to = mode.value === 'inpaint' ? 'inpaint' : 'img2img';
    await set_source(to, file, file.name || 'Pasted picture');
    source_is_shown.value = true;
    set_mode(to);
  });
}

async function take(file: File, what: 'recipe' | 'source') {
  if (is_picture(file)) return what === 'source' ? use_as_source(file) : read_picture_recipe(file, file.name || 'The picture');
  if (/\.txt$/i.test(file.name) || file.type === 'text/plain') return read_text_recipe(await file.text());
  return tell(`${file.name} is neither a picture nor a text.`);
}

function listen(): () => void {
  let depth = 0;
  const has_files = (event: DragEvent) => event.dataTransfer?.types.includes('Files') ?? false;
  const enter = (event: DragEvent) => { if (has_files(event)) { depth += 1; is_over.value = true; } };
  const leave = (event: DragEvent) => { if (has_files(event) && --depth <= 0) { depth = 0; is_over.value = false; } };
  const over = (event: DragEvent) => {
    if (!has_files(event)) return;
    event.preventDefault();
    const zone = (event.target as HTMLElement).closest?.<HTMLElement>('[data-zone]')?.dataset.zone;
    chosen.value = zone === 'source' ? 'source' : 'recipe';
  };
  const drop = (event: DragEvent) => {
    if (!has_files(event)) return;
    event.preventDefault();
    depth = 0;
    is_over.value = false;
    const file = event.dataTransfer?.files[0];
    if (file) void take(file, chosen.value);
  };
  const paste = (event: ClipboardEvent) => {
    const file = [...(event.clipboardData?.files ?? [])].find(is_picture);
    if (!file && is_text_field(event.target)) return;
    const text = event.clipboardData?.getData('text/plain') ?? '';
    if (file) void take(file, mode.value !== 'txt2img' && source_is_shown.value ? 'source' : 'recipe');
    else if (text !== '') void read_text_recipe(text);
    if (file || text !== '') event.preventDefault();
  };
  const all: [string, EventListener][] = [['dragenter', enter as EventListener], ['dragleave', leave as EventListener], ['dragover', over as EventListener], ['drop', drop as EventListener], ['paste', paste as EventListener]];
  for (const [name, act] of all) window.addEventListener(name, act);
  return () => { for (const [name, act] of all) window.removeEventListener(name, act); };
}

export function DropZones() {
  useEffect(listen, []);
  if (!is_over.value) return null;
  return (
    <div class="drop-zones" aria-hidden="true">
      <div data-zone="recipe" class={chosen.value === 'recipe' ? 'is-chosen' : ''}><Icon name="clipboard-paste" size={20} /><b>Read recipe</b><span>Changes nothing until you take it over</span></div>
      {has_field('init_image') && <div data-zone="source" class={chosen.value === 'source' ? 'is-chosen' : ''}><Icon name="image-plus" size={20} /><b>Use as source</b><span>For img2img and inpaint</span></div>}
    </div>
  );
}
