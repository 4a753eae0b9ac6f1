import { signal } from '@preact/signals';
import { useEffect } from 'preact/hooks';
import { clock_text } from '../form/words';
import { start } from '../store';
import { line, try_now } from '../stream';
import { unsent } from '../unsent';
import { Icon } from './icon';

export const newer_build = signal<string | null>(null);

const now_ms = signal(Date.now());
const quiet_ms = 6000; // shorter breaks show only in the queue's pill; the banner stands there within 8 s of the last word, on a busy machine too

function NotConnected() {
  const next = Math.max(0, Math.ceil((line.value.next_try - now_ms.value) / 1000));
  const count = unsent.value.length;
  return (
    <div class="banner is-attention" role="status">
      <Icon name="wifi-off" />
      <p class="grow">Not connected since {clock_text(line.value.since)}. Work on the server goes on without this page.{count > 0 && ` ${count === 1 ? '1 job is' : `${count} jobs are`} not sent yet.`}</p>
      <button type="button" class="button" onClick={try_now}>Try now</button>
      <span class="hint banner-next" aria-hidden="true">{next > 0 ? `next try in ${next} s` : 'trying'}</span>
    </div>
  );
}

export function Banner() {
  const is_lost = line.value.state === 'lost';
  useEffect(() => {
    if (!is_lost) return undefined;
    now_ms.value = Date.now();
    const clock = setInterval(() => { now_ms.value = Date.now(); }, 250);
    return () => clearInterval(clock);
  }, [is_lost]);
  if (is_lost && now_ms.value - line.value.since >= quiet_ms) return <NotConnected />;
  if (newer_build.value !== null && newer_build.value !== start.value.build_id)
    return <div class="banner" role="status"><Icon name="refresh-cw" /><p class="grow">A newer version is running.</p><button type="button" class="button" onClick={() => window.location.reload()}>Reload</button></div>;
  return null;
}
