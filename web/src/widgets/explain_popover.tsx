import { useEffect, useLayoutEffect, useRef, useState } from 'preact/hooks';
import { api } from '../api';
import { explained, explanation_of, type Piece } from '../explain';
import { field_named, number_of } from '../form/form';
import { all_rows } from '../form/layout';
import { settings_of_form } from '../form/request';
import { Popover } from './popover';

/** Words, live values and formulas, formulas in a block of their own. */
export function Explanation({ pieces }: { pieces: Piece[] }) {
  const blocks: { is_formula: boolean; pieces: Piece[] }[] = [];
  for (const piece of pieces) {
    const is_formula = piece.kind === 'formula';
    const last = blocks.at(-1);
    if (last && last.is_formula === is_formula) last.pieces.push(piece);
    else blocks.push({ is_formula, pieces: [piece] });
  }
  const is_value = (piece: Piece) => piece.kind !== 'words' && /^-?[\d.]+$/.test(piece.text);
  return (
    <>
      {blocks.map((block, i) => block.is_formula
        ? <pre key={i} class="formula">{block.pieces.map((piece, j) => (is_value(piece) ? <b key={j}>{piece.text}</b> : piece.text))}</pre>
        : <p key={i}>{block.pieces.map((piece, j) => (piece.kind === 'value' ? <b key={j}>{piece.text}</b> : j === 0 ? piece.text.trimStart() : piece.text))}</p>)}
    </>
  );
}

export function ExplainPopover() {
  const now = explained.value;
  const box = useRef<HTMLDivElement>(null);
  useLayoutEffect(() => { if (now) box.current?.focus({ preventScroll: true }); }, [now]);
  const [acts, set_acts] = useState('');
  useEffect(() => {
    set_acts('');
    if (!now) return undefined;
    let is_open = true;
    // Without an answer the words alone are there.
    api.explain(settings_of_form()).then(({ fields }) => { if (is_open) set_acts(fields.find(({ name }) => name === now.name)?.now ?? ''); }).catch(() => undefined);
    return () => { is_open = false; };
  }, [now]);
  if (!now) return null;
  const field = field_named(now.name);
  const value = field && (field.type === 'number' || field.type === 'whole') ? ` ${number_of(now.name)}` : '';
  const row = all_rows().find((other) => other.name === now.name);
  return (
    <Popover anchor={now.anchor} name={`${now.label}, explained`} beside close={() => { explained.value = null; }} class="explanation">
      <div ref={box} tabIndex={-1} class="explanation-text">
        <header><h2>{now.label}{value}</h2><span class="hint">Esc closes</span></header>
        <Explanation pieces={explanation_of(now.name)} />
        {acts !== '' && <p class="explained-now"><b>Now</b> {acts}.</p>}
        {now.name === 'cfg_scale' && <p><a class="button outlined" href="/lab/new?report=guidance&prompt=form" onClick={() => { explained.value = null; }}>Measure it on this prompt</a></p>}
        {field?.flag && <p class="hint">On the command line <code>{field.flag}</code>{row?.also && row.also !== now.label ? `, in AUTOMATIC1111 "${row.also}"` : ''}</p>}
      </div>
    </Popover>
  );
}
