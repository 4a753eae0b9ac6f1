import type { ComponentChildren } from 'preact';
import { useEffect, useLayoutEffect, useRef, useState } from 'preact/hooks';
import { Icon } from './icon';
import { Popover } from './popover';

export interface Option { value: string; label: string; fact?: string }

interface ChoiceProps { name: string; value: string; options: Option[]; described_by?: string | undefined; on_change: (value: string) => void; class?: string; face?: ComponentChildren; foot?: (close: () => void) => ComponentChildren }

const searched_from = 9;

function OptionList({ name, value, options, on_change, anchor, close, foot }: ChoiceProps & { anchor: HTMLElement; close: () => void }) {
  const [words, set_words] = useState('');
  const has_search = options.length >= searched_from;
  const found = options.filter((option) => `${option.label} ${option.fact ?? ''}`.toLowerCase().includes(words.toLowerCase()));
  const [at, set_at] = useState(Math.max(0, options.findIndex((option) => option.value === value)));
  const box = useRef<HTMLDivElement>(null);
  const here = Math.min(at, found.length - 1);
  // With the list itself, not a frame later: the letters that follow Enter are the list's.
  useLayoutEffect(() => box.current?.querySelector<HTMLElement>('input, [role=listbox]')?.focus({ preventScroll: true }), []);
  useEffect(() => box.current?.querySelector('[data-here]')?.scrollIntoView({ block: 'nearest' }), [here, words]);
  const take = (option: Option | undefined) => {
    if (!option) return;
    close();
    anchor.focus({ preventScroll: true });
    on_change(option.value);
  };
  const on_key = (event: KeyboardEvent) => {
    const to = { ArrowDown: here + 1, ArrowUp: here - 1, Home: 0, End: found.length - 1, PageDown: here + 8, PageUp: here - 8 }[event.key];
    if (to !== undefined) set_at(Math.max(0, Math.min(found.length - 1, to)));
    else if (event.key === 'Enter' || (event.key === ' ' && !has_search)) take(found[here]);
    else if (event.key === 'Tab') return close();
    else if (!has_search && event.key.length === 1 && !event.ctrlKey) {
      const next = found.findIndex((option, i) => i > here && option.label.toLowerCase().startsWith(event.key.toLowerCase()));
      set_at(next >= 0 ? next : Math.max(0, found.findIndex((option) => option.label.toLowerCase().startsWith(event.key.toLowerCase()))));
    } else return;
    event.preventDefault();
    event.stopPropagation();
  };
  const id = `options-${name.replace(/\W+/g, '-')}`;
  const active = found[here] ? `${id}-${here}` : undefined;
  return (
    <Popover anchor={anchor} name={`${name}, choices`} role="none" class="options" close={close}>
      <div ref={box} onKeyDown={on_key}>
        {has_search && <input type="text" class="options-search" placeholder="Search" aria-label={`Search ${name}`} role="combobox" aria-expanded="true" aria-controls={id}
          aria-activedescendant={active} value={words} onInput={(event) => { set_words(event.currentTarget.value); set_at(0); }} />}
        <div id={id} role="listbox" aria-label={name} tabIndex={has_search ? -1 : 0} aria-activedescendant={active} class="options-list">
          {found.map((option, i) => (
            <div key={option.value} id={`${id}-${i}`} role="option" aria-selected={option.value === value} data-here={i === here || undefined} class="option"
              onPointerMove={() => set_at(i)} onClick={() => take(option)}>
              <span>{option.label}</span>{option.fact && <small>{option.fact}</small>}
            </div>
          ))}
          {found.length === 0 && <p class="hint pad">Nothing is called "{words}".</p>}
        </div>
      </div>
      {foot?.(close)}
    </Popover>
  );
}

/** Menu of one choice; long lists can be searched. */
export function Choice(props: ChoiceProps) {
  const [is_open, set_open] = useState(false);
  const button = useRef<HTMLButtonElement>(null);
  const chosen = props.options.find((option) => option.value === props.value);
  const on_key = (event: KeyboardEvent) => {
    if (!is_open && ['ArrowDown', 'ArrowUp'].includes(event.key)) {
      event.preventDefault();
      event.stopPropagation();
      set_open(true);
    }
  };
  return (
    <>
      <button type="button" ref={button} class={`choice ${props.class ?? ''}`} role="combobox" aria-haspopup="listbox" aria-expanded={is_open} aria-label={props.name} aria-describedby={props.described_by}
        onClick={() => set_open(!is_open)} onKeyDown={on_key}>
        {props.face ?? <span>{chosen?.label ?? (props.value || 'Same')}</span>}<Icon name="chevron-down" />
      </button>
      {is_open && button.current && <OptionList {...props} anchor={button.current} close={() => set_open(false)} />}
    </>
  );
}

/** Up to three short options side by side. */
export function Segmented({ name, value, options, described_by, on_change, class: more = '' }: ChoiceProps) {
  const move = (event: KeyboardEvent) => {
    const at = options.findIndex((option) => option.value === value);
    const to = { ArrowRight: at + 1, ArrowDown: at + 1, ArrowLeft: at - 1, ArrowUp: at - 1, Home: 0, End: options.length - 1 }[event.key];
    if (to === undefined) return;
    event.preventDefault();
    event.stopPropagation();
    const next = (to + options.length) % options.length;
    on_change((options[next] as Option).value);
    (event.currentTarget as HTMLElement).querySelectorAll<HTMLElement>('[role=radio]')[next]?.focus();
  };
  return (
    <div class={`segmented ${more}`} role="radiogroup" aria-label={name} aria-describedby={described_by} onKeyDown={move}>
      {options.map((option, i) => (
        <button type="button" key={option.value} role="radio" aria-checked={option.value === value} onClick={() => on_change(option.value)}
          tabIndex={option.value === value || (i === 0 && !options.some((other) => other.value === value)) ? 0 : -1}>{option.label}</button>
      ))}
    </div>
  );
}

export function Switch({ name, is_on, on_change, described_by, disabled }: { name: string; is_on: boolean; on_change: (is_on: boolean) => void; described_by?: string | undefined; disabled?: boolean }) {
  return <button type="button" role="switch" class="switch" aria-checked={is_on} aria-label={name} aria-describedby={described_by} disabled={disabled} onClick={() => on_change(!is_on)}><i /></button>;
}
