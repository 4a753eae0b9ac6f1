import assert from 'node:assert/strict';
import test from 'node:test';
import { event_reader, type ServerEvent } from '../src/event_text';

function read(pieces: string[]): ServerEvent[] {
  const events: ServerEvent[] = [];
  const take = event_reader((event) => events.push(event));
  for (const piece of pieces) take(piece);
  return events;
}

test('events are whole however the stream is cut', () => {
  const text = ': alive\n\nid: 7\nevent: job\ndata: {"a":1}\n\nid: 8\r\nevent: progress\r\ndata: one\r\ndata: two\r\n\r\n';
  const whole = [{ id: '7', name: 'job', data: '{"a":1}' }, { id: '8', name: 'progress', data: 'one\ntwo' }];
  assert.deepEqual(read([text]), whole);
  assert.deepEqual(read([...text]), whole);
  for (let cut = 1; cut < text.length; ++cut) assert.deepEqual(read([text.slice(0, cut), text.slice(cut)]), whole, String(cut));
});

test('an event without data is none, and the id stays', () => {
  assert.deepEqual(read(['id: 3\n\ndata: x\n\n']), [{ id: '3', name: '', data: 'x' }]);
});
