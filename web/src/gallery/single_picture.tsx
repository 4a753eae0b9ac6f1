// One picture, its recipe beside it.
import { useEffect, useState } from 'preact/hooks';
import { api, type Flag, type Picture } from '../api';
import { PictureRecipe } from '../generate/recipe_tab';
import { PictureActions, full_screen, picture_name, scale_of } from '../generate/stage';
import { fit } from '../generate/shown';
import { add_keys, closes_on_escape } from '../keys';
import { go } from '../places';
import { IconButton } from '../widgets/button';
import { Segmented } from '../widgets/choice';
import { found } from './found';
import { active, bin, compare, flag, select } from './selection';
import { useLayoutEffect, useRef } from 'preact/hooks';

function use_picture(id: number): Picture | null | 'gone' {
  const listed = found.value.find((picture) => picture.id === id);
  const [read, set_read] = useState<Picture | null | 'gone'>(null);
  useEffect(() => {
    if (!listed) api.picture(id).then(set_read, () => set_read('gone'));
  }, [id, listed === undefined]);
  return listed ?? read;
}

function step(id: number, by: 1 | -1) {
  const at = found.value.findIndex((picture) => picture.id === id);
  const next = at < 0 ? undefined : found.value[at + by];
  if (!next) return;
  select(next.id, 'only');
  go(`/gallery/${next.id}`, true);
}

function use_keys(picture: Picture | null) {
  useEffect(() => {
    if (!picture) return undefined;
    const mark = (to: Flag) => () => { flag([picture], to); step(picture.id, 1); };
    const forget = add_keys('Single picture', [
      { keys: 'Left', label: 'Picture before', act: () => step(picture.id, -1) }, { keys: 'Right', label: 'Picture after', act: () => step(picture.id, 1) },
      { keys: 'P', label: 'Pick, then the next', act: mark('picked') }, { keys: 'X', label: 'Reject, then the next', act: mark('rejected') }, { keys: 'U', label: 'Clear the flag, then the next', act: mark('none') },
      { keys: 'G', label: 'Back to the grid', act: () => go('/gallery') }, { keys: 'Z', label: 'Fit or 1 : 1', act: () => { fit.value = fit.value === 'fit' ? 'one' : 'fit'; } },
      { keys: 'F', label: 'Full screen', act: full_screen }, { keys: 'C', label: 'Compare with the one before', act: () => { const at = found.value.findIndex((other) => other.id === picture.id); const older = found.value[at + 1]; if (older) compare([picture, older]); } },
      { keys: 'Delete', label: 'To the bin, with undo', act: () => { const at = found.value.findIndex((other) => other.id === picture.id); const next = found.value[at + 1]; bin([picture]); go(next ? `/gallery/${next.id}` : '/gallery', true); } },
    ]);
    const close = closes_on_escape(() => go('/gallery'));
    return () => { forget(); close(); };
  }, [picture]);
}

export function SinglePicture({ id }: { id: number }) {
  const picture = use_picture(id);
  const box = useRef<HTMLDivElement>(null);
  const [room, set_room] = useState<[number, number]>([0, 0]);
  useLayoutEffect(() => {
    const watch = new ResizeObserver(() => box.current && set_room([box.current.clientWidth, box.current.clientHeight]));
    if (box.current) watch.observe(box.current);
    return () => watch.disconnect();
  }, [picture === null]);
  use_keys(picture === 'gone' ? null : picture);
  useEffect(() => { if (active.value !== id && found.value.some((other) => other.id === id)) select(id, 'only'); }, [id]);
  if (picture === 'gone') return <p class="pad">This picture is not here any more. <a class="link" href="/gallery">To the gallery</a></p>;
  if (picture === null) return null;
  const scale = scale_of(picture.width, picture.height, room, fit.value === 'fit');
  return (
    <div class="single">
      <figure class="stage" aria-label="Picture">
        <div class="stage-tools">
          <IconButton icon="chevron-left" name="Back to the grid" keys="G" on_click={() => go('/gallery')} />
          <span class="hint">{picture.width} × {picture.height}</span><span class="grow" />
          <IconButton icon="flag" name="Pick" keys="P" pressed={picture.flag === 'picked'} on_click={() => flag([picture], picture.flag === 'picked' ? 'none' : 'picked')} />
          <IconButton icon="circle-x" name="Reject" keys="X" pressed={picture.flag === 'rejected'} on_click={() => flag([picture], picture.flag === 'rejected' ? 'none' : 'rejected')} />
          <IconButton icon="chevron-left" name="Picture before" on_click={() => step(id, -1)} /><IconButton icon="chevron-right" name="Picture after" on_click={() => step(id, 1)} />
          <Segmented name="Zoom" value={fit.value} options={[{ value: 'fit', label: 'Fit' }, { value: 'one', label: '1 : 1' }]} on_change={(value) => { fit.value = value as 'fit' | 'one'; }} />
        </div>
        <div class={`stage-room ${fit.value === 'one' ? 'is-one' : ''}`} ref={box}><img src={picture.url} alt={picture_name(picture)} style={{ width: `${picture.width * scale}px`, height: `${picture.height * scale}px` }} /></div>
        <PictureActions picture={picture} />
      </figure>
      <aside class="detail" aria-label="Details"><PictureRecipe picture={picture} /></aside>
    </div>
  );
}
