/**
 * Our reader of answers against Node's own parser, on the same bytes. Where both take an answer they must agree to the
 * byte; where only one does, the difference is in one of the tables below, with the reason for it.
 */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import { answerBytes, byteByByte, inPieces } from '../../../testkit/http-bytes.ts';
import { type Reading, readByNode } from '../../../testkit/node-answer.ts';
import { AnswerReader, type ReadState } from './http-reader.ts';

const headLimitBytes = 16_384;

function readByUs(method: string, pieces: readonly Buffer[]): Reading {
  const parts: Buffer[] = [];
  const sink = { onHead() {}, onBody: (part: Buffer) => parts.push(part) };
  const reader = new AnswerReader(method, headLimitBytes, sink);
  let state: ReadState = 'more';
  for (const piece of pieces) {
    state = reader.push(piece);
    if (state !== 'more') break;
  }
  if (state === 'more') state = reader.end();
  if (state !== 'done') return { refused: typeof state === 'string' ? state : state.code };
  const { statusCode, rawHeaders } = reader;
  return { status: statusCode, rawHeaders, body: Buffer.concat(parts).toString('latin1') };
}

/** Answers that Node takes and we do not, by what we say about them. */
const stricter = [
  {
    ours: 'it does not begin with HTTP/1',
    why: 'an empty line before the answer is left over from something else; RFC 9112 §2.2 lets servers skip it, not clients',
    bytes: '\r\nHTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nhi',
  },
  {
    ours: 'it does not begin with HTTP/1',
    why: 'another major version frames its messages otherwise, whatever the rest looks like',
    bytes: 'HTTP/2.0 200 OK\r\nContent-Length: 2\r\n\r\nhi',
  },
  {
    ours: 'it does not begin with HTTP/1',
    why: 'a camera that answers in RTSP is no web server',
    bytes: 'RTSP/1.0 200 OK\r\nContent-Length: 2\r\n\r\nhi',
  },
  {
    ours: 'its status line is broken',
    why: 'a status below 100 is none: no class of expectations could name it',
    bytes: 'HTTP/1.1 000 OK\r\nContent-Length: 2\r\n\r\nhi',
  },
  {
    ours: 'its Content-Length is no number',
    why: 'more than fifteen digits are beyond every body and near what a number holds exactly',
    bytes: 'HTTP/1.1 200 OK\r\nContent-Length: 0000000000000002\r\n\r\nhi',
  },
  {
    ours: 'the size of a chunk is no number',
    why: 'the same for the hexadecimal digits of a chunk',
    bytes: 'HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n00000000000002\r\nhi\r\n0\r\n\r\n',
  },
] as const;

const interimLength = /^HTTP\/1\.1 1\d\d[\s\S]*content-length[\s\S]*\r\n\r\nHTTP\/1\.[01] /i;

/** Answers that we take and Node does not, by what Node says about them. */
const looser: readonly {
  readonly nodes: string;
  readonly why: string;
  readonly bytes: string;
  /** Where the same words are also said of what we refuse: what the bytes must be like. */
  readonly only?: RegExp;
}[] = [
  {
    nodes: 'Unexpected whitespace after header value',
    why: 'a folded header is obsolete, but RFC 9112 §5.2 asks clients to read it as one line',
    bytes: 'HTTP/1.1 200 OK\r\nA: b\r\n c\r\nContent-Length: 2\r\n\r\nhi',
  },
  {
    nodes: 'Invalid header value char',
    why: 'folded directly after the colon Node names it otherwise',
    bytes: 'HTTP/1.1 200 OK\r\nA:\r\n c\r\nContent-Length: 2\r\n\r\nhi',
    only: /:[ \t]*\r\n[ \t]/,
  },
  {
    nodes: 'Duplicate Content-Length',
    why: 'the same length said twice is not unclear (RFC 9110 §8.6); two lengths that differ are refused by us too',
    bytes: 'HTTP/1.1 200 OK\r\nContent-Length: 2\r\nContent-Length: 2\r\n\r\nhi',
  },
  {
    nodes: 'Empty Transfer-Encoding',
    why: 'an empty list of codings names none: the body ends with the connection',
    bytes: 'HTTP/1.1 200 OK\r\nTransfer-Encoding:\r\n\r\nhi',
  },
  {
    nodes: 'Invalid character in chunk size',
    why: 'old servers pad the sizes of chunks with blanks; the number is clear all the same',
    bytes: 'HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n2 \r\nhi\r\n0\r\n\r\n',
  },
  {
    nodes: 'Invalid character in chunk extensions',
    why: 'what stands behind the size of a chunk is passed over unread (RFC 9112 §7.1.1)',
    bytes: 'HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n2; a\r\nhi\r\n0\r\n\r\n',
  },
  {
    nodes: 'Invalid character in chunk extensions name',
    why: 'the same, whatever is there',
    bytes: 'HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n2;a"b\r\nhi\r\n0\r\n\r\n',
  },
  {
    nodes: 'Invalid character in chunk extensions value',
    why: 'the same, also after an equals sign',
    bytes: 'HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n2;a=\xe9\r\nhi\r\n0\r\n\r\n',
  },
  {
    nodes: 'Invalid character in chunk extensions quoted value',
    why: 'the same, also between quotation marks',
    bytes: 'HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n2;a="\xe9\x01"\r\nhi\r\n0\r\n\r\n',
  },
  {
    nodes: "Content-Length can't be present with Transfer-Encoding",
    why: 'a trailer that frames is not a header: nothing is read after it (RFC 9110 §6.5.1)',
    bytes: 'HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n0\r\nContent-Length: 5\r\n\r\n',
  },
  {
    nodes: 'Invalid character in Content-Length',
    why: 'an interim answer has no body, so the length it gives is not even looked at',
    bytes: 'HTTP/1.1 103 Early Hints\r\nContent-Length: x\r\n\r\nHTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nhi',
    only: interimLength,
  },
  {
    nodes: 'Empty Content-Length',
    why: 'nor is one that it leaves empty',
    bytes: 'HTTP/1.1 103 Early Hints\r\nContent-Length:\r\n\r\nHTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nhi',
    only: interimLength,
  },
  {
    nodes: 'Expected HTTP/, RTSP/ or ICE/',
    why: 'after the end of the one answer that was asked for nothing is read; Node begins a second one',
    bytes: 'HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nhimore',
  },
  {
    nodes: 'Data after `Connection: close`',
    why: 'the same, where the server said that this answer is its last',
    bytes: 'HTTP/1.1 200 OK\r\nConnection: close\r\nContent-Length: 2\r\n\r\nhimore',
  },
];

for (const { ours, why, bytes } of stricter) {
  test(`stricter than Node: ${why}`, async () => {
    assert.deepEqual(readByUs('GET', [Buffer.from(bytes, 'latin1')]), { refused: ours });
    const node = await readByNode('GET', [Buffer.from(bytes, 'latin1')]);
    assert.ok('status' in node, 'no difference is left: take the row out');
  });
}

for (const { nodes, why, bytes } of looser) {
  test(`looser than Node: ${why}`, async () => {
    assert.deepEqual(await readByNode('GET', [Buffer.from(bytes, 'latin1')]), { refused: nodes });
    const us = readByUs('GET', [Buffer.from(bytes, 'latin1')]);
    assert.ok('status' in us, 'no difference is left: take the row out');
  });
}

test('whatever the bytes, it makes no difference how they were split', () => {
  fc.assert(
    fc.property(fc.constantFrom('GET', 'HEAD'), answerBytes, (method, { bytes, splitAt }) => {
      const whole = readByUs(method, [bytes]);
      assert.deepEqual(readByUs(method, inPieces(bytes, splitAt)), whole);
      assert.deepEqual(readByUs(method, byteByByte(bytes)), whole);
    }),
    { seed: 20_260_414, numRuns: 6_000 },
  );
});

test('near the limit of headers, too, it makes no difference how they were split', () => {
  const filled = fc.integer({ min: headLimitBytes - 60, max: headLimitBytes + 60 });
  fc.assert(
    fc.property(filled, answerBytes, fc.integer({ min: 0, max: 12 }), (sizeBytes, { bytes, splitAt }, before) => {
      const filler = Buffer.from(`HTTP/1.1 200 OK\r\nFill: ${'x'.repeat(sizeBytes - 40)}\r\n`);
      // The damaged answer's own header lines follow the filler, so that faults fall on both sides of the limit.
      const all = Buffer.concat([filler, bytes.subarray(Math.min(bytes.length, before))]);
      const near = splitAt.map((at) => Math.max(0, sizeBytes - 40) + (at % 80));
      const whole = readByUs('GET', [all]);
      assert.deepEqual(readByUs('GET', inPieces(all, near)), whole);
      assert.deepEqual(
        readByUs('GET', [all.subarray(0, sizeBytes - 60), ...byteByByte(all.subarray(sizeBytes - 60))]),
        whole,
      );
    }),
    { seed: 20_260_415, numRuns: 600 },
  );
});

/** The bytes up to the end of the answer as we see it; all where we see none. What follows is the last rows' business. */
function upToTheEnd(method: string, bytes: Buffer): Buffer {
  const reader = new AnswerReader(method, headLimitBytes, { onHead() {}, onBody() {} });
  for (let end = 1; end <= bytes.length; end += 1) {
    const state = reader.push(bytes.subarray(end - 1, end));
    if (state === 'done') return bytes.subarray(0, end);
    if (state !== 'more') break;
  }
  return bytes;
}

test('where Node takes an answer we read the same status, headers and body', async () => {
  const ourWords = new Set<string>(stricter.map(({ ours }) => ours));
  const isKnown = (refused: string, bytes: Buffer) =>
    looser.some(({ nodes, only }) => nodes === refused && (only === undefined || only.test(bytes.toString('latin1'))));
  let bothTook = 0;
  let bothRefused = 0;
  await fc.assert(
    fc.asyncProperty(fc.constantFrom('GET', 'GET', 'HEAD'), answerBytes, async (method, { bytes, splitAt }) => {
      const pieces = inPieces(upToTheEnd(method, bytes), splitAt);
      const us = readByUs(method, pieces);
      const node = await readByNode(method, pieces);
      if ('status' in us && 'status' in node) {
        bothTook += 1;
        assert.deepEqual(us, node);
      } else if ('refused' in us && 'status' in node) {
        assert.ok(ourWords.has(us.refused), `we are stricter in a way that is not in the table: ${us.refused}`);
      } else if ('status' in us && 'refused' in node) {
        assert.ok(isKnown(node.refused, bytes), `we are looser in a way that is not in the table: ${node.refused}`);
      } else bothRefused += 1;
    }),
    { seed: 20_260_416, numRuns: 4_000 },
  );
  // A fuzz that only makes rubbish, or none, proves nothing.
  assert.ok(bothTook > 1_000 && bothRefused > 300, `taken ${bothTook}, refused ${bothRefused}`);
});
