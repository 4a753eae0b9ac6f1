// Recipes that come from outside: dropped or pasted pictures and infotexts. Reading one changes nothing in the form.
import { api, type Recipe, type Settings } from './api';
import { read_recipe, show_detail } from './generate/shown';
import { chosen_styles, is_of_the_machine, take_settings } from './form/form';
import { generate_path, go, path } from './places';
import { start } from './store';
import { attempt, tell, tell_undoable } from './toasts';

function show(recipe: Recipe, name: string) {
  if (recipe.fields.length === 0 && Object.keys(recipe.settings).length === 0) return tell(`${name} carries no recipe.`);
  read_recipe.value = { recipe, name };
  if (path.value !== '/') go(generate_path());
  show_detail('recipe');
}

export function read_text_recipe(text: string) {
  if (text.trim() === '') return tell('There is no recipe on the clipboard.');
  return attempt(async () => show(await api.recipe(text), 'The text'));
}

export function read_picture_recipe(file: Blob, name: string) {
  return attempt(async () => show(await api.recipe(file), name));
}

// How many are made, and how: no recipe tells it. The denoising strength's default stands for several values.
const never_told = ['n_iter', 'batch_size', 'lora_beside', 'denoising_strength'];

/** What the recipe does not name was at the program's default when the picture was made. */
function unnamed(settings: Settings): Settings {
  const at_default = start.value.fields.filter(({ name }) => !(name in settings) && !never_told.includes(name) && !is_of_the_machine(name));
  return Object.fromEntries(at_default.map((field) => [field.name, field.default]));
}

/** All fields of a recipe into the form, with undo. */
export function use_recipe(settings: Settings, without_seed: boolean) {
  const all = { ...unnamed(settings), ...settings };
  const taken = Object.fromEntries(Object.entries(all).filter(([name]) => !without_seed || !['seed', 'subseed'].includes(name)));
  const [undo, styles] = [take_settings(taken), chosen_styles.value];
  chosen_styles.value = []; // the recipe's words have them merged
  tell_undoable(without_seed ? 'Recipe taken over, all but the seed' : 'Recipe taken over', () => { undo(); chosen_styles.value = styles; });
}
