import type { ComponentType } from 'preact';
import { signal } from '@preact/signals';

/** A part of the page that loads when it is first shown. */
export function lazy_part<Props extends object>(load: () => Promise<ComponentType<Props>>): ComponentType<Props> {
  const part = signal<ComponentType<Props> | null>(null);
  const failed = signal(false);
  let is_asked = false;
  const ask = () => {
    is_asked = true;
    failed.value = false;
    load().then((loaded) => { part.value = loaded; }, () => { failed.value = true; });
  };
  return function Part(props: Props) {
    if (!is_asked) ask();
    const Loaded = part.value;
    if (Loaded) return <Loaded {...props} />;
    return failed.value ? <p class="hint pad">This part of the page did not arrive. <button type="button" class="link" onClick={ask}>Try again</button></p> : null;
  };
}
