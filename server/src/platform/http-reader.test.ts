import assert from 'node:assert/strict';
import { test } from 'node:test';
import { byteByByte } from '../../../testkit/http-bytes.ts';
import { AnswerReader, type ReadState } from './http-reader.ts';

const headLimitBytes = 500;

/** Reads whole and byte by byte, which must come to the same; without an end of the connection unless asked. */
function read(text: string, { method = 'GET', ends = false } = {}) {
  const bytes = Buffer.from(text, 'latin1');
  const [whole, single] = [[bytes], byteByByte(bytes)].map((pieces) => {
    const parts: Buffer[] = [];
    const reader = new AnswerReader(method, headLimitBytes, { onHead() {}, onBody: (part) => parts.push(part) });
    let state: ReadState = 'more';
    for (const piece of pieces) {
      state = reader.push(piece);
      if (state !== 'more') break;
    }
    if (state === 'more' && ends) state = reader.end();
    const { statusCode, rawHeaders } = reader;
    return { state, statusCode, rawHeaders, body: Buffer.concat(parts).toString('latin1') };
  });
  assert.deepEqual(single, whole, 'byte by byte it is another answer');
  return whole!;
}

const ok = 'HTTP/1.1 200 OK\r\n';
const chunked = `${ok}Transfer-Encoding: chunked\r\n\r\n`;

const sound: readonly { why: string; text: string; method?: string; status?: number; body?: string; ends?: true }[] = [
  { why: 'a declared length ends the body', text: `${ok}Content-Length: 2\r\n\r\nhi`, body: 'hi' },
  { why: 'chunks are put together', text: `${chunked}1\r\nh\r\n1;x=y\r\ni\r\n0\r\nA: b\r\n\r\n`, body: 'hi' },
  {
    why: 'chunked is a word, not a spelling',
    text: `${ok}transfer-encoding: gzip, CHUNKED\r\n\r\n0\r\n\r\n`,
    body: '',
  },
  { why: 'without any length the end of the connection ends the body', text: `${ok}\r\nhi`, ends: true, body: 'hi' },
  {
    why: 'chunked that is not last does not frame',
    text: `${ok}Transfer-Encoding: chunked, x\r\n\r\n0`,
    ends: true,
    body: '0',
  },
  { why: 'the answer to HEAD has no body', method: 'HEAD', text: `${ok}Content-Length: 2\r\n\r\n`, body: '' },
  { why: '204 has no body', text: 'HTTP/1.1 204 None\r\n\r\n', status: 204, body: '' },
  {
    why: '304 has no body, though it tells the length',
    text: 'HTTP/1.1 304 Same\r\nContent-Length: 9\r\n\r\n',
    status: 304,
  },
  { why: 'after 101 it is HTTP no longer', text: 'HTTP/1.1 101 Switch\r\nUpgrade: x\r\n\r\n', status: 101, body: '' },
  {
    why: 'interim answers are passed over',
    text: `HTTP/1.1 103 Hints\r\n\r\n${ok}Content-Length: 0\r\n\r\n`,
    body: '',
  },
  { why: 'a status without words is one', text: 'HTTP/1.1 200\r\nContent-Length: 0\r\n\r\n' },
  {
    why: 'a status beyond the known classes is shown as it is',
    text: 'HTTP/1.1 999 No\r\nContent-Length: 0\r\n\r\n',
    status: 999,
  },
];
for (const { why, text, status = 200, body = '', method, ends } of sound) {
  test(why, () => {
    const answer = read(text, { ...(method === undefined ? {} : { method }), ...(ends === undefined ? {} : { ends }) });
    assert.deepEqual([answer.state, answer.statusCode, answer.body], ['done', status, body]);
  });
}

const broken: readonly { why: string; text: string; state: ReadState | string; ends?: true }[] = [
  {
    why: 'another protocol shows in its first bytes, before any line ends',
    text: 'SSH-2.0',
    state: 'it does not begin with HTTP/1',
  },
  { why: 'HTTP/2 answers with a frame', text: '\0\0\x12\x04\0\0\0\0\0', state: 'it does not begin with HTTP/1' },
  { why: 'HTTP/0.9 has no head at all', text: '<h1>Hello</h1>', state: 'it does not begin with HTTP/1' },
  { why: 'a status of two digits', text: 'HTTP/1.1 20 OK\r\n\r\n', state: 'its status line is broken' },
  { why: 'a version that does not exist', text: 'HTTP/1.7 200 OK\r\n\r\n', state: 'its status line is broken' },
  { why: 'a header without a colon', text: `${ok}nothing\r\n\r\n`, state: 'a header has no proper name' },
  {
    why: 'a blank before the colon has split requests before',
    text: `${ok}A : b\r\n\r\n`,
    state: 'a header has no proper name',
  },
  { why: 'a fold with nothing before it', text: `${ok} A: b\r\n\r\n`, state: 'a header has no proper name' },
  { why: 'a NUL in a header', text: `${ok}A: b\0\r\n\r\n`, state: 'a header holds control characters' },
  {
    why: 'a lone carriage return in a header',
    text: `${ok}A: b\rc\r\n\r\n`,
    state: 'a header holds control characters',
  },
  { why: 'lines that end in LF alone', text: 'HTTP/1.1 200 OK\nA: b\n\n', state: 'its lines do not end in CR LF' },
  { why: 'one such line among proper ones', text: `${ok}A: b\nC: d\r\n\r\n`, state: 'its lines do not end in CR LF' },
  {
    why: 'a length and chunks',
    text: `${ok}Content-Length: 2\r\nTransfer-Encoding: chunked\r\n\r\n`,
    state: 'it has both Content-Length and Transfer-Encoding',
  },
  {
    why: 'two lengths that differ',
    text: `${ok}Content-Length: 2\r\nContent-Length: 3\r\n\r\n`,
    state: 'it has two lengths',
  },
  { why: 'a negative length', text: `${ok}Content-Length: -1\r\n\r\n`, state: 'its Content-Length is no number' },
  {
    why: 'a length beyond every number',
    text: `${ok}Content-Length: 99999999999999999999\r\n\r\n`,
    state: 'its Content-Length is no number',
  },
  { why: 'a chunk whose size is a word', text: `${chunked}five\r\n`, state: 'the size of a chunk is no number' },
  { why: 'a chunk whose size is negative', text: `${chunked}-5\r\n`, state: 'the size of a chunk is no number' },
  {
    why: 'a chunk that is longer than it says is seen before another line comes',
    text: `${chunked}2\r\nhiX`,
    state: 'a chunk is longer than it says',
  },
  {
    why: 'a line of sizes that never ends',
    text: `${chunked}1;${'x'.repeat(4_200)}`,
    state: 'a line between its chunks is too long',
  },
  { why: 'a trailer that is none', text: `${chunked}0\r\nnothing\r\n`, state: 'a header has no proper name' },
  { why: 'more headers than the limit', text: `${ok}A: ${'x'.repeat(600)}`, state: 'headers-too-large' },
  {
    why: 'interim answers count towards the limit: a flood of them ends',
    text: 'HTTP/1.1 100 Go\r\n\r\n'.repeat(40),
    state: 'headers-too-large',
  },
  { why: 'trailers count too', text: `${chunked}0\r\n${'A: b\r\n'.repeat(200)}`, state: 'headers-too-large' },
  { why: 'an end inside the head', text: ok, ends: true, state: 'cut' },
  { why: 'an end before the declared length', text: `${ok}Content-Length: 3\r\n\r\nhi`, ends: true, state: 'cut' },
  { why: 'an end before the last chunk', text: `${chunked}2\r\nhi\r\n`, ends: true, state: 'cut' },
  { why: 'an end after an interim answer only', text: 'HTTP/1.1 100 Go\r\n\r\n', ends: true, state: 'cut' },
];
for (const { why, text, state, ends = false } of broken) {
  test(`not taken: ${why}`, () => {
    const { state: actual } = read(text, { ends });
    assert.equal(typeof actual === 'string' ? actual : actual.code, state);
  });
}

test('a head of exactly the limit is read, one more byte is too much', () => {
  const head = (sizeBytes: number) => `${ok}A: ${'x'.repeat(sizeBytes - ok.length - 3)}\r\nContent-Length: 0\r\n\r\n`;
  const room = headLimitBytes - '\r\nContent-Length: 0'.length;
  assert.equal(read(head(room)).state, 'done');
  assert.equal(read(head(room + 1)).state, 'headers-too-large');
});
