// The keys that act everywhere; pages and canvases add their own.
import { generate, interrupt, random_seed_again, reuse_seed, skip_picture } from './actions';
import { explained } from './explain';
import { focus_box } from './generate/prompt_edits';
import { is_history_open } from './generate/deck';
import { compare_with_previous, full_screen } from './generate/stage';
import { detail_tab, fit, is_detail_open, lights, shown_picture, walk } from './generate/shown';
import { add_keys, is_help_open, listen_to_keys, type Key } from './keys';
import { generate_path, go, path, places } from './places';
import { own_running } from './store';
import { is_phone, is_wide } from './screen';
import { is_palette_open, is_queue_open } from './widgets/top_bar';
import { delete_picture } from './actions';

const on_generate = () => path.value === '/';

/** F1 in a control opens what its label explains. */
function explain_focused() {
  const row = document.activeElement?.closest('.row');
  const label = row?.querySelector<HTMLButtonElement>('.label-button[aria-label^="Explain"]');
  label?.click();
}

function toggle_recipe() {
  if (is_detail_open.value && detail_tab.value === 'recipe') is_detail_open.value = false;
  else [detail_tab.value, is_detail_open.value] = ['recipe', true];
}

const everywhere: Key[] = [
  { keys: 'Ctrl Enter', label: 'Generate; while running, queue the same form', act: () => void generate(), in_fields: true },
  { keys: 'Ctrl Shift Enter', label: 'The same, to the front of the queue', act: () => void generate(true), in_fields: true },
  { keys: 'Alt Enter', label: 'Skip this picture', act: skip_picture, in_fields: true },
  { keys: 'Escape', label: 'Close what is open; else interrupt', act: interrupt, in_fields: true, when: () => own_running.value !== null },
  { keys: 'Ctrl K', label: 'Search or run a command', act: () => { is_palette_open.value = !is_palette_open.value; }, in_fields: true },
  { keys: 'Q', label: 'Queue', act: () => (is_phone.value ? go('/queue') : void (is_queue_open.value = !is_queue_open.value)) },
  ...places.map((place, i): Key => ({ keys: String(i + 1), label: place.name, act: () => go(place.path === '/' ? generate_path() : place.path) })),
  { keys: '?', label: 'These keys', act: () => { is_help_open.value = !is_help_open.value; } },
  { keys: 'F1', label: 'Explain the control that has the focus', act: explain_focused, in_fields: true },
  { keys: 'L', label: 'Lights: dimmed, out, on', act: () => { lights.value = (lights.value + 1) % 3; } },
];

const generating: Key[] = [
  { keys: '.', label: 'To the prompt', act: () => focus_box('prompt') },
  { keys: ',', label: 'To the negative prompt', act: () => focus_box('negative_prompt') },
  { keys: 'H', label: 'Prompt history', act: () => { is_history_open.value = true; } },
  { keys: 'R', label: 'Reuse the seed of the picture shown', act: () => reuse_seed(shown_picture.value ?? undefined) },
  { keys: 'Shift R', label: 'Random seed', act: random_seed_again },
  { keys: 'Left', label: 'The frame before', act: () => walk(-1) },
  { keys: 'Right', label: 'The frame after', act: () => walk(1) },
  { keys: 'I', label: 'Recipe of the picture shown', act: toggle_recipe },
  { keys: '<', label: 'LoRA', act: () => { [detail_tab.value, is_detail_open.value] = ['lora', true]; }, when: () => !is_wide.value || detail_tab.value !== 'lora' },
  { keys: 'F', label: 'Full screen', act: full_screen },
  { keys: 'Z', label: 'Fit or 1 : 1', act: () => { fit.value = fit.value === 'fit' ? 'one' : 'fit'; } },
  { keys: 'C', label: 'Compare with the previous picture', act: compare_with_previous },
  { keys: 'Delete', label: 'Picture to the bin, with undo', act: () => { if (shown_picture.value) delete_picture(shown_picture.value); } },
];

/** Shown in the help; the text areas handle them themselves. */
const in_prompt: Key[] = [
  { keys: 'Ctrl Up', label: 'More weight for the selection, bracket or word', act: () => {}, when: on_generate },
  { keys: 'Ctrl Down', label: 'Less weight', act: () => {}, when: on_generate },
  { keys: 'Alt Left', label: 'Move the comma part to the left', act: () => {}, when: on_generate },
  { keys: 'Alt Right', label: 'Move the comma part to the right', act: () => {}, when: on_generate },
  { keys: 'Ctrl Space', label: 'Complete embeddings, styles, earlier words', act: () => {}, when: on_generate },
];

export function add_page_keys() {
  add_keys('Everywhere', everywhere);
  add_keys('Generate', generating.map((key) => ({ ...key, when: () => on_generate() && (!key.when || key.when()) })));
  add_keys('In the prompt', in_prompt);
  explained.value = null;
  listen_to_keys();
}
