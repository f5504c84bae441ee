import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import { EventStreamReader, type StreamEvent } from './event-stream.ts';

function read(parts: readonly Buffer[]): StreamEvent[] {
  const events: StreamEvent[] = [];
  const reader = new EventStreamReader((event) => events.push(event));
  for (const part of parts) reader.push(part);
  return events;
}

for (const { why, bytes, events } of [
  { why: 'one without a name is a message', bytes: 'data: a\n\n', events: [{ event: 'message', data: 'a' }] },
  { why: 'it may have a name', bytes: 'event: endpoint\ndata: /m\n\n', events: [{ event: 'endpoint', data: '/m' }] },
  {
    why: 'its data may have several lines',
    bytes: 'data: a\ndata:b\n\n',
    events: [{ event: 'message', data: 'a\nb' }],
  },
  { why: 'only one blank is cut', bytes: 'data:  a\n\n', events: [{ event: 'message', data: ' a' }] },
  { why: 'lines may end in CR LF', bytes: 'data: a\r\n\r\n', events: [{ event: 'message', data: 'a' }] },
  {
    why: 'lines may end in CR',
    bytes: 'data: a\r\rdata: b\r\r',
    events: ['a', 'b'].map((data) => ({ event: 'message', data })),
  },
  {
    why: 'comments, names and times are passed over',
    bytes: ': hi\nid: 7\nretry: 5\ndata: a\n\n',
    events: [{ event: 'message', data: 'a' }],
  },
  { why: 'a name alone is no event', bytes: 'event: x\n\ndata: a\n\n', events: [{ event: 'message', data: 'a' }] },
  { why: 'one that does not end is none', bytes: 'data: a\n', events: [] },
  {
    why: 'a mark of the byte order is none of it',
    bytes: '\ufeffdata: a\n\n',
    events: [{ event: 'message', data: 'a' }],
  },
]) {
  test(`mcp: a stream of events: ${why}`, () => {
    assert.deepEqual(read([Buffer.from(bytes)]), events);
  });
}

test('mcp: a stream of events says the same in whatever pieces it comes', () => {
  const piece = fc.constantFrom(
    'data: é€😀',
    'data:',
    'event: x',
    ': c',
    '\r',
    '\n',
    '\r\n',
    '\n\n',
    'data: {"a":1}\r\n\r\n',
  );
  fc.assert(
    fc.property(
      fc.array(piece, { maxLength: 30 }),
      fc.array(fc.nat({ max: 40 }), { maxLength: 20 }),
      (pieces, cuts) => {
        const bytes = Buffer.from(pieces.join(''));
        const parts: Buffer[] = [];
        let from = 0;
        for (const cut of cuts) {
          parts.push(bytes.subarray(from, from + cut));
          from += cut;
        }
        parts.push(bytes.subarray(from));
        assert.deepEqual(read(parts), read([bytes]));
      },
    ),
  );
});
