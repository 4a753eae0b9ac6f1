// Completion in the prompt: "<" offers LoRA, Ctrl Space embeddings, styles and earlier words.
import { prompt_history } from '../actions';
import { start } from '../store';

export interface Offer { label: string; fact: string; text: string }
export interface Completion { from: number; to: number; offers: Offer[] }

const most = 12;

function ranked(offers: Offer[], letters: string): Offer[] {
  const low = letters.toLowerCase();
  const place = (offer: Offer) => offer.label.toLowerCase().indexOf(low);
  return offers.filter((offer) => place(offer) >= 0).sort((a, b) => place(a) - place(b) || a.label.localeCompare(b.label)).slice(0, most);
}

export function lora_offers(): Offer[] {
  return start.value.loras.map((lora) => ({ label: lora.name, fact: `rank ${lora.rank}, alpha ${lora.alpha}`, text: `<lora:${lora.name}:1>` }));
}

export function completion_at(text: string, caret: number): Completion | null {
  const open = /<(?:lora:)?([^<>:,()]*)$/i.exec(text.slice(0, caret));
  if (!open || (open[1] ?? '').length > 60 || /^\s/.test(open[1] ?? '')) return null;
  const offers = ranked(lora_offers(), open[1] ?? '');
  const is_closed = text[caret] === '>';
  return offers.length > 0 ? { from: open.index, to: is_closed ? caret + 1 : caret, offers } : null;
}

export function word_completion(text: string, caret: number): Completion | null {
  const letters = /[^\s,()<>:]*$/.exec(text.slice(0, caret))?.[0] ?? '';
  const words = new Set(prompt_history.value.slice(0, 100).flatMap((entry) => entry.prompt.split(',')).map((part) => part.trim()).filter((part) => part.length > 2 && part.length < 60));
  const offers = ranked([
    ...start.value.embeddings.map((name) => ({ label: name, fact: 'embedding', text: name })),
    ...start.value.styles.map((style) => ({ label: style.name, fact: 'style', text: style.prompt.replaceAll('{prompt}', '').trim() })),
    ...[...words].map((word) => ({ label: word, fact: 'used before', text: word })),
  ], letters).filter((offer) => offer.text !== letters);
  return offers.length > 0 ? { from: caret - letters.length, to: caret, offers } : null;
}
