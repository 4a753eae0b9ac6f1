// A table whose cells are tinted by how far they are from 1, on a logarithmic scale; the number is written in each.

interface HeatProps { name: string; corner: string; columns: string[]; rows: { name: string; values: (number | null)[] }[]; warn_above?: number }

const text_of = (value: number) => (value >= 100 ? value.toFixed(0) : value >= 10 ? value.toFixed(1) : value.toFixed(2));

/** 0 to 1: a hundred times more or less is full. */
const strength = (value: number) => Math.min(1, Math.abs(Math.log10(value)) / 2);

export function HeatTable({ name, corner, columns, rows, warn_above }: HeatProps) {
  return (
    <div class="chart-table" tabIndex={0} role="group" aria-label={name}>
      <table class="heat">
        <thead><tr><th scope="col">{corner}</th>{columns.map((column) => <th key={column} scope="col">{column}</th>)}</tr></thead>
        <tbody>
          {rows.map((row) => (
            <tr key={row.name}>
              <th scope="row">{row.name}</th>
              {row.values.map((value, i) => (value === null || value <= 0
                ? <td key={i} class="hint">none</td>
                : <td key={i} class={value > 1 ? 'is-more' : 'is-less'} style={{ '--heat': `${Math.round(46 * strength(value))}%` }}>{warn_above !== undefined && value > warn_above ? <b>{text_of(value)}</b> : text_of(value)}</td>))}
            </tr>
          ))}
        </tbody>
      </table>
    </div>
  );
}
