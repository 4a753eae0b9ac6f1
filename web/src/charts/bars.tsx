// Bars with their names and numbers beside them.

export function Bars({ name, rows, text }: { name: string; rows: { name: string; value: number; note?: string }[]; text: (value: number) => string }) {
  const most = Math.max(...rows.map((row) => row.value), 1e-12);
  return (
    <table class="bars" aria-label={name}>
      <tbody>
        {rows.map((row) => (
          <tr key={row.name}>
            <th scope="row">{row.name}</th>
            <td class="bars-bar"><i style={{ width: `${Math.max(0.5, (100 * row.value) / most)}%` }} /></td>
            <td class="is-number">{text(row.value)}{row.note && <span class="hint"> {row.note}</span>}</td>
          </tr>
        ))}
      </tbody>
    </table>
  );
}
