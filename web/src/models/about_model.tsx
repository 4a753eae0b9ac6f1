// What a model's folder says of it: the words it knows, and its card.
import { signal } from '@preact/signals';
import { useEffect, useState } from 'preact/hooks';
import { api, type ModelCard } from '../api';
import { number_text } from '../form/words';
import { address, go, path } from '../places';
import { attempt } from '../toasts';
import { Segmented } from '../widgets/choice';
import { Icon } from '../widgets/icon';
import { blocks_of, type Block, type Inline } from './card_text';

const words = signal('');

function Words({ knows }: { knows: Record<string, string[]> }) {
  const found = Object.entries(knows).map(([name, all]) => [name, all.filter((word) => word.toLowerCase().includes(words.value.toLowerCase())), all.length] as const);
  return (
    <>
      <div class="search-box"><Icon name="search" /><input type="search" aria-label="Search words" placeholder="Words" value={words.value} onInput={(event) => { words.value = event.currentTarget.value; }} /></div>
      {found.map(([name, some, count]) => some.length > 0 && (
        <section key={name} aria-label={name}>
          <h3 class="known-name">{name} <span class="hint">{some.length === count ? number_text(count) : `${number_text(some.length)} of ${number_text(count)}`}</span></h3>
          <ul class="name-list">{some.map((word) => <li key={word}>{word}</li>)}</ul>
        </section>
      ))}
      {found.every(([, some]) => some.length === 0) && <p class="hint">No word matches. The model may still know parts of it.</p>}
    </>
  );
}

function Line({ text }: { text: Inline[] }) {
  return (
    <>
      {text.map((piece, i) => piece.kind === 'code' ? <code key={i}>{piece.text}</code> : piece.kind === 'strong' ? <b key={i}>{piece.text}</b> : piece.kind === 'emphasis' ? <em key={i}>{piece.text}</em>
        : piece.kind === 'link' ? <a key={i} href={piece.address} target="_blank" rel="noreferrer">{piece.text}</a> : piece.text)}
    </>
  );
}

function CardBlock({ block }: { block: Block }) {
  switch (block.kind) {
    case 'heading': return block.level === 1 ? null : <h3><Line text={block.text} /></h3>;
    case 'paragraph': return <p><Line text={block.text} /></p>;
    case 'list': return <ul>{block.items.map((item, i) => <li key={i}><Line text={item} /></li>)}</ul>;
    case 'code': return <pre class="formula">{block.text}</pre>;
    case 'table': return (
      <div class="card-table"><table class="facts-table">
        <thead><tr>{block.head.map((cell, i) => <th key={i} scope="col"><Line text={cell} /></th>)}</tr></thead>
        <tbody>{block.rows.map((row, i) => <tr key={i}>{row.map((cell, j) => <td key={j}><Line text={cell} /></td>)}</tr>)}</tbody>
      </table></div>
    );
  }
}

const parts = [{ value: '/models/knows', label: 'What it knows' }, { value: '/models/card', label: 'How it was trained' }];
export const is_about = (place: string) => parts.some(({ value }) => value === place);

/** Of the model that the address names, else of the one that comes with Darkroom. */
export function AboutModel() {
  const model = address.value.searchParams.get('model') ?? '';
  const [card, set_card] = useState<ModelCard | null>(null);
  useEffect(() => { set_card(null); void attempt(async () => set_card(await api.model_card(model))); }, [model]);
  if (!card) return null;
  const has_words = path.value === '/models/knows';
  return (
    <section class="models-section about-model" aria-label={card.name}>
      <header><h2 class="title grow">{card.name}</h2><Segmented name="About the model" value={path.value} options={parts} on_change={(to) => go(to + address.value.search, true)} /></header>
      {has_words && (card.knows ? <Words knows={card.knows} /> : <p class="hint">No list of its words lies in the folder of this model.</p>)}
      {!has_words && (card.card ? <div class="card-text">{blocks_of(card.card).map((block, i) => <CardBlock key={i} block={block} />)}</div> : <p class="hint">No README.md lies in the folder of this model.</p>)}
    </section>
  );
}
