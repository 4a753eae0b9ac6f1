// The explanation of a control: the program's own text with the values of this form in it, else the field's one sentence.
import { signal } from '@preact/signals';
import { read_number, tidy } from './form/arithmetic';
import { field_named, has_field, number_of, text_of } from './form/form';
import { start } from './store';

export interface Explained { name: string; label: string; anchor: HTMLElement }

export const explained = signal<Explained | null>(null);

/** "cfg_scale-1" -> "6" at CFG scale 7; what is neither a field nor arithmetic over fields stays as it is. */
export function live_value(expression: string): string {
  const trimmed = expression.trim();
  if (has_field(trimmed)) return text_of(trimmed);
  const numbers = trimmed.replace(/[a-z_][a-z_0-9]*/gi, (name) => (has_field(name) ? `(${number_of(name)})` : name));
  const value = read_number(numbers);
  return value === null ? trimmed : String(tidy(value));
}

export interface Piece { text: string; kind: 'words' | 'value' | 'formula' }

/** Words and, between backticks, formulas, which take what ends their clause along. `[actions]` belong to places that offer them and are left out. */
export function explanation_of(name: string): Piece[] {
  const text = (start.value.explain[name] ?? field_named(name)?.help ?? '').replace(/\s*\[[A-Z][^\]]*\]/g, '');
  const pieces: Piece[] = [];
  let is_formula = false;
  for (const [i, part] of text.split('`').entries()) {
    is_formula = i % 2 === 1;
    const [, end, rest] = (i > 0 && !is_formula && /^([,.:;])(.*)$/s.exec(part)) || [null, '', part];
    if (end) pieces.push({ text: end, kind: 'formula' });
    for (const [j, bit] of (rest ?? '').split(/\{([^{}]*)\}/).entries()) {
      if (bit === '') continue;
      if (j % 2 === 1) pieces.push({ text: live_value(bit), kind: is_formula ? 'formula' : 'value' });
      else pieces.push({ text: bit, kind: is_formula ? 'formula' : 'words' });
    }
  }
  return pieces;
}

export function has_explanation(name: string): boolean {
  return (start.value.explain[name] ?? field_named(name)?.help ?? '') !== '';
}
