// The Lab: measured answers. A report is a job; its files are kept, and this page draws them.
import { useEffect } from 'preact/hooks';
import { api, type Job, type ReportKind } from '../api';
import { cancel_job, submit } from '../actions';
import { clock_text } from '../form/words';
import { left_words, ProgressBar, progress_words } from '../generate/progress_line';
import { again, report_names, report_of } from '../job_kinds';
import { address, go, path } from '../places';
import { is_phone } from '../screen';
import { take_answer } from '../store';
import { attempt } from '../toasts';
import { Button } from '../widgets/button';
import { Icon } from '../widgets/icon';
import { signal } from '@preact/signals';
import { MenuButton } from '../widgets/menu';
import { NewReportForm } from './new_report';
import { NoiseLevels } from './noise_levels';
import { ConvergenceReport, GuidanceReport, LoraReport, PrecisionReport } from './other_reports';
import { all_reports, kinds, of_kind, read_kept_reports, report_named } from './reports';
import { SamplersReport } from './samplers_report';

const views: Record<ReportKind, (props: { job: Job }) => preact.JSX.Element> = {
  samplers: SamplersReport, convergence: ConvergenceReport, precision: PrecisionReport, guidance: GuidanceReport, lora: LoraReport,
};

const titles: Record<ReportKind, string> = {
  samplers: 'Where each sampler ends, and what it costs', convergence: 'Every sampler on a model', precision: 'What precision costs', guidance: 'What guidance does', lora: 'What a LoRA changes',
};

function when(job: Job): string {
  const day = new Date(job.created * 1000);
  return day.toDateString() === new Date().toDateString() ? clock_text(job.created * 1000) : day.toLocaleDateString('en-GB', { day: 'numeric', month: 'short' });
}

const state_words: Record<string, string> = { waiting: ', waiting', running: ', running', failed: ', failed', cancelled: ', stopped' };
const most_listed = 6;

/** A kind's name leads to its newest report, or to a new one. */
function newest_of(kind: ReportKind): string {
  const newest = of_kind(kind).find((job) => job.state === 'finished');
  return newest ? `/lab/${encodeURIComponent(newest.id)}` : `/lab/new?report=${kind}`;
}

function Rail({ here }: { here: string }) {
  return (
    <nav class="rail lab-rail" aria-label="Reports">
      <MenuButton icon="plus" class="button outlined" items={kinds.map(({ kind, name, icon }) => ({ label: name, icon, act: () => go(`/lab/new?report=${kind}`) }))}>New report<Icon name="chevron-down" /></MenuButton>
      {kinds.map(({ kind, name, icon }) => (
        <div key={kind}>
          <a href={newest_of(kind)} aria-current={here === `new ${kind}` ? 'page' : undefined}><Icon name={icon} /><span class="grow">{name}</span></a>
          {of_kind(kind).slice(0, most_listed).map((job) => (
            <a key={job.id} class="rail-report" href={`/lab/${encodeURIComponent(job.id)}`} aria-current={here === job.id ? 'page' : undefined}><span class="grow">{when(job)}{state_words[job.state] ?? ''}, {job.title}</span></a>
          ))}
        </div>
      ))}
      <a href="/lab/noise-levels" aria-current={here === 'noise-levels' ? 'page' : undefined}><Icon name="arrow-down" /><span class="grow">Noise levels</span></a>
    </nav>
  );
}

const whole_page: Partial<Record<ReportKind, string>> = { convergence: 'report.html', precision: 'precision.html', guidance: 'guidance.html' };
const numbers: Record<ReportKind, string> = { samplers: 'order.json', convergence: 'report.json', precision: 'precision.json', guidance: 'guidance.json', lora: 'lora_1.json' };

function Head({ job }: { job: Job }) {
  const kind = report_of(job);
  const run_again = () => go(`/lab/${encodeURIComponent(submit(again(job)))}`);
  const page = whole_page[kind];
  return (
    <header class="report-head">
      <h2 class="title grow">{titles[kind] ?? 'Report'}<small>{job.title}, {when(job)}</small></h2>
      <Button icon="refresh-cw" on_click={run_again}>{kind === 'convergence' && (job.state === 'cancelled' || job.state === 'failed') ? 'Go on' : 'Run again'}</Button>
      {job.state === 'finished' && page && <a class="button" href={api.job_file_address(job.id, page)} target="_blank" rel="noreferrer"><Icon name="download" />HTML</a>}
      {job.state === 'finished' && <a class="button" href={api.job_file_address(job.id, numbers[kind])} download><Icon name="download" />JSON</a>}
    </header>
  );
}

function Underway({ job }: { job: Job }) {
  if (job.state === 'waiting') return <p class="pad">Waits for its turn. <button type="button" class="link" onClick={() => cancel_job(job.id)}>Cancel</button></p>;
  return (
    <section class="report-progress" aria-label="Running">
      <p><span class="live-tag">running</span> {progress_words(job)}<span class="grow" /> {left_words(job)}</p>
      <ProgressBar job={job} name="Progress of the report" />
      <p class="button-row"><Button on_click={() => cancel_job(job.id)}>Cancel</Button>
        {report_of(job) !== 'convergence' && <span class="hint">If Darkroom stops meanwhile, this report begins anew at its next start.</span>}</p>
    </section>
  );
}

const missing = signal<Record<string, string>>({});

function Report({ id }: { id: string }) {
  const job = report_named(id);
  useEffect(() => {
    if (!job) api.job(id).then(take_answer, (error: unknown) => { missing.value = { ...missing.value, [id]: error instanceof Error ? error.message : String(error) }; });
  }, [id, job === null]);
  if (!job) return <p class="pad hint">{missing.value[id] ? `This report is not here. ${missing.value[id]}` : 'Reading'}</p>;
  const View = views[report_of(job)];
  return (
    <>
      <Head job={job} />
      {(job.state === 'waiting' || job.state === 'running') && <Underway job={job} />}
      {job.state === 'failed' && <p class="note is-attention report-failure"><Icon name="octagon-alert" /><b>Failed</b> {job.error}</p>}
      {job.state === 'cancelled' && <p class="note report-failure">{report_of(job) === 'convergence' ? 'Stopped. What was computed is kept: Go on takes it from there.' : 'Stopped. Nothing of it is kept: Run again begins anew.'}</p>}
      {job.warnings.map((text) => <p key={text} class="note is-attention report-failure">{text}</p>)}
      {job.state === 'finished' && View && <View job={job} />}
    </>
  );
}

function kind_asked(): ReportKind {
  const asked = address.value.searchParams.get('report');
  return kinds.find(({ kind }) => kind === asked)?.kind ?? 'samplers';
}

export function LabPage() {
  useEffect(() => { void attempt(read_kept_reports); }, []);
  const said = decodeURIComponent(path.value.split('/')[2] ?? '');
  const newest = all_reports().find((job) => job.state === 'finished');
  const id = said === 'new' || said === 'noise-levels' ? '' : said || (is_phone.value ? '' : newest?.id ?? '');
  const here = said === 'noise-levels' ? said : id === '' ? `new ${kind_asked()}` : id;
  return (
    <main class="lab with-rail" id="main">
      <h1 class="spoken">Lab</h1>
      <Rail here={here} />
      <div class="rail-content">
        {said === 'noise-levels' && <><header class="report-head"><h2 class="title grow">Noise levels</h2></header><NoiseLevels /></>}
        {said !== 'noise-levels' && id === '' && <><header class="report-head"><h2 class="title grow">New report: {report_names[kind_asked()]}</h2></header><NewReportForm kind={kind_asked()} /></>}
        {id !== '' && <Report key={id} id={id} />}
      </div>
    </main>
  );
}
