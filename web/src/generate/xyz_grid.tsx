// A plot as its cells: what varies stands along both sides and stays there; a cell opens as a picture.
import { useEffect, useState } from 'preact/hooks';
import { signal } from '@preact/signals';
import { api, type Job, type Picture } from '../api';
import { go } from '../places';
import { jobs, pictures, take_pictures } from '../store';
import { Button } from '../widgets/button';
import { Segmented } from '../widgets/choice';
import { picked } from './shown';

const read_jobs = signal<Record<string, Job>>({});

/** The job of a plot; null while it is read or where the picture is no plot. */
export function use_plot(picture: Picture | null): Job | null {
  const is_plot = picture !== null && /(^|, )Script: (X\/Y\/Z plot|Prompt matrix)/m.test(picture.infotext);
  const id = picture?.job ?? '';
  const known = jobs.value[id] ?? read_jobs.value[id];
  useEffect(() => {
    if (is_plot && !known) void api.job(id).then((job) => { read_jobs.value = { ...read_jobs.value, [id]: job }; }, () => {});
  }, [id, is_plot]);
  return is_plot && known?.kind === 'xyz' ? known : null;
}

const labels_of = (job: Job, side: 'x' | 'y' | 'z') => (job.raw[`${side}_labels`] as string[] | undefined) ?? [];
const number_of = (job: Job, name: string) => Number(job.raw[name] ?? 1);

function Layer({ job, z, chosen, choose }: { job: Job; z: number; chosen: number[]; choose: (picture: Picture) => void }) {
  const [columns, rows] = [number_of(job, 'columns'), number_of(job, 'rows')];
  const [x, y, layers] = [labels_of(job, 'x'), labels_of(job, 'y'), labels_of(job, 'z')];
  const by_index = new Map(job.pictures.map((picture) => [picture.index, picture]));
  const name_of = (column: number, row: number) => [x[column], y[row], layers[z]].filter((part) => part).join(', ');
  return (
    <table class="xyz-grid">
      {layers[z] && <caption>{layers[z]}</caption>}
      {x.length > 0 && <thead><tr>{y.length > 0 && <td />}{x.map((label, column) => <th key={column} scope="col">{label}</th>)}</tr></thead>}
      <tbody>
        {Array.from({ length: rows }, (_, row) => (
          <tr key={row}>
            {y[row] !== undefined && <th scope="row">{y[row]}</th>}
            {Array.from({ length: columns }, (_, column) => {
              const picture = by_index.get(column + columns * (row + rows * z));
              return (
                <td key={column}>{picture
                  ? <button type="button" class="xyz-cell" aria-label={`Cell ${name_of(column, row)}`} aria-pressed={chosen.includes(picture.id)} onClick={() => choose(picture)}><img src={picture.thumbnail} alt="" width={picture.width} height={picture.height} loading="lazy" /></button>
                  : <span class="hint">left out</span>}</td>
              );
            })}
          </tr>
        ))}
      </tbody>
    </table>
  );
}

export function XyzGrid({ job, picture }: { job: Job; picture: Picture }) {
  const [view, set_view] = useState('cells');
  const [chosen, set_chosen] = useState<number[]>([]);
  const choose = (cell: Picture) => set_chosen(chosen.includes(cell.id) ? chosen.filter((id) => id !== cell.id) : [...chosen, cell.id].slice(-2));
  const open = () => {
    const cell = job.pictures.find((other) => other.id === chosen.at(-1));
    if (!cell) return;
    if (!pictures.value.some((other) => other.id === cell.id)) take_pictures([cell]);
    picked.value = cell.id;
  };
  const [a, b] = [...chosen].sort((one, other) => one - other);
  return (
    <div class="xyz">
      <div class="xyz-tools">
        <Segmented name="Plot" value={view} options={[{ value: 'cells', label: 'Cells' }, { value: 'one', label: 'One picture' }]} on_change={set_view} />
        <span class="grow" />
        <Button disabled={chosen.length === 0} on_click={open}>Open this cell</Button>
        <Button icon="git-compare" disabled={b === undefined} on_click={() => go(`/gallery/compare?a=${a}&b=${b}`)}>Compare two</Button>
      </div>
      <div class="xyz-scroll" tabIndex={0} role="group" aria-label="Cells of the plot">
        {view === 'one' ? <img src={picture.url} alt={`Plot: ${picture.prompt}`} /> : Array.from({ length: number_of(job, 'layers') }, (_, z) => <Layer key={z} job={job} z={z} chosen={chosen} choose={choose} />)}
      </div>
    </div>
  );
}
