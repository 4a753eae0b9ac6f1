// What came of proving a picture: the same bytes or pixels, or how far apart, and what of the recipe could not be honoured.
import { useEffect } from 'preact/hooks';
import { api, type Job, type Picture, type ReplayReport } from '../api';
import { cancel_job } from '../actions';
import { proofs, prove, report_of } from '../proof';
import { jobs, take_answer } from '../store';
import { Button } from '../widgets/button';
import { Icon } from '../widgets/icon';
import { ProgressBar, progress_words } from './progress_line';

export function verdict_of(report: ReplayReport): string {
  if (report.same_bytes) return 'Identical, byte for byte';
  if (report.identical) return 'Identical, pixel for pixel';
  if (!report.same_size || report.psnr === null) return 'Another size, so the pictures are not compared';
  return `PSNR ${report.psnr.toFixed(2)} dB, largest difference ${report.largest} of 255, ${(100 * (report.equal_pixels ?? 0)).toFixed(1)} % of the pixels equal`;
}

const words = { yes: 'honoured', differently: 'differently', no: 'not honoured', note: 'note' };

function Report({ report, job, picture }: { report: ReplayReport; job: Job; picture: Picture }) {
  const meant = report.fields.filter((field) => field.honoured !== 'note');
  const kept = meant.filter((field) => field.honoured === 'yes' || field.honoured === 'differently');
  const told = report.fields.filter((field) => field.honoured !== 'yes');
  const again = job.pictures[0];
  return (
    <>
      <p class={report.identical ? 'proof-verdict is-good' : 'proof-verdict'}><Icon name={report.identical ? 'circle-check' : 'git-compare'} /><b>{verdict_of(report)}</b></p>
      <p class="hint">{kept.length} of {meant.length} fields honoured, in the profile {report.profile}</p>
      {told.length > 0 && (
        <table class="recipe"><tbody>{told.map((field) => <tr key={field.key}><th scope="row">{field.key}</th><td>{field.value}<br /><span class="hint">{words[field.honoured]}{field.note && `: ${field.note}`}</span></td></tr>)}</tbody></table>
      )}
      <p class="button-row">
        {again && !report.identical && report.same_size && <a class="button" href={`/gallery/compare?a=${picture.id}&b=${again.id}`}><Icon name="git-compare" />Compare</a>}
        <Button on_click={() => prove(picture)}>Prove it again</Button>
      </p>
    </>
  );
}

export function ProofPanel({ picture }: { picture: Picture }) {
  const id = proofs.value[picture.id];
  const job = id === undefined ? undefined : jobs.value[id];
  useEffect(() => {
    if (id !== undefined && !job) void api.job(id).then(take_answer, () => {});
  }, [id]);
  if (id === undefined) return null;
  const report = job ? report_of(job) : null;
  return (
    <section class="proof" aria-label="Proof">
      {!job || job.state === 'waiting' ? <p class="hint">Waits for its turn.</p> : null}
      {job?.state === 'running' && <><p class="hint">{progress_words(job)}</p><ProgressBar job={job} name="Progress of the proof" /><p class="button-row"><Button on_click={() => cancel_job(job.id)}>Cancel</Button></p></>}
      {job?.state === 'failed' && <p class="failure-text">{job.error}</p>}
      {job?.state === 'cancelled' && <p class="hint">Stopped. <button type="button" class="link" onClick={() => prove(picture)}>Prove it</button></p>}
      {report instanceof Error && <p class="failure-text">{report.message}</p>}
      {job && report && !(report instanceof Error) && <Report report={report} job={job} picture={picture} />}
    </section>
  );
}
