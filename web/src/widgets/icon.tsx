import { icons, type IconName } from '../icons';

/** All outlines once, so that an icon is one reference. */
export function IconSprite() {
  return (
    <svg width="0" height="0" class="sprite" aria-hidden="true">
      {Object.entries(icons).map(([name, body]) => <symbol key={name} id={`icon-${name}`} viewBox="0 0 24 24" dangerouslySetInnerHTML={{ __html: body }} />)}
    </svg>
  );
}

export function Icon({ name, size = 16 }: { name: IconName; size?: number }) {
  return <svg class="icon" width={size} height={size} aria-hidden="true" focusable="false"><use href={`#icon-${name}`} /></svg>;
}
