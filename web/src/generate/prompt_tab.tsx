// How the program reads the prompt: tokens by chunk, with their weights.
import type { PromptPart, ReadPrompt } from '../api';
import { chosen_styles } from '../form/form';
import { sent_prompts } from '../form/request';
import { weight_text } from '../form/weights';
import { start } from '../store';
import { prompt_info } from './prompt_info';

function Chunk({ parts, index, count }: { parts: PromptPart[]; index: number; count: number }) {
  return (
    <div class="chunk">
      {count > 1 && <p class="hint">chunk {index + 1} of {count}</p>}
      <ul class="tokens" aria-label={`Chunk ${index + 1}`}>
        {parts.map((part, i) => <li key={i} class={part.weight === 1 ? '' : 'is-weighed'}>{part.text}{part.weight !== 1 && <b>{weight_text(part.weight)}</b>}</li>)}
      </ul>
    </div>
  );
}

function Read({ title, read }: { title: string; read: ReadPrompt }) {
  return (
    <section>
      <h3>{title} <span class="hint">{read.tokens} tokens</span></h3>
      {read.error && <p class="note is-attention">{read.error}</p>}
      {read.chunks.map((parts, i) => <Chunk key={i} parts={parts} index={i} count={read.chunks.length} />)}
    </section>
  );
}

export function PromptTab() {
  const info = prompt_info.value;
  const sent = sent_prompts();
  const embeddings = start.value.embeddings.filter((name) => `${sent.prompt} ${sent.negative_prompt}`.includes(name));
  return (
    <div class="tab-body">
      {info ? <><Read title="Prompt" read={info.prompt} /><Read title="Negative prompt" read={info.negative_prompt} /></> : <p class="hint">What the model reads in your prompt stands here.</p>}
      {info && info.loras.length > 0 && (
        <section><h3>LoRA</h3><ul class="plain">{info.loras.map((lora) => <li key={lora.name} class={lora.found ? '' : 'is-attention'}>{lora.name} {weight_text(lora.weight)}{lora.found ? '' : ': was not found'}</li>)}</ul></section>
      )}
      {embeddings.length > 0 && <section><h3>Embeddings</h3><p>{embeddings.join(', ')}</p></section>}
      {chosen_styles.value.length > 0 && (
        <section><h3>Sent to the model</h3><p class="sent">{sent.prompt}</p>{sent.negative_prompt !== '' && <p class="sent">without: {sent.negative_prompt}</p>}</section>
      )}
    </div>
  );
}
