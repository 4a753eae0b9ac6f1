// A recipe, read but not taken: every field can be taken over by itself.
import { useEffect, useState } from 'preact/hooks';
import { signal } from '@preact/signals';
import { api, type PictureDetail, type Picture, type Recipe, type RecipeField, type Settings } from '../api';
import { copy_text } from '../actions';
import { field_named, has_field, is_of_the_machine, take_settings, value_of } from '../form/form';
import { all_rows } from '../form/layout';
import { use_recipe } from '../recipes';
import { start } from '../store';
import { tell_undoable } from '../toasts';
import { Button, IconButton } from '../widgets/button';
import { Icon } from '../widgets/icon';
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

interface RecipeRow { name: string | null; label: string; value: string; note?: string }

const plain = (text: string) => text.toLowerCase().replace(/[^a-z0-9]/g, '');
const order = ['prompt', 'negative_prompt', 'steps', 'sampler_name', 'scheduler', 'cfg_scale', 'seed', 'width', 'height'];

function in_order(settings: Settings): [string, string | number | boolean][] {
  const place = (name: string) => (order.includes(name) ? order.indexOf(name) : order.length);
  return Object.entries(settings).sort((a, b) => place(a[0]) - place(b[0]));
}

/** Fields that the form knows, then what the recipe says beyond them. */
function rows_of(settings: Settings, more: { key: string; value: string }[]): RecipeRow[] {
  const rows: RecipeRow[] = in_order(settings).filter(([, value]) => value !== '').map(([name, value]) => ({ name: has_field(name) && !is_of_the_machine(name) ? name : null, label: label_of(name), value: String(value) }));
  const known = new Set([...rows.map((row) => plain(row.label)), 'size', ...start.value.fields.filter((field) => field.name in settings).map((field) => plain(field.label))]);
  for (const { key, value } of more) if (!known.has(plain(key)) && !rows.some((row) => row.value === value && value.length > 12)) rows.push({ name: null, label: key, value });
  return rows;
}

function take_one(name: string, value: string) {
  tell_undoable(`${label_of(name)} taken over`, take_settings({ [name]: value }));
}

function RecipeTable({ rows, compares }: { rows: RecipeRow[]; compares: boolean }) {
  return (
    <table class="recipe">
      <tbody>
        {rows.map((row) => {
          const name = row.name;
          const is_equal = name !== null && String(value_of(name)) === row.value;
          return (
            <tr key={row.label} class={compares && name !== null && !is_equal ? 'is-different' : ''}>
              <th scope="row">{row.label}</th>
              <td><LongText text={row.value} />{row.note && <small>{row.note}</small>}</td>
              <td class="recipe-take">{name !== null && !is_equal && <IconButton icon="check" name={`Take over ${row.label}`} on_click={() => take_one(name, row.value)} />}</td>
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
      <RecipeTable rows={rows_of(recipe.settings, recipe.fields.filter((field) => field.honoured !== 'note'))} compares />
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
      <RecipeButtons settings={settings} infotext={picture.infotext} />
      <RecipeTable rows={rows_of(settings, detail.recipe)} compares />
    </div>
  );
}

export function RecipeTab() {
  if (read_recipe.value) return <DroppedRecipe {...read_recipe.value} />;
  const picture = shown_picture.value;
  return picture ? <PictureRecipe picture={picture} /> : <div class="tab-body"><p class="hint">The recipe of the picture on the stage stands here. Drop any picture on the page to read its recipe.</p></div>;
}
