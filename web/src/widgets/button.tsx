import type { ComponentChildren } from 'preact';
import type { IconName } from '../icons';
import { Icon } from './icon';

interface IconButtonProps {
  icon: IconName; name: string; keys?: string; pressed?: boolean; disabled?: boolean; expanded?: boolean; class?: string;
  on_click: (event: MouseEvent) => void;
}

/** A button that shows only an icon; its name is spoken and stands in its tooltip. */
export function IconButton({ icon, name, keys, pressed, disabled, expanded, class: more = '', on_click }: IconButtonProps) {
  return (
    <button type="button" class={`icon-button ${more}`} aria-label={name} title={keys ? `${name} (${keys})` : name} aria-pressed={pressed}
      aria-expanded={expanded} disabled={disabled} onClick={on_click}>
      <Icon name={icon} />
    </button>
  );
}

interface ButtonProps { children: ComponentChildren; icon?: IconName; name?: string; disabled?: boolean; class?: string; title?: string; on_click: (event: MouseEvent) => void }

export function Button({ children, icon, name, disabled, class: more = '', title, on_click }: ButtonProps) {
  return (
    <button type="button" class={`button ${more}`} aria-label={name} disabled={disabled} title={title} onClick={on_click}>
      {icon && <Icon name={icon} />}{children}
    </button>
  );
}

/** A key beside a label. It is drawn by the style sheet: as text it would be part of what the control seems to be called. */
export function KeyCap({ children }: { children: string }) {
  return <kbd class="key-cap" aria-hidden="true" data-drawn={children} />;
}
