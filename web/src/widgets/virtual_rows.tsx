// Rows of one height, as many as there are: only those in view exist. They scroll with the box around them.
import type { ComponentChildren } from 'preact';
import { useLayoutEffect, useRef, useState } from 'preact/hooks';

const rows_at_once = 8; // a step of the window: most frames of a scroll draw nothing
const usual_height = 59;

function scrolling_box(element: HTMLElement): HTMLElement {
  for (let box = element.parentElement; box; box = box.parentElement) if (/auto|scroll/.test(getComputedStyle(box).overflowY)) return box;
  return document.documentElement;
}

export function VirtualRows<T>({ items, name, row, children }: { items: T[]; name?: string; row: (item: T, index: number) => ComponentChildren; children?: ComponentChildren }) {
  const list = useRef<HTMLUListElement>(null);
  const [[first, last], set_range] = useState([0, 30]);
  const height = useRef(usual_height);
  const look = () => {
    const element = list.current;
    if (!element) return;
    height.current = element.querySelector<HTMLElement>('.job-row')?.offsetHeight || usual_height;
    const box = scrolling_box(element).getBoundingClientRect();
    const above = Math.max(0, box.top - element.getBoundingClientRect().top);
    const from = (Math.floor(above / height.current / rows_at_once) - 1) * rows_at_once;
    const to = (Math.ceil((above + Math.min(box.height, window.innerHeight)) / height.current / rows_at_once) + 1) * rows_at_once;
    set_range((was) => (was[0] === from && was[1] === to ? was : [from, to]));
  };
  useLayoutEffect(() => {
    const element = list.current;
    if (!element) return undefined;
    const box = scrolling_box(element);
    const target = box === document.documentElement ? window : box;
    const watch = new ResizeObserver(look);
    watch.observe(box);
    target.addEventListener('scroll', look, { passive: true });
    return () => { watch.disconnect(); target.removeEventListener('scroll', look); };
  }, []);
  useLayoutEffect(look, [items.length]);
  const from = Math.max(0, Math.min(first, items.length - 1));
  const below = Math.max(0, items.length - last);
  // A row that is drawn already is handed over as it is, so that it is not compared anew.
  const drawn = useRef(new Map<T, { index: number; count: number; content: ComponentChildren }>());
  const draw = (item: T, index: number) => {
    const kept = drawn.current.get(item);
    return kept?.index === index && kept.count === items.length ? kept : { index, count: items.length, content: row(item, index) };
  };
  const shown = items.slice(from, last);
  drawn.current = new Map(shown.map((item, i) => [item, draw(item, from + i)]));
  return (
    <ul class="job-rows" aria-label={name} ref={list}>
      {from > 0 && <li aria-hidden="true" key="above" style={{ height: `${from * height.current}px` }} />}
      {shown.map((item) => drawn.current.get(item)?.content)}
      {below > 0 && <li aria-hidden="true" key="below" style={{ height: `${below * height.current}px` }} />}
      {children}
    </ul>
  );
}
