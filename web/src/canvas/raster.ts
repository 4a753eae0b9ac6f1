// From strokes to pixels: opaque white where the picture is made anew.
import type { Stroke } from './strokes';

const white = '#fff';
const loaded = new WeakMap<Blob, ImageBitmap>();

/** Brings a loaded mask's light into its transparency: white is masked, and so is what a mask with transparency shows. */
async function mask_bitmap(file: Blob): Promise<ImageBitmap> {
  const bitmap = await createImageBitmap(file);
  const canvas = document.createElement('canvas');
  [canvas.width, canvas.height] = [bitmap.width, bitmap.height];
  const context = canvas.getContext('2d') as CanvasRenderingContext2D;
  context.drawImage(bitmap, 0, 0);
  const image = context.getImageData(0, 0, canvas.width, canvas.height);
  const pixels = image.data;
  for (let i = 0; i < pixels.length; i += 4) {
    const light = ((pixels[i] as number) + (pixels[i + 1] as number) + (pixels[i + 2] as number)) / 3;
    pixels[i + 3] = (light * (pixels[i + 3] as number)) / 255;
    pixels[i] = pixels[i + 1] = pixels[i + 2] = 255;
  }
  context.putImageData(image, 0, 0);
  return createImageBitmap(canvas);
}

export async function load_mask_pictures(strokes: Stroke[]) {
  for (const stroke of strokes) if (stroke.kind === 'picture' && !loaded.has(stroke.file)) loaded.set(stroke.file, await mask_bitmap(stroke.file));
}

function outline(context: CanvasRenderingContext2D, points: { x: number; y: number }[]) {
  context.beginPath();
  const [first] = points;
  if (!first) return;
  context.moveTo(first.x, first.y);
  for (const point of points) context.lineTo(point.x, point.y);
}

/** Draws one more stroke. The context is scaled to the source's pixels. */
export function paint_stroke(context: CanvasRenderingContext2D, stroke: Stroke, width: number, height: number, colour = white) {
  context.save();
  context.fillStyle = context.strokeStyle = colour;
  context.globalCompositeOperation = stroke.kind === 'eraser' ? 'destination-out' : stroke.kind === 'invert' ? 'xor' : 'source-over';
  if (stroke.kind === 'brush' || stroke.kind === 'eraser') {
    context.lineWidth = stroke.size;
    context.lineCap = context.lineJoin = 'round';
    outline(context, stroke.points);
    context.stroke();
  } else if (stroke.kind === 'lasso') {
    outline(context, stroke.points);
    context.fill();
  } else if (stroke.kind === 'rectangle') {
    context.fillRect(Math.min(stroke.from.x, stroke.to.x), Math.min(stroke.from.y, stroke.to.y), Math.abs(stroke.to.x - stroke.from.x), Math.abs(stroke.to.y - stroke.from.y));
  } else if (stroke.kind === 'clear') {
    context.clearRect(0, 0, width, height);
  } else if (stroke.kind === 'picture') {
    const bitmap = loaded.get(stroke.file);
    if (bitmap) context.drawImage(bitmap, 0, 0, width, height);
  } else {
    context.fillRect(0, 0, width, height);
  }
  context.restore();
}

export function paint_all(canvas: HTMLCanvasElement, strokes: Stroke[], width: number, height: number, colour = white) {
  const context = canvas.getContext('2d') as CanvasRenderingContext2D;
  context.setTransform(1, 0, 0, 1, 0, 0);
  context.clearRect(0, 0, canvas.width, canvas.height);
  context.setTransform(canvas.width / width, 0, 0, canvas.height / height, 0, 0);
  for (const stroke of strokes) paint_stroke(context, stroke, width, height, colour);
  if (colour === white) return;
  context.save(); // loaded masks are white
  context.globalCompositeOperation = 'source-in';
  context.fillStyle = colour;
  context.fillRect(0, 0, width, height);
  context.restore();
}

/** The mask as the server wants it: white on black, of the source's size. */
export async function mask_png(strokes: Stroke[], width: number, height: number): Promise<Blob> {
  await load_mask_pictures(strokes);
  const canvas = document.createElement('canvas');
  [canvas.width, canvas.height] = [width, height];
  paint_all(canvas, strokes, width, height);
  const context = canvas.getContext('2d') as CanvasRenderingContext2D;
  context.setTransform(1, 0, 0, 1, 0, 0);
  context.globalCompositeOperation = 'destination-over';
  context.fillStyle = '#000';
  context.fillRect(0, 0, width, height);
  return new Promise((done, failed) => canvas.toBlob((blob) => (blob ? done(blob) : failed(new Error('The browser could not write the mask as PNG.'))), 'image/png'));
}
