// What the program reads in the prompts: tokens, chunks, weights. Asked for 250 ms after the last change; typing never waits for it.
import { effect, signal } from '@preact/signals';
import { api, type PromptAnswer } from '../api';
import { number_of } from '../form/form';
import { sent_prompts } from '../form/request';

export const prompt_info = signal<PromptAnswer | null>(null);

const delay_ms = 250;

export function watch_prompts() {
  let timer = 0;
  let asked = 0;
  effect(() => {
    const { prompt, negative_prompt } = sent_prompts();
    const steps = number_of('steps');
    clearTimeout(timer);
    timer = window.setTimeout(() => {
      const mine = ++asked;
      api.read_prompt(prompt, negative_prompt, steps).then((answer) => { if (mine === asked) prompt_info.value = answer; }, () => {});
    }, delay_ms);
  });
}

/** "22 / 75 tokens", "83 / 150, 2 chunks". */
export function counter_text(which: 'prompt' | 'negative_prompt', is_short: boolean): string {
  const read = prompt_info.value?.[which];
  if (!read) return '';
  const chunks = Math.max(1, read.chunks.length);
  const limit = chunks > 1 && read.limit < read.tokens ? read.limit * chunks : read.limit;
  return `${read.tokens} / ${limit}${chunks > 1 ? `, ${chunks} chunks` : is_short ? '' : ' tokens'}`;
}
