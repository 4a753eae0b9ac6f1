// The surface that is painted on: the source picture, the mask over it as a coloured film, the dashed box, the pointer's ring.
import { useSignalEffect } from '@preact/signals';
import { useEffect, useRef, useState } from 'preact/hooks';
import { extent, seen_box } from './extent';
import { mask_extent } from './masked_box';
import { load_mask_pictures, paint_all, paint_stroke } from './raster';
import { strokes, type SourcePicture } from './source';
import type { Point, Stroke } from './strokes';
import { add_stroke, brush, change_brush, change_overlay, film_colour, overlay, redo_stroke, tool, tool_rows, undo_stroke, use_tool } from './tools';
import { size_of_form } from '../form/request';
import type { View } from './view';

const most_side = 1600; // of the raster on the screen; the mask that is sent has the source's size

function raster_size(source: SourcePicture): [number, number] {
  const scale = Math.min(1, most_side / Math.max(source.width, source.height));
  return [Math.max(1, Math.round(source.width * scale)), Math.max(1, Math.round(source.height * scale))];
}

function measure(canvas: HTMLCanvasElement, source: SourcePicture) {
  const context = canvas.getContext('2d', { willReadFrequently: true }) as CanvasRenderingContext2D;
  const found = mask_extent(context.getImageData(0, 0, canvas.width, canvas.height).data, canvas.width, canvas.height);
  const [sx, sy] = [source.width / canvas.width, source.height / canvas.height];
  extent.value = found && { share: found.share, box: { x1: Math.floor(found.box.x1 * sx), y1: Math.floor(found.box.y1 * sy), x2: Math.ceil(found.box.x2 * sx), y2: Math.ceil(found.box.y2 * sy) } };
}

interface SurfaceProps { source: SourcePicture; view: View; pan_by: (x: number, y: number) => void; is_mask: boolean }

/** Strokes under way, by pointer or by keys. */
function begun(kind: string, at: Point): Stroke | null {
  if (kind === 'brush' || kind === 'eraser') return { kind, size: brush.value, points: [at] };
  if (kind === 'lasso') return { kind, points: [at] };
  return kind === 'rectangle' ? { kind, from: at, to: at } : null;
}

function continued(stroke: Stroke, at: Point): Stroke {
  if (stroke.kind === 'rectangle') return { ...stroke, to: at };
  return 'points' in stroke ? { ...stroke, points: [...stroke.points, at] } : stroke;
}

export function MaskSurface({ source, view, pan_by, is_mask }: SurfaceProps) {
  const box = useRef<HTMLDivElement>(null);
  const canvas = useRef<HTMLCanvasElement>(null);
  const [stroke, set_stroke] = useState<Stroke | null>(null);
  const [pointer, set_pointer] = useState<Point | null>(null);
  const pans = useRef<Point | null>(null);
  const touches = useRef(new Set<number>());
  const [raster_width, raster_height] = raster_size(source);

  useSignalEffect(() => {
    const all = strokes.value;
    const colour = film_colour();
    void load_mask_pictures(all).then(() => {
      if (!canvas.current || all !== strokes.peek()) return;
      paint_all(canvas.current, all, source.width, source.height, colour);
      measure(canvas.current, source);
    });
  });
  useEffect(() => {
    if (!canvas.current || !stroke) return;
    // The stroke under way is painted over the rest; an eraser shows at once too.
    const context = canvas.current.getContext('2d') as CanvasRenderingContext2D;
    if (stroke.kind === 'rectangle' || stroke.kind === 'lasso') paint_all(canvas.current, strokes.peek(), source.width, source.height, film_colour());
    paint_stroke(context, 'points' in stroke && stroke.kind !== 'lasso' ? { ...stroke, points: stroke.points.slice(-2) } : stroke, source.width, source.height, film_colour());
  }, [stroke]);

  const at = (event: PointerEvent): Point => {
    const edge = (box.current as HTMLDivElement).getBoundingClientRect();
    return { x: ((event.clientX - edge.left) / edge.width) * source.width, y: ((event.clientY - edge.top) / edge.height) * source.height };
  };
  const down = (event: PointerEvent) => {
    if (event.pointerType === 'touch') touches.current.add(event.pointerId);
    if (touches.current.size > 1) return set_stroke(null); // two fingers pan and zoom
    box.current?.focus({ preventScroll: true });
    box.current?.setPointerCapture(event.pointerId);
    if (!is_mask || tool.value === 'pan' || event.button === 1) { pans.current = { x: event.clientX, y: event.clientY }; return; }
    if (event.button === 0) set_stroke(begun(tool.value, at(event)));
  };
  const move = (event: PointerEvent) => {
    if (event.pointerType !== 'touch') set_pointer(at(event));
    if (pans.current) {
      pan_by(event.clientX - pans.current.x, event.clientY - pans.current.y);
      pans.current = { x: event.clientX, y: event.clientY };
    } else if (stroke) set_stroke(continued(stroke, at(event)));
  };
  const up = (event: PointerEvent) => {
    touches.current.delete(event.pointerId);
    pans.current = null;
    if (stroke) add_stroke(stroke);
    set_stroke(null);
  };
  const keys = use_canvas_keys(source, is_mask, stroke, set_stroke);
  const ring = is_mask && pointer && (tool.value === 'brush' || tool.value === 'eraser') ? pointer : null;
  const share = (value: number, of: number) => `${(100 * value) / of}%`;
  const seen = is_mask ? seen_box.value : null;
  const [run_width, run_height] = size_of_form();
  return (
    <div ref={box} class={`surface ${is_mask && tool.value !== 'pan' ? 'is-painting' : ''}`} tabIndex={0} role="application" aria-label={is_mask ? 'Mask canvas' : 'Source picture'} aria-describedby="canvas-keys"
      style={{ width: `${source.width * view.scale}px`, height: `${source.height * view.scale}px`, transform: `translate(${view.x}px, ${view.y}px)` }}
      onPointerDown={down} onPointerMove={move} onPointerUp={up} onPointerCancel={up} onPointerLeave={() => set_pointer(null)} onKeyDown={keys}>
      <img src={source.url} alt={`Source: ${source.name}`} draggable={false} />
      {is_mask && <canvas ref={canvas} width={raster_width} height={raster_height} class="film" style={{ opacity: overlay.value / 100 }} aria-hidden="true" />}
      {seen && <div class="seen-box" style={{ left: share(seen.x1, source.width), top: share(seen.y1, source.height), width: share(seen.x2 - seen.x1, source.width), height: share(seen.y2 - seen.y1, source.height) }}><span class={seen.y1 < source.height / 8 ? 'is-inside' : ''}>Cut out {seen.x2 - seen.x1} × {seen.y2 - seen.y1}, shown to the model at {run_width} × {run_height}</span></div>}
      {stroke?.kind === 'rectangle' && <div class="seen-box is-drawn" style={{ left: share(Math.min(stroke.from.x, stroke.to.x), source.width), top: share(Math.min(stroke.from.y, stroke.to.y), source.height), width: share(Math.abs(stroke.to.x - stroke.from.x), source.width), height: share(Math.abs(stroke.to.y - stroke.from.y), source.height) }} />}
      {ring && <div class="ring" style={{ left: share(ring.x, source.width), top: share(ring.y, source.height), width: share(brush.value, source.width), height: share(brush.value, source.height) }} />}
      <p id="canvas-keys" class="spoken">B brush, E eraser, L lasso, M rectangle: arrow keys move its corner, with Ctrl the whole, Enter takes it. F fills, I inverts, brackets change the size, Ctrl Z undoes a stroke.</p>
    </div>
  );
}

/** The rectangle from arrow keys: its far corner moves, with Ctrl the whole of it; Shift makes it ten pixels. */
function moved_rectangle(stroke: Stroke & { kind: 'rectangle' }, event: KeyboardEvent, source: SourcePicture): Stroke {
  const step = event.shiftKey ? 10 : 1;
  const [x, y] = ({ ArrowLeft: [-step, 0], ArrowRight: [step, 0], ArrowUp: [0, -step], ArrowDown: [0, step] } as Record<string, [number, number]>)[event.key] ?? [0, 0];
  const put = (point: Point): Point => ({ x: Math.max(0, Math.min(source.width, point.x + x)), y: Math.max(0, Math.min(source.height, point.y + y)) });
  return { kind: 'rectangle', from: event.ctrlKey ? put(stroke.from) : stroke.from, to: put(stroke.to) };
}

function use_canvas_keys(source: SourcePicture, is_mask: boolean, stroke: Stroke | null, set_stroke: (stroke: Stroke | null) => void) {
  const take_keys = (event: KeyboardEvent): boolean => {
    const letter = event.key.toUpperCase();
    if (event.ctrlKey && letter === 'Z') { event.shiftKey ? redo_stroke() : undo_stroke(); return true; }
    if (event.ctrlKey && letter === 'Y') { redo_stroke(); return true; }
    if (tool.value === 'rectangle' && event.key.startsWith('Arrow')) {
      const quarter: Stroke = { kind: 'rectangle', from: { x: Math.round(source.width * 0.25), y: Math.round(source.height * 0.25) }, to: { x: Math.round(source.width * 0.75), y: Math.round(source.height * 0.75) } };
      set_stroke(stroke?.kind === 'rectangle' ? moved_rectangle(stroke, event, source) : quarter);
      return true;
    }
    if (event.key === 'Enter' && stroke && !event.ctrlKey) { add_stroke(stroke); set_stroke(null); return true; }
    if (event.key === 'Escape' && stroke) { set_stroke(null); return true; }
    if (event.ctrlKey || event.altKey || event.metaKey) return false;
    if (event.key === '[' || event.key === ']') { change_brush(event.key === ']' ? 1 : -1); return true; }
    if (event.key === '{' || event.key === '}') { change_overlay(event.key === '}' ? 5 : -5); return true; }
    const row = tool_rows.find((other) => other.key === (event.key === ' ' ? 'Space' : letter));
    if (row) use_tool(row);
    return row !== undefined;
  };
  return (event: KeyboardEvent) => {
    if (!is_mask || !take_keys(event)) return;
    event.preventDefault();
    event.stopPropagation();
  };
}
