import type { ComponentChildren } from 'preact';
import { useLayoutEffect, useRef, useState } from 'preact/hooks';
import type { IconName } from '../icons';
import { Icon } from './icon';
import { Popover } from './popover';

export interface MenuItem { label: string; act: () => void; icon?: IconName; keys?: string; checked?: boolean; disabled?: boolean; keeps_open?: boolean }

export function Menu({ anchor, name, items, close }: { anchor: HTMLElement; name: string; items: MenuItem[]; close: () => void }) {
  const list = useRef<HTMLDivElement>(null);
  useLayoutEffect(() => list.current?.querySelector<HTMLElement>('[role^=menuitem]:not(:disabled)')?.focus({ preventScroll: true }), []);
  const walk = (event: KeyboardEvent) => {
    const rows = [...(list.current?.querySelectorAll<HTMLElement>('[role^=menuitem]:not(:disabled)') ?? [])];
    const at = rows.indexOf(document.activeElement as HTMLElement);
    const to = { ArrowDown: at + 1, ArrowUp: at - 1 + rows.length, Home: 0, End: rows.length - 1 }[event.key];
    if (event.key === 'Tab') close();
    if (to === undefined) return;
    event.preventDefault();
    event.stopPropagation();
    rows[to % rows.length]?.focus();
  };
  return (
    <Popover anchor={anchor} name={name} role="menu" class="menu" close={close}>
      <div ref={list} role="none" onKeyDown={walk}>
        {items.map((item) => (
          <button type="button" key={item.label} role={item.checked === undefined ? 'menuitem' : 'menuitemcheckbox'} aria-checked={item.checked} disabled={item.disabled}
            class="menu-row" onClick={() => { if (!item.keeps_open) { close(); anchor.focus({ preventScroll: true }); } item.act(); }}>
            {item.checked !== undefined && <span class="menu-check">{item.checked && <Icon name="check" />}</span>}
            {item.icon && <Icon name={item.icon} />}
            <span class="grow">{item.label}</span>
            {item.keys && <kbd class="key-cap">{item.keys}</kbd>}
          </button>
        ))}
      </div>
    </Popover>
  );
}

/** A menu behind a button that does something else when clicked: right click, Shift F10, holding it on a touch screen. */
export function use_held_menu() {
  const [is_open, set_open] = useState(false);
  const hold = useRef(0);
  const let_go = () => clearTimeout(hold.current);
  return {
    is_open, close: () => set_open(false),
    opens: {
      onContextMenu: (event: Event) => { event.preventDefault(); set_open(true); },
      onKeyDown: (event: KeyboardEvent) => { if (event.key === 'F10' && event.shiftKey) { event.preventDefault(); set_open(true); } },
      onPointerDown: (event: PointerEvent) => { if (event.pointerType === 'touch') hold.current = window.setTimeout(() => set_open(true), 600); },
      onPointerUp: let_go, onPointerCancel: let_go,
    },
  };
}

interface MenuButtonProps { name?: string; items: MenuItem[]; class?: string; icon?: IconName; children?: ComponentChildren; disabled?: boolean }

export function MenuButton({ name, items, class: more = 'button', icon, children, disabled }: MenuButtonProps) {
  const [is_open, set_open] = useState(false);
  const button = useRef<HTMLButtonElement>(null);
  return (
    <>
      <button type="button" ref={button} class={more} aria-label={name} title={children ? undefined : name} aria-haspopup="menu" aria-expanded={is_open} disabled={disabled}
        onClick={() => set_open(!is_open)}>
        {icon && <Icon name={icon} />}{children}
      </button>
      {is_open && button.current && <Menu anchor={button.current} name={name ?? button.current.textContent ?? ''} items={items} close={() => set_open(false)} />}
    </>
  );
}
