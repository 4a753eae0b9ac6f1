// The stage of img2img and inpaint while the source is shown.
import { mode, set_value } from '../form/form';
import { pictures } from '../store';
import { api } from '../api';
import { attempt } from '../toasts';
import { is_phone } from '../screen';
import { Button, IconButton, KeyCap } from '../widgets/button';
import { Icon } from '../widgets/icon';
import { Slider } from '../widgets/slider';
import { MaskSurface } from './mask_surface';
import { clear_source, set_source, sources, strokes, undone, type SourceMode, type SourcePicture } from './source';
import { add_stroke, brush, clear_mask, mask_colour, overlay, redo_stroke, tool, tool_rows, undo_stroke, use_tool } from './tools';
import { mask_png } from './raster';
import { use_view } from './view';

const most_recent = 12;

function pick_file(accept: string, take: (file: File) => void) {
  const input = document.createElement('input');
  input.type = 'file';
  input.accept = accept;
  input.onchange = () => { const file = input.files?.[0]; if (file) take(file); };
  input.click();
}

const pictures_accepted = 'image/png,image/jpeg,image/webp';

function NoSource({ of }: { of: SourceMode }) {
  const take = (blob: Blob, name: string) => void attempt(() => set_source(of, blob, name));
  return (
    <div class="no-source">
      <Icon name="image-plus" size={20} />
      <p class="display">Drop a picture, paste, or pick from the gallery</p>
      <p><Button icon="upload" on_click={() => pick_file(pictures_accepted, (file) => take(file, file.name))}>Choose a file</Button></p>
      {pictures.value.length > 0 && (
        <ul class="pick-row" aria-label="Pictures made here">
          {pictures.value.slice(0, most_recent).map((picture) => (
            <li key={picture.id}><button type="button" aria-label={`Use picture: ${picture.prompt}, seed ${picture.seed}`} onClick={() => void attempt(async () => set_source(of, await api.bytes(picture.url), `Picture ${picture.id}`))}><img src={picture.thumbnail} alt="" loading="lazy" /></button></li>
          ))}
        </ul>
      )}
    </div>
  );
}

function load_mask() {
  pick_file(pictures_accepted, (file) => void attempt(async () => {
    (await createImageBitmap(file).catch(() => { throw new Error(`${file.name} cannot be read as a picture: a PNG, JPEG or WebP is needed.`); })).close();
    add_stroke({ kind: 'picture', file });
  }));
}

function save_mask(source: SourcePicture) {
  void attempt(async () => {
    const url = URL.createObjectURL(await mask_png(strokes.value, source.width, source.height));
    const link = document.createElement('a');
    [link.href, link.download] = [url, 'mask.png'];
    link.click();
    setTimeout(() => URL.revokeObjectURL(url), 10_000);
  });
}

const colours = [['red', 'Ruby'], ['cyan', 'Cyan'], ['white', 'White']] as const;

function MaskTools() {
  return (
    <>
      <span class="hint">Brush</span><Slider name="Brush" value={brush.value} least={1} most={256} step={1} tick={48} value_text={`${brush.value} pixels`} on_input={(value) => { brush.value = value; }} /><span class="tool-value">{brush.value} px</span>
      {!is_phone.value && <><span class="hint">Show mask</span><Slider name="Show mask" value={overlay.value} least={10} most={100} step={5} tick={55} value_text={`${overlay.value} percent`} on_input={(value) => { overlay.value = value; }} /><span class="tool-value">{overlay.value} %</span>
        <span role="radiogroup" aria-label="Mask colour" class="mask-colours">{colours.map(([value, label]) => <button type="button" key={value} role="radio" aria-checked={mask_colour.value === value} aria-label={label} class={`mask-colour is-${value}`} onClick={() => { mask_colour.value = value; }} />)}</span></>}
    </>
  );
}

function ToolColumn() {
  return (
    <div class="tool-column" role="toolbar" aria-label="Mask tools" aria-orientation="vertical">
      {tool_rows.map((row) => (
        <button type="button" key={row.tool} aria-label={row.label} title={`${row.label} (${row.key})`} aria-pressed={tool.value === row.tool} class={row.tool === 'invert' ? 'is-apart' : ''} onClick={() => use_tool(row)}>
          <Icon name={row.icon} />{!is_phone.value && <small aria-hidden="true" data-drawn={row.key} />}
        </button>
      ))}
    </div>
  );
}

function Canvas({ source, of }: { source: SourcePicture; of: SourceMode }) {
  const { box, view, fit, one_to_one, pan, touch } = use_view(source.width, source.height);
  const is_mask = of === 'inpaint';
  const take_size = () => {
    set_value('width', Math.max(64, Math.round(source.width / 8) * 8));
    set_value('height', Math.max(64, Math.round(source.height / 8) * 8));
  };
  return (
    <>
      <div class="stage-tools">
        {is_mask ? <MaskTools /> : <span class="hint">{source.name}, {source.width} × {source.height}</span>}
        <span class="grow" />
        {is_mask && <><IconButton icon="undo-2" name="Undo stroke" keys="Ctrl Z" disabled={strokes.value.length === 0} on_click={undo_stroke} /><IconButton icon="redo-2" name="Redo stroke" keys="Ctrl Y" disabled={undone.value.length === 0} on_click={redo_stroke} /></>}
        <Button class="quiet" on_click={fit}>Fit</Button><Button class="quiet" on_click={one_to_one}>1 : 1</Button>
      </div>
      <div class="canvas-room" ref={box} onPointerDown={touch} onPointerMove={touch} onPointerUp={touch} onPointerCancel={touch}>
        <MaskSurface source={source} view={view} pan_by={pan} is_mask={is_mask} />
      </div>
      {is_mask && <ToolColumn />}
      <div class="canvas-foot">
        {is_mask && !is_phone.value && <span class="hint"><KeyCap>[</KeyCap> <KeyCap>]</KeyCap> size <KeyCap>Ctrl Z</KeyCap> stroke by stroke</span>}
        <span class="grow" />
        {is_mask && <><Button on_click={clear_mask} disabled={strokes.value.length === 0}>Clear mask</Button><Button on_click={load_mask}>Load mask</Button><Button on_click={() => save_mask(source)} disabled={strokes.value.length === 0}>Save mask</Button></>}
        <Button on_click={take_size}>Use its size</Button><Button on_click={() => clear_source(of)}>Other source</Button>
      </div>
    </>
  );
}

export function SourceCanvas() {
  const of = mode.value as SourceMode;
  const source = sources.value[of];
  return <figure class="stage canvas-stage" aria-label="Source">{source ? <Canvas key={source.url} source={source} of={of} /> : <NoSource of={of} />}</figure>;
}
