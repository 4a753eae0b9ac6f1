// Numbers and times as the page writes them.

const plain = new Intl.NumberFormat('en', { maximumFractionDigits: 20 });

export function number_text(value: number): string {
  return plain.format(value);
}

/** "0.9 s", "16 s", "1 min 55 s", "2 h 11 min". */
export function time_text(seconds: number): string {
  if (seconds < 9.95) return `${Number(Math.max(0.1, seconds).toFixed(1))} s`;
  const whole = Math.round(seconds);
  if (whole < 60) return `${whole} s`;
  if (whole < 3600) return whole % 60 === 0 ? `${whole / 60} min` : `${Math.floor(whole / 60)} min ${whole % 60} s`;
  const minutes = Math.round(whole / 60);
  return minutes % 60 === 0 ? `${minutes / 60} h` : `${Math.floor(minutes / 60)} h ${minutes % 60} min`;
}

/** "now", "50 s ago", "14 min ago", "3 h ago": no more precise than anybody needs. */
export function ago_text(seconds: number): string {
  if (seconds < 2) return 'now';
  const unit = seconds < 60 ? 1 : seconds < 3600 ? 60 : 3600;
  return `${time_text(Math.floor(seconds / unit) * unit)} ago`;
}

/** Seconds per step: two figures that matter. */
export function pace_text(seconds: number): string {
  return `${seconds < 0.1 ? seconds.toFixed(3) : seconds.toFixed(2)} s per step`;
}

/** Decimal units: "1.72 GB", "246 MB". */
export function size_text(bytes: number): string {
  if (bytes >= 1e9) return `${(bytes / 1e9).toFixed(2)} GB`;
  if (bytes >= 1e6) return `${Math.round(bytes / 1e6)} MB`;
  return bytes >= 1e3 ? `${Math.round(bytes / 1e3)} kB` : `${bytes} bytes`;
}

export function count_text(count: number, one: string, more = `${one}s`): string {
  return `${number_text(count)} ${count === 1 ? one : more}`;
}

export function clock_text(time_ms: number): string {
  return new Date(time_ms).toLocaleTimeString('en-GB', { hour: '2-digit', minute: '2-digit' });
}

/** The folder that a file lies in, by its last name. */
export function folder_of(file: string): string {
  return file.split('/').slice(0, -1).pop() ?? '';
}

export function same_text(a: string, b: string): boolean {
  return a.trim().toLowerCase() === b.trim().toLowerCase();
}
