// A real text area over a painted layer: input methods, spelling, screen readers and undo are the system's own.
import { useEffect, useRef, useState } from 'preact/hooks';
import { no_effect } from '../widgets/field_row';
import { set_value, text_of } from '../form/form';
import { spans_of } from '../form/paint';
import { edit_weight, move_part } from '../form/weights';
import { is_phone } from '../screen';
import { completion_at, word_completion, type Completion } from './completion';
import { apply_edit, register_box } from './prompt_edits';
import { counter_text, prompt_info } from './prompt_info';

interface PromptBoxProps { name: string; field: 'prompt' | 'negative_prompt'; placeholder?: string }

function Painted({ text, caret, scroll }: { text: string; caret: [number, number] | null; scroll: number }) {
  const { spans } = spans_of(text, caret);
  return (
    <div class="prompt-paint" aria-hidden="true">
      <div style={{ transform: `translateY(${-scroll}px)` }}>
        {spans.map((span, i) => <span key={i} class={`look-${span.look} ${span.is_target ? 'is-target' : ''}`}>{span.text}</span>)}{'\n'}
      </div>
    </div>
  );
}

function Offers({ id, completion, at, take }: { id: string; completion: Completion; at: number; take: (i: number) => void }) {
  return (
    <div class="popover offers" role="listbox" aria-label="Completions" id={id}>
      {completion.offers.map((offer, i) => (
        <div key={offer.label} id={`${id}-${i}`} role="option" aria-selected={i === at} data-here={i === at || undefined} class="option"
          onPointerDown={(event) => { event.preventDefault(); take(i); }}>
          <span>{offer.label}</span><small>{offer.fact}</small>
        </div>
      ))}
    </div>
  );
}

/** Weight keys, part keys and completion of one text area. */
function use_editing(box: { current: HTMLTextAreaElement | null }, field: string) {
  const [completion, set_completion] = useState<Completion | null>(null);
  const [at, set_at] = useState(0);
  const offer = (found: Completion | null) => { set_completion(found); set_at(0); };
  const take = (i: number) => {
    const chosen = completion?.offers[i];
    if (!chosen || !completion || !box.current) return;
    const end = completion.from + chosen.text.length;
    apply_edit(box.current, { from: completion.from, to: completion.to, text: chosen.text, select: [end, end] });
    offer(null);
  };
  const walk = (event: KeyboardEvent): boolean => {
    if (!completion) return false;
    const count = completion.offers.length;
    if (event.key === 'ArrowDown') set_at((at + 1) % count);
    else if (event.key === 'ArrowUp') set_at((at - 1 + count) % count);
    else if (event.key === 'Tab' || (event.key === 'Enter' && !event.ctrlKey && !event.metaKey)) take(at);
    else if (event.key === 'Escape') offer(null);
    else return false;
    return true;
  };
  const on_key = (event: KeyboardEvent) => {
    const area = box.current;
    if (!area || event.isComposing) return;
    const control = event.ctrlKey || event.metaKey;
    let is_taken = !control && !event.altKey && walk(event);
    const vertical = event.key === 'ArrowUp' ? 1 : event.key === 'ArrowDown' ? -1 : 0;
    const sideways = event.key === 'ArrowRight' ? 1 : event.key === 'ArrowLeft' ? -1 : 0;
    if (control && !event.shiftKey && vertical !== 0) {
      const edit = edit_weight(area.value, area.selectionStart, area.selectionEnd, vertical);
      if (edit) apply_edit(area, edit);
      is_taken = true;
    } else if (event.altKey && !control && sideways !== 0) {
      const edit = move_part(area.value, area.selectionStart, sideways);
      if (edit) apply_edit(area, edit);
      is_taken = true;
    } else if (control && event.key === ' ') {
      offer(word_completion(area.value, area.selectionStart));
      is_taken = true;
    }
    if (is_taken) { event.preventDefault(); event.stopPropagation(); }
  };
  const typed = (area: HTMLTextAreaElement) => {
    set_value(field, area.value);
    offer(field === 'prompt' ? completion_at(area.value, area.selectionStart) : null);
  };
  return { completion, at, take, on_key, typed, close: () => offer(null) };
}

export function PromptBox({ name, field, placeholder }: PromptBoxProps) {
  const box = useRef<HTMLTextAreaElement>(null);
  const [caret, set_caret] = useState<[number, number] | null>(null);
  const [scroll, set_scroll] = useState(0);
  const text = text_of(field);
  const editing = use_editing(box, field);
  useEffect(() => {
    register_box(field, box.current);
    return () => register_box(field, null);
  }, [field]);
  const look = () => box.current && document.activeElement === box.current && set_caret([box.current.selectionStart, box.current.selectionEnd]);
  useEffect(() => {
    document.addEventListener('selectionchange', look);
    return () => document.removeEventListener('selectionchange', look);
  }, []);
  const { spans, open } = spans_of(text, caret);
  const problem = prompt_info.value?.[field].error ?? (open.length > 0 ? `this ${text[open[0] as number]} has no end; it applies to the rest` : null) ?? no_effect(field === 'negative_prompt' && text !== '' ? field : '');
  const has_target = caret !== null && spans.some((span) => span.is_target);
  const list_id = `offers-${field}`;
  return (
    <div class={`prompt-box ${field}`}>
      <Painted text={text} caret={caret} scroll={scroll} />
      <textarea ref={box} aria-label={name} placeholder={placeholder} value={text} spellcheck={true} autocapitalize="off" aria-describedby={`${field}-foot`}
        aria-autocomplete="list" aria-controls={editing.completion ? list_id : undefined} aria-activedescendant={editing.completion ? `${list_id}-${editing.at}` : undefined}
        onInput={(event) => { editing.typed(event.currentTarget); look(); }} onKeyDown={editing.on_key} onScroll={(event) => set_scroll(event.currentTarget.scrollTop)}
        onFocus={look} onBlur={() => { set_caret(null); editing.close(); }} />
      <div class="prompt-foot" id={`${field}-foot`}>
        {problem ? <span class="prompt-problem">{problem}</span> : has_target && !is_phone.value && <span class="hint">Ctrl ↑ ↓ changes the weight here</span>}
        <span class="counter">{counter_text(field, field === 'negative_prompt')}</span>
      </div>
      {editing.completion && <Offers id={list_id} completion={editing.completion} at={editing.at} take={editing.take} />}
    </div>
  );
}
