import { has_field, mode } from '../form/form';
import { remembered } from '../remember';
import { is_phone, is_wide } from '../screen';
import { lazy_part } from '../widgets/lazy_part';
import { Deck } from './deck';
import { Detail } from './detail';
import { Filmstrip } from './filmstrip';
import { FirstVisit, is_first_visit } from './first_visit';
import { PanelEdge } from './panel_edge';
import { PhoneGenerate } from './phone';
import { SettingsPanel } from './settings_panel';
import { is_detail_open, lights, shown, source_is_shown } from './shown';
import { Stage } from './stage';

const SourceCanvas = lazy_part(() => import('../canvas/source_canvas').then((part) => part.SourceCanvas));

export const settings_width = remembered('settings-width', 316, 'browser');
export const detail_width = remembered('detail-width', 304, 'browser');

/** The canvas gives way to the stage while something is made or looked at. */
function shows_canvas(): boolean {
  return mode.value !== 'txt2img' && has_field('init_image') && (source_is_shown.value || shown.value.kind === 'empty');
}

export function StageOrCanvas() {
  if (mode.value === 'txt2img' && is_first_visit()) return <FirstVisit />;
  return shows_canvas() ? <SourceCanvas /> : <Stage />;
}

function Columns() {
  const widths = is_wide.value ? { '--settings-width': `${settings_width.value}px`, '--detail-width': `${detail_width.value}px` } : {};
  const has_detail = is_wide.value ? !(mode.value === 'txt2img' && is_first_visit()) || is_detail_open.value : is_detail_open.value;
  return (
    <div class={`columns ${has_detail && is_wide.value ? 'has-detail' : ''} lights-${lights.value}`} style={widths}>
      <SettingsPanel />
      {is_wide.value && <PanelEdge name="Width of the settings" side="right" width={settings_width} usual={316} range={[260, 480]} />}
      <div class="stage-column">
        <StageOrCanvas />
        {!(mode.value === 'txt2img' && is_first_visit()) && <Filmstrip />}
      </div>
      {has_detail && is_wide.value && <PanelEdge name="Width of the details" side="left" width={detail_width} usual={304} range={[260, 560]} />}
      {has_detail && <Detail />}
    </div>
  );
}

export function GeneratePage() {
  if (is_phone.value) return <PhoneGenerate />;
  return (
    <main class={`generate lights-${lights.value}`} id="main">
      <h1 class="spoken">Generate</h1>
      <Deck />
      <Columns />
    </main>
  );
}
