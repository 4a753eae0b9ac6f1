// Samples of two runs against each other: of the same prompt, at the same step, from the same seed.
import { useEffect, useState } from 'preact/hooks';
import { api, type Run, type RunSample, type WholeRun } from '../api';
import { attempt } from '../toasts';
import { Choice } from '../widgets/choice';
import { Divided } from '../widgets/divided';
import { equal_samples, sample_words, type SamplePair } from './samples';

async function pairs_of(a: Run, b: Run): Promise<SamplePair[]> {
  const whole = await attempt(() => Promise.all([api.run(a.name), api.run(b.name)]));
  return whole ? equal_samples(...(whole as [WholeRun, WholeRun])) : [];
}

function Last({ mark, run }: { mark: string; run: Run }) {
  return run.sample ? <figure><img src={run.sample} alt={`Last sample of ${run.name}`} /><figcaption>{mark}</figcaption></figure> : null;
}

const side = (run: Run, sample: RunSample) => ({ url: sample.url, alt: `${run.name}: ${sample_words(sample)}`, tag: '' });

/** With a divider where both have samples of equal seeds, else the last of each. */
export function SamplesOfBoth({ a, b }: { a: Run; b: Run }) {
  const [pairs, set_pairs] = useState<SamplePair[] | null>(null);
  const [at, set_at] = useState(0);
  const [shape, set_shape] = useState<[number, number]>([1, 1]);
  useEffect(() => {
    let is_old = false;
    set_pairs(null);
    set_at(0);
    if (a.kind === 'run' && b.kind === 'run' && a.sample && b.sample) void pairs_of(a, b).then((found) => { if (!is_old) set_pairs(found); });
    return () => { is_old = true; };
  }, [a.name, b.name, a.sample, b.sample]);
  if (!a.sample && !b.sample) return null;
  const pair = pairs?.[Math.min(at, pairs.length - 1)];
  if (!pair) return <><h3>Last samples</h3>{pairs && <p class="hint">No prompt was sampled by both with the same seed.</p>}<div class="diff-samples"><Last mark="A" run={a} /><Last mark="B" run={b} /></div></>;
  const choices = (pairs ?? []).map((one, i) => ({ value: String(i), label: one.words }));
  return (
    <section class="sample-pair" aria-label="Samples of both">
      <header><h3>Samples, same seed</h3><span class="hint">{pair.a.seed}</span><span class="grow" />{choices.length > 1 ? <Choice name="Sample compared" value={String(at)} options={choices} on_change={(value) => set_at(Number(value))} /> : <span class="hint">{pair.words}</span>}</header>
      <Divided key={pair.words} a={side(a, pair.a)} b={side(b, pair.b)} style={{ aspectRatio: `${shape[0]} / ${shape[1]}`, '--ratio': shape[0] / shape[1] }} on_load={(width, height) => set_shape([width, height])} />
    </section>
  );
}
