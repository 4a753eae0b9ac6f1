// A selection of pictures as one file: a zip, or a contact sheet.
import { api, type Picture } from '../api';
import { count_text } from '../form/words';
import { attempt, tell } from '../toasts';
import { without_recipe } from './without_recipe';
import { zip, type ZipFile } from './zip';

const endings: Record<string, string> = { 'image/png': 'png', 'image/webp': 'webp', 'image/jpeg': 'jpg' };

function save_as(name: string, content: Blob) {
  const url = URL.createObjectURL(content);
  const link = document.createElement('a');
  link.href = url;
  link.download = name;
  link.click();
  setTimeout(() => URL.revokeObjectURL(url), 60_000); // the browser reads it after the click
}

const day_text = (time: Date) => [time.getFullYear(), time.getMonth() + 1, time.getDate()].map((part) => String(part).padStart(2, '0')).join('-');

/** Oldest first, as they were made. */
const in_order = (pictures: Picture[]) => [...pictures].sort((a, b) => a.id - b.id);

export function export_zip(pictures: Picture[], has_recipes: boolean) {
  return attempt(async () => {
    const files: ZipFile[] = [];
    for (const picture of in_order(pictures)) {
      const blob = await api.bytes(picture.url);
      const bytes = new Uint8Array(await blob.arrayBuffer());
      const name = `${String(picture.id).padStart(5, '0')}-${picture.seed}.${endings[blob.type] ?? 'png'}`;
      files.push({ name, bytes: has_recipes ? bytes : without_recipe(bytes), time: new Date(picture.created * 1000) });
    }
    save_as(`darkroom-${day_text(new Date())}.zip`, zip(files));
    tell(`${count_text(files.length, 'picture')} packed, ${has_recipes ? 'with' : 'without'} recipes`);
  });
}

const cell = 256;
const gap = 12;
const line_height = 18;
const most_columns = 6;
const face = '13px Inter, sans-serif';

/** The columns that make a sheet of n pictures nearest to a square. */
export const columns_of = (count: number) => Math.max(1, Math.min(most_columns, Math.ceil(Math.sqrt(count))));

function cut_to(context: CanvasRenderingContext2D, text: string, width: number): string {
  if (context.measureText(text).width <= width) return text;
  let end = text.length;
  while (end > 0 && context.measureText(`${text.slice(0, end)}...`).width > width) --end;
  return `${text.slice(0, end)}...`;
}

/** Every picture on one white sheet, with its number, seed and the words that not all of them share. */
export function export_contact_sheet(pictures: Picture[]) {
  return attempt(async () => {
    const all = in_order(pictures);
    const columns = columns_of(all.length);
    const rows = Math.ceil(all.length / columns);
    const has_words = all.some((picture) => picture.prompt !== all[0]?.prompt);
    const foot = line_height * (has_words ? 2 : 1) + 4;
    const canvas = document.createElement('canvas');
    canvas.width = gap + columns * (cell + gap);
    canvas.height = gap + rows * (cell + foot + gap) + (has_words ? 0 : line_height + 4);
    const context = canvas.getContext('2d');
    if (!context) throw new Error('The contact sheet cannot be drawn: the browser gives no canvas.');
    await document.fonts.load(face);
    context.fillStyle = 'white';
    context.fillRect(0, 0, canvas.width, canvas.height);
    context.font = face;
    context.textBaseline = 'top';
    context.imageSmoothingQuality = 'high';
    const top = has_words ? gap : gap + line_height + 4;
    context.fillStyle = 'black';
    if (!has_words) context.fillText(cut_to(context, all[0]?.prompt ?? '', canvas.width - 2 * gap), gap, gap);
    for (const [i, picture] of all.entries()) {
      const [x, y] = [gap + (i % columns) * (cell + gap), top + Math.floor(i / columns) * (cell + foot + gap)];
      const bitmap = await createImageBitmap(await api.bytes(picture.url));
      const scale = Math.min(cell / bitmap.width, cell / bitmap.height);
      const [width, height] = [bitmap.width * scale, bitmap.height * scale];
      context.drawImage(bitmap, x + (cell - width) / 2, y + cell - height, width, height);
      bitmap.close();
      context.fillText(cut_to(context, `${picture.id}, seed ${picture.seed}`, cell), x, y + cell + 4);
      if (has_words) context.fillText(cut_to(context, picture.prompt, cell), x, y + cell + 4 + line_height);
    }
    const sheet = await new Promise<Blob | null>((done) => canvas.toBlob(done, 'image/png'));
    if (!sheet) throw new Error(`A contact sheet of ${all.length} pictures is larger than the browser can draw: select fewer.`);
    save_as(`darkroom-contact-sheet-${day_text(new Date())}.png`, sheet);
    tell(`Contact sheet of ${count_text(all.length, 'picture')}, ${columns} in a row`);
  });
}
