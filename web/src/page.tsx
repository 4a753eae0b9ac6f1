import { useEffect } from 'preact/hooks';
import { polite, urgent } from './announce';
import { GeneratePage } from './generate/page';
import { is_help_open } from './keys';
import { follow_link, path } from './places';
import { is_phone, is_wide } from './screen';
import { Banner } from './widgets/banner';
import { DropZones } from './widgets/drop_zones';
import { ExplainPopover } from './widgets/explain_popover';
import { IconSprite } from './widgets/icon';
import { lazy_part } from './widgets/lazy_part';
import { Queue } from './widgets/queue_drawer';
import { ToastList } from './widgets/toast_list';
import { is_palette_open, is_queue_open, TabBar, TopBar } from './widgets/top_bar';
import { focus_box } from './generate/prompt_edits';

const GalleryPage = lazy_part(() => import('./gallery/page').then((part) => part.GalleryPage));
const LabPage = lazy_part(() => import('./lab/page').then((part) => part.LabPage));
const TrainPage = lazy_part(() => import('./train/page').then((part) => part.TrainPage));
const ModelsPage = lazy_part(() => import('./models/models_page').then((part) => part.ModelsPage));
const SettingsPage = lazy_part(() => import('./models/settings_page').then((part) => part.SettingsPage));
const CommandPalette = lazy_part(() => import('./widgets/command_palette').then((part) => part.CommandPalette));
const KeyHelp = lazy_part(() => import('./widgets/key_help').then((part) => part.KeyHelp));

function Place() {
  const first = path.value.split('/')[1] ?? '';
  if (first === 'gallery') return <GalleryPage />;
  if (first === 'lab') return <LabPage />;
  if (first === 'train') return <TrainPage />;
  if (first === 'models') return <ModelsPage />;
  if (first === 'settings') return <SettingsPage />;
  if (first === 'queue') return <main class="queue-page" id="main"><h1 class="spoken">Queue</h1><Queue /></main>;
  return <GeneratePage />;
}

/** Waits until the stage, drawers and places are there. */
export function Page() {
  useEffect(() => { if (path.value === '/' && !is_phone.value) focus_box('prompt'); }, []);
  const has_drawer = is_queue_open.value && path.value !== '/queue' && !is_phone.value;
  return (
    <div class={`page ${has_drawer ? (is_wide.value ? 'has-queue' : 'has-queue-over') : ''}`} onClick={follow_link}>
      <IconSprite />
      <a class="skip-link" href="#main" onClick={(event) => { event.preventDefault(); if (path.value === '/') focus_box('prompt'); else document.getElementById('main')?.querySelector<HTMLElement>('a, button, input')?.focus(); }}>Skip to {path.value === '/' ? 'the prompt' : 'the content'}</a>
      <TopBar />
      <Banner />
      <div class="page-body">
        <Place />
        {has_drawer && <Queue close={() => { is_queue_open.value = false; }} />}
      </div>
      {is_phone.value && <TabBar />}
      <ExplainPopover />
      {is_palette_open.value && <CommandPalette />}
      {is_help_open.value && <KeyHelp />}
      <DropZones />
      <ToastList />
      <div class="spoken" role="status" aria-live="polite">{polite.value}</div>
      <div class="spoken" role="alert" aria-live="assertive">{urgent.value}</div>
    </div>
  );
}
