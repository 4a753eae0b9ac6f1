// The gallery's search, order and counts over pictures in memory, as the program does them (src/jobs/picture_search.h) but for dates.
const field_of = {
  model: (picture) => [picture.model ?? ''],
  lora: (picture) => [...new Set([...picture.prompt.matchAll(/<lora:([^:>]+)/g)].map(([, name]) => name))],
  sampler: (picture) => [/Sampler: ([^,]+)/.exec(picture.infotext)?.[1] ?? ''],
  by: () => ['txt2img'],
  size: (picture) => [`${picture.width}x${picture.height}`],
  flag: (picture) => [picture.flag],
};
const is_name = (field) => ['model', 'lora', 'sampler', 'by'].includes(field);

const words_of = (search) => search.match(/(?:"[^"]*"?|[^\s"])+/g) ?? [];

function fits(picture, word) {
  const [, field, value] = /^(\w+):(.*)$/.exec(word) ?? [];
  if (field === 'date') return true;
  if (!field_of[field]) return `${picture.prompt} ${picture.infotext}`.toLowerCase().includes(word.replaceAll('"', '').toLowerCase());
  const has = field_of[field](picture);
  if (word === 'lora:none') return has.length === 0;
  const wanted = value.replaceAll('"', '').toLowerCase();
  return has.some((one) => (is_name(field) && !value.startsWith('"') ? one.toLowerCase().startsWith(wanted) : one.toLowerCase() === wanted));
}

export function found_pictures(pictures, search, left_out = '') {
  const groups = new Map();
  for (const word of words_of(search)) {
    const field = /^(\w+):/.exec(word)?.[1];
    const group = field_of[field] ? field : word;
    if (field !== left_out) groups.set(group, [...(groups.get(group) ?? []), word]);
  }
  const all = [...groups.values()];
  return pictures.filter((picture) => all.every((words) => words.some((word) => (word.startsWith('-') ? !fits(picture, word.slice(1)) : fits(picture, word)))));
}

const orders = {
  newest: (a, b) => b.id - a.id, oldest: (a, b) => a.id - b.id, seed: (a, b) => a.seed - b.seed || b.id - a.id,
  model: (a, b) => (a.model ?? '').localeCompare(b.model ?? '') || b.id - a.id,
};

export const sorted_pictures = (pictures, order) => [...pictures].sort(orders[order || 'newest']);

export function picture_facets(pictures, search) {
  const without_dates = found_pictures(pictures, search).length;
  const facets = ['today', 'week', 'all'].map((value) => ({ field: 'date', value, word: value === 'all' ? '' : `date:${value}`, count: without_dates }));
  for (const [field, values_of] of Object.entries(field_of)) {
    const left = found_pictures(pictures, search, field);
    const counts = new Map();
    for (const value of left.flatMap(values_of).filter((value) => value !== '')) counts.set(value, (counts.get(value) ?? 0) + 1);
    facets.push(...[...counts].sort((a, b) => b[1] - a[1]).map(([value, count]) => ({ field, value, word: is_name(field) ? `${field}:"${value}"` : `${field}:${value}`, count })));
    if (field === 'lora') facets.push({ field, value: '', word: 'lora:none', count: left.filter((picture) => values_of(picture).length === 0).length });
  }
  return facets;
}
