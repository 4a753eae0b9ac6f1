// Two pictures against each other, or more. A is the oldest; the address holds them: ?a=1&b=2&more=3,4.
import { useEffect, useRef, useState } from 'preact/hooks';
import { api, type PictureDetail } from '../api';
import { remembered } from '../remember';
import { use_recipe } from '../recipes';
import { add_keys, closes_on_escape } from '../keys';
import { ProofPanel } from '../generate/proof_panel';
import { label_of } from '../generate/recipe_tab';
import { address, generate_path, go } from '../places';
import { is_still } from '../screen';
import { prove } from '../proof';
import { send_items } from '../send_to';
import { attempt } from '../toasts';
import { Button, IconButton } from '../widgets/button';
import { Choice, Segmented, Switch } from '../widgets/choice';
import { Divided } from '../widgets/divided';
import { MenuButton } from '../widgets/menu';
import { tag_of } from './compare_tag';
import { look, whole } from './look';
import { fields_of, GridView, most_in_grid, SideView, value_text, ZoomControl } from './many_pictures';
import { compare_address } from './selection';
import { difference_of, difference_pixels, type Difference, type Pixels } from './difference';

type CompareMode = 'slider' | 'side' | 'grid' | 'difference' | 'blink';

const mode = remembered<CompareMode>('compare-mode', 'slider', 'browser');
const gain = remembered('compare-gain', 4, 'browser');
const is_signed = remembered('compare-signed', false, 'browser');
const gains = [1, 2, 4, 8, 16];
const blink_ms = 500; // each of the two: 1 Hz, never above 3

interface Pair { a: PictureDetail; b: PictureDetail; pixels: [Pixels, Pixels]; width: number; height: number; measured: Difference }

async function pixels_of(url: string, width: number, height: number): Promise<Pixels> {
  const bitmap = await createImageBitmap(await api.bytes(url), { colorSpaceConversion: 'none' });
  const canvas = document.createElement('canvas');
  [canvas.width, canvas.height] = [width, height];
  const context = canvas.getContext('2d', { willReadFrequently: true }) as CanvasRenderingContext2D;
  context.imageSmoothingQuality = 'high';
  context.drawImage(bitmap, 0, 0, width, height);
  bitmap.close();
  return context.getImageData(0, 0, width, height);
}

async function read_pair(a: PictureDetail, b: PictureDetail): Promise<Pair> {
  const larger = a.width * a.height >= b.width * b.height ? a : b;
  const { width, height } = larger;
  const pixels: [Pixels, Pixels] = [await pixels_of(a.url, width, height), await pixels_of(b.url, width, height)];
  return { a, b, pixels, width, height, measured: difference_of(...pixels) };
}

function DifferenceView({ pair }: { pair: Pair }) {
  const canvas = useRef<HTMLCanvasElement>(null);
  useEffect(() => {
    const data = difference_pixels(pair.pixels[0], pair.pixels[1], gain.value, is_signed.value);
    const image = new ImageData(pair.width, pair.height);
    image.data.set(data);
    canvas.current?.getContext('2d')?.putImageData(image, 0, 0);
  }, [pair, gain.value, is_signed.value]);
  return <canvas ref={canvas} class="compare-picture" style={shape_of(pair)} width={pair.width} height={pair.height} role="img" aria-label={`Difference of A and B, times ${gain.value}`} />;
}

const shape_of = (pair: Pair) => ({ aspectRatio: `${pair.width} / ${pair.height}`, '--ratio': pair.width / pair.height });
const alt_of = (which: string, picture: PictureDetail) => `${which}: ${picture.prompt}, seed ${picture.seed}`;

function SliderView({ pair }: { pair: Pair }) {
  const side = (which: 'A' | 'B', picture: PictureDetail, other: PictureDetail) => ({ url: picture.url, alt: alt_of(which, picture), tag: tag_of(picture, other) });
  return <Divided a={side('A', pair.a, pair.b)} b={side('B', pair.b, pair.a)} style={shape_of(pair)} />;
}

function BlinkView({ pair }: { pair: Pair }) {
  const [shows_b, set_shows_b] = useState(false);
  const [is_held, set_held] = useState(is_still.value);
  useEffect(() => {
    if (is_held) return undefined;
    const clock = setInterval(() => set_shows_b((now) => !now), blink_ms);
    return () => clearInterval(clock);
  }, [is_held]);
  const flip = () => set_shows_b((now) => !now);
  useEffect(() => add_keys('Blink', [{ keys: '\\', label: 'The other picture', act: () => { set_held(true); flip(); } }]), []);
  return (
    <button type="button" class="compare-picture is-blink" style={shape_of(pair)} aria-label={`${shows_b ? 'B' : 'A'} is shown; press to ${is_held ? 'see the other' : 'stop'}`}
      onClick={() => (is_held ? flip() : set_held(true))}>
      <img src={pair.a.url} alt={alt_of('A', pair.a)} /><img src={pair.b.url} alt={alt_of('B', pair.b)} class={shows_b ? '' : 'is-hidden'} />
      <span class="compare-tag is-left"><b>{shows_b ? 'B' : 'A'}</b></span>
    </button>
  );
}

function WhatDiffers({ pair }: { pair: Pair }) {
  const [a, b] = [fields_of(pair.a), fields_of(pair.b)];
  const names = [...new Set([...Object.keys(a), ...Object.keys(b)])];
  const unequal = names.filter((name) => a[name] !== b[name]);
  const equal = names.filter((name) => !unequal.includes(name) && a[name] !== '');
  const { psnr, largest, changed } = pair.measured;
  return (
    <section class="differs" aria-label="What differs">
      <header><h2>What differs</h2><span class="tag">{unequal.length} of {names.length} fields</span><span class="grow" />
        <span>PSNR <b>{psnr === Infinity ? 'equal' : `${psnr.toFixed(1)} dB`}</b></span><span>largest difference <b>{largest} / 255</b></span><span>changed <b>{(changed * 100).toFixed(changed > 0 && changed < 0.1 ? 2 : 0)} %</b></span></header>
      {pair.a.width !== pair.b.width || pair.a.height !== pair.b.height ? <p class="note">The sizes differ: A is {pair.a.width} × {pair.a.height}, B {pair.b.width} × {pair.b.height}. The smaller is shown enlarged.</p> : null}
      <table class="facts-table">
        <thead><tr><th scope="col">Field</th><th scope="col">A</th><th scope="col">B</th></tr></thead>
        <tbody>
          {unequal.map((name) => <tr key={name}><th scope="row">{label_of(name)}</th><td>{value_text(a[name])}</td><td class="is-b">{value_text(b[name])}</td></tr>)}
          <tr><th scope="row">Equal</th><td colSpan={2} class="quiet-text">{equal.map((name) => `${label_of(name)} ${value_text(a[name])}`).join(', ') || 'nothing'}</td></tr>
        </tbody>
      </table>
      <p class="button-row">
        <Button icon="rotate-ccw" on_click={() => { use_recipe({ ...pair.a.request, seed: pair.a.seed }, false); go(generate_path()); }}>Use A's recipe</Button>
        <Button icon="rotate-ccw" on_click={() => { use_recipe({ ...pair.b.request, seed: pair.b.seed }, false); go(generate_path()); }}>Use B's recipe</Button>
        <Button icon="circle-check" on_click={() => prove(pair.b)}>Prove B</Button>
        <span class="grow" /><MenuButton icon="send" items={send_items(pair.b)}>Send B to</MenuButton>
      </p>
      {largest === 0 && <p class="is-good">A and B are identical in every pixel.</p>}
      <ProofPanel picture={pair.b} />
    </section>
  );
}

const pair_modes = [{ value: 'slider', label: 'Slider' }, { value: 'side', label: 'Side by side' }, { value: 'difference', label: 'Difference' }, { value: 'blink', label: 'Blink' }];
const many_modes = [{ value: 'side', label: 'Side by side' }, { value: 'grid', label: 'Grid' }, ...pair_modes.filter(({ value }) => value !== 'side')];

/** The pictures of the address, A first. */
function ids_of(): number[] {
  const now = address.value.searchParams;
  return [now.get('a'), now.get('b'), ...(now.get('more') ?? '').split(',')].map(Number).filter((id) => id > 0);
}

function show(ids: number[]) {
  go(compare_address(ids), true);
}

function swap() {
  const [a, b, ...more] = ids_of();
  if (a && b) show([b, a, ...more]);
}

/** The picture of that place takes B's, and B its. */
function make_b(index: number) {
  const ids = ids_of();
  [ids[1], ids[index]] = [ids[index] as number, ids[1] as number];
  show(ids);
}

function GainControls() {
  const options = gains.map((value) => ({ value: String(value), label: `${value}×` }));
  return (
    <>
      <Choice name="Gain" class="gain" value={String(gain.value)} options={options} on_change={(value) => { gain.value = Number(value); }} />
      <Switch name="Signed around grey" is_on={is_signed.value} on_change={(is_on) => { is_signed.value = is_on; }} /><span class="hint">signed</span>
    </>
  );
}

export function ComparePage() {
  const ids = ids_of();
  const [pair, set_pair] = useState<Pair | null>(null);
  const [pictures, set_pictures] = useState<PictureDetail[]>([]);
  useEffect(() => {
    void attempt(async () => {
      const all = await Promise.all(ids.slice(0, most_in_grid).map((id) => api.picture(id)));
      set_pictures(all);
      const [a, b] = all;
      if (a && b) set_pair(await read_pair(a, b));
    });
  }, [ids.join()]);
  useEffect(() => { look.value = whole; }, []);
  useEffect(() => closes_on_escape(() => go('/gallery')), []);
  useEffect(() => add_keys('Compare', [
    { keys: 'S', label: 'Swap A and B', act: swap },
    { keys: '[', label: 'Less gain', act: () => { gain.value = gains[Math.max(0, gains.indexOf(gain.value) - 1)] ?? 1; } },
    { keys: ']', label: 'More gain', act: () => { gain.value = gains[Math.min(gains.length - 1, gains.indexOf(gain.value) + 1)] ?? 16; } },
    { keys: 'G', label: 'Back to the grid', act: () => go('/gallery') },
  ]), []);
  const modes = ids.length > 2 ? many_modes : pair_modes;
  const way = modes.some(({ value }) => value === mode.value) ? mode.value : 'side';
  return (
    <div class="compare">
      <div class="stage-tools">
        <Segmented name="Way to compare" value={way} options={modes} on_change={(value) => { mode.value = value as CompareMode; }} />
        <span class="grow" />
        {way === 'difference' && <GainControls />}
        {way === 'side' && <ZoomControl />}
        <Button icon="arrow-left-right" on_click={swap}>Swap</Button>
        <IconButton icon="x" name="Close compare" on_click={() => go('/gallery')} />
      </div>
      <div class="compare-room">
        {pair && way === 'slider' && <SliderView pair={pair} />}
        {pictures.length > 1 && way === 'side' && <SideView pictures={pictures} set_b={make_b} />}
        {pictures.length > 1 && way === 'grid' && <GridView pictures={pictures} />}
        {pair && way === 'difference' && <DifferenceView pair={pair} />}
        {pair && way === 'blink' && <BlinkView pair={pair} />}
      </div>
      {pair && <WhatDiffers pair={pair} />}
    </div>
  );
}
