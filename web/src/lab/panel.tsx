// A part of a report, and what stands there while its numbers are on their way.
import type { ComponentChildren } from 'preact';

export function Panel({ title, note, class: more = '', children }: { title?: string; note?: string; class?: string; children: ComponentChildren }) {
  return (
    <section class={`report-panel ${more}`} aria-label={title}>
      {title && <header><h3>{title}</h3>{note && <p class="hint">{note}</p>}</header>}
      {children}
    </section>
  );
}

export function Wanting<T>({ found, children }: { found: T | Error | null; children: (found: T) => ComponentChildren }) {
  if (found === null) return <p class="hint pad">Reading</p>;
  if (found instanceof Error) return <p class="note is-attention">{found.message}</p>;
  return <>{children(found)}</>;
}

const verdicts: Record<string, string> = { reproduced: 'holds' };

/** "reproduced only under the profile a1111-2022-12" in the page's words. Refuted is no error and has no colour. */
export function Verdict({ said }: { said: string }) {
  const word = verdicts[said] ?? (/a1111-2022/.test(said) ? 'only in 2022' : /profile darkroom/.test(said) ? 'with fresh noise' : said);
  return <span class={`tag ${said === 'reproduced' ? 'is-good' : ''}`} title={said}>{word}</span>;
}
