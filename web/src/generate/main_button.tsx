import { useRef } from 'preact/hooks';
import { generate, goes_on_forever, interrupt, is_preparing, skip_picture } from '../actions';
import { picture_count, seconds_of_form } from '../form/request';
import { count_text, time_text } from '../form/words';
import { has_plot } from '../form/xyz';
import { own_live, own_running } from '../store';
import { line } from '../stream';
import { is_phone } from '../screen';
import { KeyCap } from '../widgets/button';
import { Menu, use_held_menu } from '../widgets/menu';

/** The one red button. While something of this tab runs or waits, it queues; it is never blocked. */
export function MainButton({ with_time = false }: { with_time?: boolean }) {
  const menu = use_held_menu();
  const button = useRef<HTMLButtonElement>(null);
  const count = picture_count();
  const words = has_plot.value ? `${own_live.value.length > 0 ? 'Queue' : 'Generate'} ${count_text(count, 'cell')}` : own_live.value.length > 0 ? `Queue ${count} more` : count > 1 ? `Generate ${count}` : 'Generate';
  const seconds = seconds_of_form();
  return (
    <>
      <button type="button" ref={button} class="main-button" aria-label={words} aria-haspopup="menu" aria-busy={is_preparing.value} onClick={() => void generate()} {...menu.opens}>
        <b>{is_preparing.value ? 'Sending' : words}</b>
        {!is_phone.value && <KeyCap>Ctrl Enter</KeyCap>}
        {with_time && seconds !== null && <small aria-hidden="true" data-drawn={`about ${time_text(seconds)}`} />}
      </button>
      {menu.is_open && button.current && <Menu anchor={button.current} name="More ways to generate" close={menu.close} items={[
        { label: 'To the front', keys: 'Ctrl Shift Enter', act: () => void generate(true) },
        { label: goes_on_forever.value ? 'Stop generating forever' : 'Generate forever', act: () => { goes_on_forever.value = !goes_on_forever.value; if (goes_on_forever.value) void generate(); } },
      ]} />}
    </>
  );
}

export function StopButtons() {
  if (!own_running.value) return null;
  const is_lost = line.value.state === 'lost';
  const reason = is_lost ? 'Not connected: the server cannot be asked now' : undefined;
  return (
    <div class="stop-buttons">
      <button type="button" class="button" aria-label="Interrupt" title={reason} disabled={is_lost} onClick={interrupt}>Interrupt<KeyCap>Esc</KeyCap></button>
      <button type="button" class="button" aria-label="Skip this picture" title={reason} disabled={is_lost} onClick={skip_picture}>Skip<KeyCap>Alt Enter</KeyCap></button>
    </div>
  );
}
