// Numbers as people type them: "20", "1e-4", "512*1.5", "(3+4)/2", "1,024". No eval: a parser of one screen.

/** The value, or null where the text is no number. */
export function read_number(text: string): number | null {
  const source = text.replace(/\s+/g, '').replace(/(\d),(?=\d{3}(?!\d))/g, '$1').replace(/[×x]/g, '*').replace(/÷/g, '/');
  let at = 0;

  const atom = (): number => {
    if (source[at] === '-' || source[at] === '+') return source[at++] === '-' ? -atom() : atom();
    if (source[at] === '(') {
      at += 1;
      const value = sum();
      if (source[at] !== ')') return NaN;
      at += 1;
      return value;
    }
    const number = /^(\d+\.?\d*|\.\d+)(e[+-]?\d+)?/i.exec(source.slice(at));
    if (number === null) return NaN;
    at += number[0].length;
    return Number(number[0]);
  };
  const product = (): number => {
    let value = atom();
    while (source[at] === '*' || source[at] === '/') value = source[at++] === '*' ? value * atom() : value / atom();
    return value;
  };
  const sum = (): number => {
    let value = product();
    while (source[at] === '+' || source[at] === '-') value = source[at++] === '+' ? value + product() : value - product();
    return value;
  };

  if (source === '') return null;
  const value = sum();
  return at === source.length && Number.isFinite(value) ? value : null;
}

/** How many decimals a step needs: 0.05 -> 2. */
export function decimals_of(step: number): number {
  const text = String(step);
  const exponent = /e-(\d+)$/.exec(text);
  return exponent ? Number(exponent[1]) : (text.split('.')[1] ?? '').length;
}

/** Without the dust of binary fractions: 0.1 + 0.2 is 0.3. */
export function tidy(value: number): number {
  return Number(value.toPrecision(12));
}

export interface Range { least?: number | undefined; most?: number | undefined; multiple_of?: number | undefined; whole?: boolean | undefined }

/** The nearest value a field allows. */
export function allowed(value: number, { least, most, multiple_of, whole }: Range): number {
  const multiple = multiple_of !== undefined && multiple_of > 1 ? multiple_of : 0;
  let near = multiple > 0 ? Math.round(value / multiple) * multiple : whole ? Math.round(value) : tidy(value);
  if (least !== undefined && near < least) near = multiple > 0 ? Math.ceil(least / multiple) * multiple : least;
  if (most !== undefined && near > most) near = multiple > 0 ? Math.floor(most / multiple) * multiple : most;
  return near;
}
