// A browser allows six connections to one server, and every open stream takes one. Tabs tell each other of theirs; from the fourth on
// they ask for the state once a second instead.

interface Word { kind: 'who' | 'open'; from: string; since: number }

const most_lines = 3;
const answer_ms = 200;

const me = `${Date.now()} ${Math.random()}`;
const channel = typeof BroadcastChannel === 'undefined' ? null : new BroadcastChannel('darkroom-lines');
let open_since = 0; // 0: this tab has no line
let earlier = new Set<string>();

channel?.addEventListener('message', (event: MessageEvent<Word>) => {
  const { kind, from, since } = event.data;
  if (kind === 'who' && open_since > 0) channel.postMessage({ kind: 'open', from: me, since: open_since } satisfies Word);
  // Of tabs that opened together the later one gives way.
  if (kind === 'open' && (since < open_since || (since === open_since && from < me))) earlier.add(from);
});

export function line_opened() {
  open_since = Date.now();
}

export function line_closed() {
  open_since = 0;
}

/** Whether enough other tabs hold a line. Requires: line_opened. */
export function is_one_too_many(): Promise<boolean> {
  earlier = new Set();
  channel?.postMessage({ kind: 'who', from: me, since: open_since } satisfies Word);
  return new Promise((done) => setTimeout(() => done(earlier.size >= most_lines), answer_ms));
}
