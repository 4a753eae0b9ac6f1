import type { Signal } from '@preact/signals';

interface PanelEdgeProps { name: string; side: 'left' | 'right'; width: Signal<number>; usual: number; range: [number, number] }

/** The border of a panel: dragged or moved by arrow keys; a double click brings back the usual width. */
export function PanelEdge({ name, side, width, usual, range }: PanelEdgeProps) {
  const set = (value: number) => { width.value = Math.round(Math.max(range[0], Math.min(range[1], value))); };
  const drag = (event: PointerEvent) => {
    const edge = event.currentTarget as HTMLElement;
    const [from, at] = [width.value, event.clientX];
    edge.setPointerCapture(event.pointerId);
    const move = (moved: PointerEvent) => set(from + (moved.clientX - at) * (side === 'right' ? 1 : -1));
    const end = () => {
      edge.removeEventListener('pointermove', move);
      edge.removeEventListener('pointerup', end);
    };
    edge.addEventListener('pointermove', move);
    edge.addEventListener('pointerup', end);
  };
  const on_key = (event: KeyboardEvent) => {
    const step = { ArrowLeft: -16, ArrowRight: 16 }[event.key];
    if (step === undefined) return;
    event.preventDefault();
    event.stopPropagation();
    set(width.value + step * (side === 'right' ? 1 : -1));
  };
  return <div class={`panel-edge is-${side}`} role="separator" aria-orientation="vertical" aria-label={name} aria-valuenow={width.value} aria-valuemin={range[0]} aria-valuemax={range[1]} tabIndex={0}
    onPointerDown={drag} onDblClick={() => set(usual)} onKeyDown={on_key} />;
}
