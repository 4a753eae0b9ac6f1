// A recipe, read but not taken: every field can be taken over by itself.
import { useEffect, useState } from 'preact/hooks';
import { signal } from '@preact/signals';
import { api, type PictureDetail, type Picture, type FieldValue, type Recipe, type RecipeField, type Settings } from '../api';
import { copy_text } from '../actions';
import { field_named, has_field, is_of_the_machine, take_settings, typed, value_of } from '../form/form';
import { all_rows } from '../form/layout';
import { use_recipe } from '../recipes';
import { tell_undoable } from '../toasts';
import { Button, IconButton } from '../widgets/button';
import { Icon } from '../widgets/icon';
import { ProofPanel } from './proof_panel';
import { read_recipe, shown_picture } from './shown';

const details = signal<Record<number, PictureDetail>>({});
const most_kept = 60;

/** The picture's request and recipe, read once. */
export function use_detail(picture: Picture | null): PictureDetail | null {
  const id = picture?.id;
  useEffect(() => {
    if (id === undefined || details.peek()[id]) return;
    api.picture(id).then((detail) => {
      const known = Object.entries(details.peek()).slice(-most_kept);
      details.value = { ...Object.fromEntries(known), [id]: detail };
    }, () => {});
  }, [id]);
  return id === undefined ? null : details.value[id] ?? null;
}

export function label_of(name: string): string {
  return all_rows().find((row) => row.name === name)?.label ?? ({ prompt: 'Prompt', negative_prompt: 'Negative prompt' } as Record<string, string>)[name] ?? field_named(name)?.label ?? name;
}

const long_from = 220;

/** Long texts fold, so that the fields below stay visible. */
export function LongText({ text }: { text: string }) {
  const [is_open, set_open] = useState(false);
  if (text.length < long_from) return <>{text}</>;
  return <>{is_open ? text : `${text.slice(0, long_from)}… `}<button type="button" class="link" onClick={() => set_open(!is_open)}>{is_open ? 'Less' : 'More'}</button></>;
}

interface RecipeRow { names: string[]; label: string; value: string }

const texts = ['prompt', 'negative_prompt'];
const pairs: Record<string, string[]> = { width: ['width', 'height'], hr_resize_x: ['hr_resize_x', 'hr_resize_y'] };

const can_take = (name: string) => has_field(name) && !is_of_the_machine(name);

/** The words first, then the recipe in its own order, then fields that stand for something without being written. */
function rows_of(settings: Settings, recipe: RecipeField[]): RecipeRow[] {
  const plain = (name: string): RecipeRow => ({ names: can_take(name) ? [name] : [], label: label_of(name), value: String(settings[name]) });
  const rows: RecipeRow[] = texts.filter((name) => (settings[name] ?? '') !== '').map(plain);
  const written = new Set(texts);
  for (const { key, value, field } of recipe) {
    const names = field === null ? [] : (pairs[field] ?? [field]).filter((name) => name in settings);
    if (names.length > 0 && names.every((name) => written.has(name))) continue;
    for (const name of names) written.add(name);
    rows.push({ names: names.filter(can_take), label: names.length === 1 ? label_of(names[0] as string) : key, value });
  }
  for (const [name, value] of Object.entries(settings)) if (!written.has(name) && value !== '' && can_take(name)) rows.push(plain(name));
  return rows;
}

/** Whether the form says the same already; names of choices may differ in capitals. */
function is_equal(name: string, value: FieldValue): boolean {
  const field = field_named(name);
  return field !== undefined && String(typed(value, field)).toLowerCase() === String(value_of(name)).toLowerCase();
}

function take_row(row: RecipeRow, settings: Settings) {
  tell_undoable(`${row.label} taken over`, take_settings(Object.fromEntries(row.names.map((name) => [name, settings[name] as FieldValue]))));
}

function RecipeTable({ rows, settings }: { rows: RecipeRow[]; settings: Settings }) {
  return (
    <table class="recipe">
      <tbody>
        {rows.map((row) => {
          const is_other = row.names.some((name) => !is_equal(name, settings[name] as FieldValue));
          return (
            <tr key={row.label} class={is_other ? 'is-different' : ''}>
              <th scope="row">{row.label}</th>
              <td><LongText text={row.value} /></td>
              <td class="recipe-take">{is_other && <IconButton icon="check" name={`Take over ${row.label}`} on_click={() => take_row(row, settings)} />}</td>
            </tr>
          );
        })}
      </tbody>
    </table>
  );
}

function NotHonoured({ fields }: { fields: RecipeField[] }) {
  const some = fields.filter((field) => field.honoured === 'no' || field.honoured === 'differently');
  if (some.length === 0) return null;
  return (
    <section class="note is-attention" aria-label="Could not be honoured">
      <p><Icon name="triangle-alert" /><b>Could not be honoured</b></p>
      <ul>{some.map((field) => <li key={field.key}><b>{field.key}</b> {field.value}: {field.note || (field.honoured === 'no' ? 'is not known here' : 'is done differently here')}</li>)}</ul>
    </section>
  );
}

function RecipeButtons({ settings, infotext }: { settings: Settings; infotext: string }) {
  return (
    <p class="button-row">
      <Button on_click={() => use_recipe(settings, false)}>Use all</Button>
      <Button on_click={() => use_recipe(settings, true)}>Use all but the seed</Button>
      <Button icon="copy" on_click={() => void copy_text(infotext, 'Infotext')}>Copy infotext</Button>
    </p>
  );
}

function DroppedRecipe({ recipe, name }: { recipe: Recipe; name: string }) {
  const notes = recipe.fields.filter((field) => field.honoured === 'note');
  return (
    <div class="tab-body">
      <p class="recipe-head"><b class="grow">{name}</b><IconButton icon="x" name="Close recipe" on_click={() => { read_recipe.value = null; }} /></p>
      <p class="hint">Nothing is changed until you take it over.</p>
      <RecipeButtons settings={recipe.settings} infotext={recipe.infotext} />
      <NotHonoured fields={recipe.fields} />
      <RecipeTable rows={rows_of(recipe.settings, recipe.fields.filter((field) => field.honoured !== 'note'))} settings={recipe.settings} />
      {notes.map((field) => <p key={field.key} class="hint">{field.key}: {field.note || field.value}</p>)}
    </div>
  );
}

export function PictureRecipe({ picture }: { picture: Picture }) {
  const detail = use_detail(picture);
  if (!detail) return <div class="tab-body"><pre class="infotext">{picture.infotext}</pre></div>;
  const settings: Settings = { ...detail.request, seed: picture.seed };
  delete settings.n_iter;
  delete settings.batch_size;
  return (
    <div class="tab-body">
      <ProofPanel picture={picture} />
      <RecipeButtons settings={settings} infotext={picture.infotext} />
      <RecipeTable rows={rows_of(settings, detail.recipe)} settings={settings} />
    </div>
  );
}

export function RecipeTab() {
  if (read_recipe.value) return <DroppedRecipe {...read_recipe.value} />;
  const picture = shown_picture.value;
  return picture ? <PictureRecipe picture={picture} /> : <div class="tab-body"><p class="hint">The recipe of the picture on the stage stands here. Drop any picture on the page to read its recipe.</p></div>;
}
