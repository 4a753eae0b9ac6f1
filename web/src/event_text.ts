// The text format of server-sent events (HTML standard, section 9.2.6), as far as the program's stream uses it.

export interface ServerEvent { id: string; name: string; data: string }

/** Takes the stream in pieces and gives whole events to `take`. */
export function event_reader(take: (event: ServerEvent) => void): (piece: string) => void {
  let rest = '';
  let event: ServerEvent = { id: '', name: '', data: '' };
  const line_end = /\r\n|\n|\r/;

  const read_line = (line: string) => {
    if (line === '') {
      if (event.data !== '') take({ ...event, data: event.data.slice(0, -1) });
      event = { id: event.id, name: '', data: '' };
      return;
    }
    if (line.startsWith(':')) return;
    const colon = line.indexOf(':');
    const field = colon < 0 ? line : line.slice(0, colon);
    const value = colon < 0 ? '' : line.slice(colon + 1).replace(/^ /, '');
    if (field === 'event') event.name = value;
    else if (field === 'data') event.data += `${value}\n`;
    else if (field === 'id') event.id = value;
  };

  return (piece) => {
    rest += piece;
    // A lone \r at the end may be the first half of \r\n.
    while (rest !== '\r') {
      const end = line_end.exec(rest);
      if (end === null || (end[0] === '\r' && end.index === rest.length - 1)) return;
      const line = rest.slice(0, end.index);
      rest = rest.slice(end.index + end[0].length);
      read_line(line);
    }
  };
}
