import { useEffect, useRef, useState } from 'preact/hooks';
import { allowed, decimals_of, read_number, tidy, type Range } from '../form/arithmetic';
import { is_phone } from '../screen';
import { Icon } from './icon';

interface NumberFieldProps {
  name: string; value: number; step: number; range: Range; unit?: string; placeholder?: string; described_by?: string | undefined; has_stepper?: boolean;
  shown?: string | undefined;                    // text instead of the number ("Random")
  read?: (text: string) => boolean;  // takes texts that are no number; true where it did
  on_change: (value: number) => void;
}

/** Text field for a number: arithmetic, arrows (Shift ten steps, Alt a tenth), Enter. */
export function NumberField(props: NumberFieldProps) {
  const { name, value, step, range, unit, placeholder, described_by, shown, read, on_change } = props;
  const [typed, set_typed] = useState<string | null>(null);
  const [is_wrong, set_wrong] = useState(false);
  const input = useRef<HTMLInputElement>(null);
  const plain = shown ?? (placeholder !== undefined && value === 0 ? '' : String(tidy(value)));
  useEffect(() => { set_typed(null); set_wrong(false); }, [value, shown]);

  const is_committing = useRef(false);
  const commit = (text: string) => {
    // A change may move the focus for a moment, and leaving the field commits it: once is enough.
    if (is_committing.current) return;
    is_committing.current = true;
    try {
      take(text);
    } finally {
      is_committing.current = false;
    }
  };
  const take = (text: string) => {
    const number = read_number(text);
    if (text === plain || (text.trim() === '' && placeholder !== undefined && value === 0)) return set_typed(null);
    if (read?.(text)) return set_typed(null);
    const wanted = text.trim() === '' && placeholder !== undefined ? 0 : number;
    if (wanted === null) return set_wrong(true);
    set_typed(null);
    set_wrong(false);
    const near = allowed(wanted, range);
    if (near !== value || shown !== undefined) on_change(near);
  };
  const move = (steps: number) => {
    const from = read_number(typed ?? plain) ?? value;
    const unit_step = range.multiple_of && range.multiple_of > 1 ? Math.max(step, range.multiple_of) : step;
    const next = allowed(Number((from + steps * unit_step).toFixed(decimals_of(unit_step) + 2)), range);
    set_typed(null);
    if (next !== value) on_change(next);
  };
  const on_key = (event: KeyboardEvent) => {
    if (event.ctrlKey || event.metaKey) return;
    if (event.key === 'Enter') commit(event.currentTarget instanceof HTMLInputElement ? event.currentTarget.value : plain);
    if (event.key === 'Escape' && typed !== null) { event.preventDefault(); event.stopPropagation(); set_typed(null); set_wrong(false); }
    if (event.key !== 'ArrowUp' && event.key !== 'ArrowDown') return;
    event.preventDefault();
    move((event.key === 'ArrowUp' ? 1 : -1) * (event.shiftKey ? 10 : event.altKey && !range.whole ? 0.1 : 1));
  };

  return (
    <span class={`number-field ${is_wrong ? 'is-wrong' : ''}`}>
      {props.has_stepper && is_phone.value && <button type="button" class="stepper" aria-label={`Less ${name}`} onClick={() => move(-1)}><Icon name="minus" size={20} /></button>}
      <input ref={input} type="text" inputMode="decimal" autocomplete="off" spellcheck={false} role="spinbutton" aria-label={name} aria-valuenow={shown === undefined ? value : undefined}
        aria-valuetext={shown} aria-valuemin={range.least} aria-valuemax={range.most} aria-invalid={is_wrong || undefined} aria-describedby={described_by}
        placeholder={placeholder} value={typed ?? plain} onInput={(event) => set_typed(event.currentTarget.value)} onKeyDown={on_key}
        onFocus={(event) => event.currentTarget.select()} onBlur={(event) => commit(event.currentTarget.value)} />
      {unit && <span class="unit" aria-hidden="true">{unit}</span>}
      {props.has_stepper && is_phone.value && <button type="button" class="stepper" aria-label={`More ${name}`} onClick={() => move(1)}><Icon name="plus" size={20} /></button>}
    </span>
  );
}
