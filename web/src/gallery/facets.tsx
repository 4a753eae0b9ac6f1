// Filters with counts. Each is a word of the search: choosing one writes it, taking it away deletes it.
import { signal } from '@preact/signals';
import type { Facet, FacetField } from '../api';
import { number_text } from '../form/words';
import { is_phone } from '../screen';
import { KeyCap } from '../widgets/button';
import { facets, search } from './found';
import { has_word, toggled, value_of, with_only, words_about } from './search_words';

const groups: [FacetField, string][] = [['date', 'Date'], ['model', 'Model'], ['lora', 'LoRA'], ['sampler', 'Sampler'], ['by', 'Made by'], ['size', 'Size'], ['flag', 'Flag']];
const names: Partial<Record<FacetField, Record<string, string>>> = {
  date: { today: 'Today', week: 'This week', all: 'All' },
  lora: { '': 'None' },
  by: { xyz: 'X/Y/Z plot', upscale: 'Upscale', replay: 'Proof' },
  flag: { picked: 'Picked', rejected: 'Rejected', none: 'Not flagged' },
};
const flag_keys: Record<string, string> = { picked: 'P', rejected: 'X', none: 'U' };

const shown_at_first = 8;
const whole_groups = signal<Set<FacetField>>(new Set());

type Row = Omit<Facet, 'count'> & { count?: number };

function name_of({ field, value }: Row): string {
  return names[field]?.[value] ?? (field === 'size' ? value.replace('x', ' × ') : value);
}

/** Flags are always there; what was chosen stays there also where nothing of it is left. */
function rows_of(field: FacetField): Row[] {
  const counted = facets.value.filter((facet) => facet.field === field);
  const rows: Row[] = field === 'flag' ? Object.keys(flag_keys).map((value) => counted.find((facet) => facet.value === value) ?? { field, value, word: `flag:${value}`, count: 0 }) : counted;
  const unlisted = words_about(search.value, field).filter((word) => !rows.some((row) => row.word.toLowerCase() === word.toLowerCase()));
  return [...unlisted.map((word) => ({ field, value: value_of(word), word })), ...rows];
}

function FacetRow({ row }: { row: Row }) {
  const is_date = row.field === 'date';
  const is_chosen = row.word === '' ? words_about(search.value, row.field).length === 0 : has_word(search.value, row.word);
  const choose = () => { search.value = is_date ? with_only(search.value, 'date', row.word) : toggled(search.value, row.word); };
  return (
    <label class="check-row">
      <input type={is_date ? 'radio' : 'checkbox'} name={is_date ? 'date' : undefined} checked={is_chosen} onChange={choose} />
      <span class="facet-name" title={name_of(row)}>{name_of(row)}</span>
      {row.field === 'flag' && !is_phone.value && <KeyCap>{flag_keys[row.value] ?? ''}</KeyCap>}
      <span class="facet-count">{row.count === undefined ? '' : number_text(row.count)}</span>
    </label>
  );
}

function FacetGroup({ field, label }: { field: FacetField; label: string }) {
  const rows = rows_of(field);
  if (rows.length === 0) return null;
  const is_whole = whole_groups.value.has(field) || rows.length <= shown_at_first + 1;
  const shown = rows.filter((row, i) => is_whole || i < shown_at_first || row.value === '' || has_word(search.value, row.word));
  return (
    <section>
      <h2 id={`facet-${field}`}>{label}</h2>
      <div role={field === 'date' ? 'radiogroup' : 'group'} aria-labelledby={`facet-${field}`}>{shown.map((row) => <FacetRow key={row.word} row={row} />)}</div>
      {!is_whole && <button type="button" class="link" onClick={() => { whole_groups.value = new Set([...whole_groups.value, field]); }}>All {rows.length}</button>}
    </section>
  );
}

export function Facets() {
  return <>{groups.map(([field, label]) => <FacetGroup key={field} field={field} label={label} />)}</>;
}

/** How many filters are set, whoever wrote their words. */
export function filters_set(): number {
  return groups.reduce((sum, [field]) => sum + words_about(search.value, field).length, 0);
}
