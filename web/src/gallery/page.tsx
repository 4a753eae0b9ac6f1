import { useEffect, useState } from 'preact/hooks';
import type { Flag, PictureOrder } from '../api';
import { add_keys, type Key } from '../keys';
import { address, generate_path, go, path } from '../places';
import { is_phone, is_wide } from '../screen';
import { count_text, number_text } from '../form/words';
import { send_items } from '../send_to';
import { PictureRecipe } from '../generate/recipe_tab';
import { Button, IconButton } from '../widgets/button';
import { Icon } from '../widgets/icon';
import { MenuButton } from '../widgets/menu';
import { Choice } from '../widgets/choice';
import { Sheet } from '../widgets/sheet';
import { Slider } from '../widgets/slider';
import { ComparePage } from './compare_page';
import { export_contact_sheet, export_zip } from './export';
import { Facets, filters_set } from './facets';
import { found, has_read, search, sort, tile_size, total, watch_search } from './found';
import { PictureGrid } from './picture_grid';
import { has_word } from './search_words';
import { active_picture, bin, compare, flag, move_active, selected, selected_pictures } from './selection';
import { SinglePicture } from './single_picture';

const sorts: { value: PictureOrder; label: string }[] = [{ value: 'newest', label: 'Newest first' }, { value: 'oldest', label: 'Oldest first' }, { value: 'model', label: 'Model' }, { value: 'seed', label: 'Seed' }];

const chosen = () => (selected_pictures.value.length > 0 ? selected_pictures.value : active_picture.value ? [active_picture.value] : []);

function flag_and_go_on(to: Flag) {
  const pictures = chosen();
  flag(pictures, to);
  if (pictures.length === 1) move_active(1);
}

function grid_keys(): Key[] {
  return [
    { keys: '/', label: 'Search', act: () => document.querySelector<HTMLInputElement>('.gallery input[type=search]')?.focus() },
    { keys: 'P', label: 'Pick, then the next', act: () => flag_and_go_on('picked') },
    { keys: 'X', label: 'Reject, then the next', act: () => flag_and_go_on('rejected') },
    { keys: 'U', label: 'Clear the flag, then the next', act: () => flag_and_go_on('none') },
    { keys: 'E', label: 'Single picture', act: () => { const one = active_picture.value ?? found.value[0]; if (one) go(`/gallery/${one.id}`); } },
    { keys: 'C', label: 'Compare', act: () => compare(selected_pictures.value.length >= 2 ? selected_pictures.value : found.value.slice(0, 2)) },
    { keys: 'Ctrl A', label: 'Select all that are loaded', act: () => { selected.value = new Set(found.value.map((picture) => picture.id)); } },
    { keys: 'Left', label: 'Before', act: () => void move_active(-1) }, { keys: 'Right', label: 'After', act: () => void move_active(1) },
    { keys: '+', label: 'Larger tiles', act: () => { tile_size.value = Math.min(320, tile_size.value + 32); } }, { keys: '-', label: 'Smaller tiles', act: () => { tile_size.value = Math.max(96, tile_size.value - 32); } },
    { keys: 'Delete', label: 'To the bin, with undo', act: () => bin(chosen()) },
  ];
}

/** On a phone in a sheet, else beside the grid. */
function Filters() {
  const [is_open, set_open] = useState(false);
  if (!is_phone.value) return <aside class="filters" aria-label="Filters"><Facets /></aside>;
  const set = filters_set();
  return (
    <>
      <Button icon="sliders-horizontal" on_click={() => set_open(true)}>Filters{set > 0 ? `, ${set}` : ''}</Button>
      {is_open && <Sheet name="Filters" close={() => set_open(false)} foot={<Button class="outlined" on_click={() => set_open(false)}>Show {count_text(total.value, 'picture')}</Button>}><div class="filters"><Facets /></div></Sheet>}
    </>
  );
}

function Empty() {
  if (!has_read.value) return null;
  if (search.value !== '') return <p class="pad">No picture matches <em>{search.value}</em>. <button type="button" class="link" onClick={() => { search.value = ''; }}>Clear filters</button></p>;
  return <p class="pad">Pictures you make appear here. <a class="link" href={generate_path()}>Make one</a></p>;
}

function SelectionBar() {
  const pictures = selected_pictures.value;
  const first = pictures[0];
  const rejected = has_word(search.value, 'flag:rejected') ? found.value.filter((picture) => picture.flag === 'rejected') : [];
  if (!first && rejected.length === 0) return null;
  return (
    <div class="selection-bar">
      {first && <><span class="grow">{count_text(pictures.length, 'picture')} selected</span>
        <Button icon="git-compare" disabled={pictures.length < 2} on_click={() => compare(pictures)}>Compare</Button>
        {pictures.length === 1 && <MenuButton icon="send" items={send_items(first)}>Send to</MenuButton>}
        <MenuButton icon="download" items={[{ label: 'Zip, with recipes', act: () => void export_zip(pictures, true) }, { label: 'Zip, without recipes', act: () => void export_zip(pictures, false) }, { label: 'Contact sheet', act: () => void export_contact_sheet(pictures) }]}>Export</MenuButton>
        <IconButton icon="flag" name="Pick" keys="P" on_click={() => flag(pictures, 'picked')} /><IconButton icon="circle-x" name="Reject" keys="X" on_click={() => flag(pictures, 'rejected')} />
        <Button icon="trash-2" on_click={() => bin(pictures)}>Delete</Button></>}
      {!first && rejected.length > 0 && <><span class="grow" /><Button icon="trash-2" on_click={() => bin(rejected)}>Delete rejected ({rejected.length})</Button></>}
    </div>
  );
}

function Grid() {
  useEffect(() => add_keys('Gallery', grid_keys()), []);
  const one = selected_pictures.value.length === 1 ? selected_pictures.value[0] : undefined;
  return (
    <div class={`gallery-columns ${one && is_wide.value ? 'has-panel' : ''}`}>
      {!is_phone.value && <Filters />}
      <section class="gallery-grid" aria-label="Pictures made here">
        <div class="gallery-tools">
          <div class="search-box"><Icon name="search" /><input type="search" aria-label="Search pictures" placeholder="Words of the prompt" value={search.value} onInput={(event) => { search.value = event.currentTarget.value; }} /><span class="hint">{number_text(total.value)} {total.value === 1 ? 'picture' : 'pictures'}</span></div>
          <div class="gallery-view">
            {is_phone.value && <Filters />}
            <Choice name="Sort" value={sort.value} options={sorts} on_change={(value) => { sort.value = value as PictureOrder; }} />
            {!is_phone.value && <><span class="grow" /><span class="hint">Size</span><Slider name="Size of the tiles" value={tile_size.value} least={96} most={320} step={8} on_input={(value) => { tile_size.value = value; }} /></>}
          </div>
        </div>
        {found.value.length === 0 ? <Empty /> : <PictureGrid />}
        <SelectionBar />
      </section>
      {one && is_wide.value && (
        <aside class="gallery-panel" aria-label="Details">
          <div class="gallery-panel-picture"><img src={one.url} alt={`Picture: ${one.prompt}, seed ${one.seed}`} /></div>
          <PictureRecipe picture={one} />
        </aside>
      )}
    </div>
  );
}

/** A link may bring a search along; from then on it is the search like any other. */
function take_search_of_address() {
  const asked = address.value.searchParams.get('search');
  if (path.value !== '/gallery' || asked === null) return;
  search.value = asked;
  go('/gallery', true);
}

export function GalleryPage() {
  useEffect(take_search_of_address, [address.value]);
  useEffect(watch_search, []);
  const [, , second] = path.value.split('/');
  return (
    <main class="gallery" id="main">
      <h1 class="spoken">Gallery</h1>
      {second === 'compare' ? <ComparePage /> : second !== undefined && /^\d+$/.test(second) ? <SinglePicture id={Number(second)} /> : <Grid />}
    </main>
  );
}
