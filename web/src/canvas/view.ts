// How the source lies on the stage: scale and place, changed by wheel, pinch and pan.
import { useLayoutEffect, useRef, useState } from 'preact/hooks';

export interface View { scale: number; x: number; y: number }

const least_scale = 0.05;
const most_scale = 32;

export function use_view(width: number, height: number) {
  const box = useRef<HTMLDivElement>(null);
  const [view, set_view] = useState<View>({ scale: 1, x: 0, y: 0 });
  const is_fit = useRef(true);
  const pinch = useRef(new Map<number, PointerEvent>());

  const fit = () => {
    const room = box.current;
    if (!room || width === 0) return;
    const most = Math.min(room.clientWidth / width, room.clientHeight / height);
    const scale = most >= 1 ? Math.max(1, Math.floor(most)) : most;
    is_fit.current = true;
    set_view({ scale, x: (room.clientWidth - width * scale) / 2, y: (room.clientHeight - height * scale) / 2 });
  };
  const zoom = (factor: number, clientX: number, clientY: number) => {
    const edge = (box.current as HTMLDivElement).getBoundingClientRect();
    is_fit.current = false;
    set_view((old) => {
      const scale = Math.max(least_scale, Math.min(most_scale, old.scale * factor));
      const [px, py] = [clientX - edge.left, clientY - edge.top];
      return { scale, x: px - ((px - old.x) / old.scale) * scale, y: py - ((py - old.y) / old.scale) * scale };
    });
  };
  const pan = (x: number, y: number) => {
    is_fit.current = false;
    set_view((old) => ({ ...old, x: old.x + x, y: old.y + y }));
  };
  const one_to_one = () => {
    const room = box.current;
    if (!room) return;
    const scale = 1 / (window.devicePixelRatio || 1);
    is_fit.current = false;
    set_view({ scale, x: (room.clientWidth - width * scale) / 2, y: (room.clientHeight - height * scale) / 2 });
  };
  const wheel = (event: WheelEvent) => {
    event.preventDefault();
    zoom(Math.exp(-event.deltaY * (event.ctrlKey ? 0.01 : 0.0015)), event.clientX, event.clientY);
  };
  /** Two fingers: the middle pans, the distance zooms. */
  const touch = (event: PointerEvent) => {
    if (event.pointerType !== 'touch') return;
    const before = [...pinch.current.values()];
    if (event.type === 'pointerup' || event.type === 'pointercancel') { pinch.current.delete(event.pointerId); return; }
    const old = pinch.current.get(event.pointerId);
    pinch.current.set(event.pointerId, event);
    const other = before.find((one) => one.pointerId !== event.pointerId);
    if (!old || !other || event.type !== 'pointermove') return;
    const distance = (one: PointerEvent) => Math.hypot(one.clientX - other.clientX, one.clientY - other.clientY);
    pan((event.clientX - old.clientX) / 2, (event.clientY - old.clientY) / 2);
    if (distance(old) > 0) zoom(distance(event) / distance(old), (event.clientX + other.clientX) / 2, (event.clientY + other.clientY) / 2);
  };

  useLayoutEffect(() => {
    fit();
    const room = box.current;
    if (!room) return undefined;
    const watch = new ResizeObserver(() => { if (is_fit.current) fit(); });
    watch.observe(room);
    room.addEventListener('wheel', wheel, { passive: false });
    return () => { watch.disconnect(); room.removeEventListener('wheel', wheel); };
  }, [width, height]);
  return { box, view, fit, one_to_one, pan, touch };
}
