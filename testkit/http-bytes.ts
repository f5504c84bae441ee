/** Answers of HTTP servers as bytes, sound and broken, for the tests of whoever must read them. */
import fc from 'fast-check';

const blanks = fc.constantFrom('', ' ', '\t', '  ', ' \t');
const letters = fc.stringMatching(/^[A-Za-z0-9!#$%&'*+.^_`|~-]{1,12}$/);
const text = fc
  .array(fc.constantFrom('a', 'B', '7', ' ', '\t', ':', ';', ',', '"', '\x80', '\xe9', '\xff'), { maxLength: 12 })
  .map((parts) => parts.join(''));

const statusLine = fc.oneof(
  {
    weight: 20,
    arbitrary: fc.constantFrom('HTTP/1.1 200 OK', 'HTTP/1.0 404 Not Found', 'HTTP/1.1 503', 'HTTP/1.1 999 '),
  },
  {
    weight: 4,
    arbitrary: fc.constantFrom('HTTP/1.1 204 No Content', 'HTTP/1.1 304 Not Modified', 'HTTP/1.1 205 Reset'),
  },
  {
    weight: 1,
    arbitrary: fc.constantFrom(
      'HTTP/1.1 000 None',
      'HTTP/1.1 99',
      'HTTP/2.0 200 OK',
      'ICY 200 OK',
      'HTTP/1.1 200OK',
      '',
    ),
  },
);
const interim = fc.constantFrom(
  'HTTP/1.1 100 Continue\r\n\r\n',
  'HTTP/1.1 103 Early Hints\r\nLink: </a>; rel=preload\r\n\r\n',
  'HTTP/1.1 102 Processing\r\nContent-Length: 7\r\n\r\n',
);

const plainField = fc.tuple(letters, blanks, text, blanks).map(([name, before, value, after]) => {
  return `${name}:${before}${value}${after}\r\n`;
});
const oddField = fc.constantFrom(
  'Content-Length: 5\r\n',
  'Content-Length: -1\r\n',
  'Content-Length: 0005\r\n',
  'content-length:\r\n',
  'Transfer-Encoding: chunked\r\n',
  'Transfer-Encoding: gzip\r\n',
  'Transfer-Encoding: chunked, gzip\r\n',
  'transfer-encoding: , Chunked\r\n',
  'Transfer-Encoding: identity\r\n',
  'Connection: close\r\n',
  'Connection: keep-alive\r\n',
  'Connection: upgrade\r\nUpgrade: h2c\r\n',
  'Folded: a\r\n\tb\r\n',
  'Space : a\r\n',
  'Bare: a\n',
  'Lone: a\rb\r\n',
  'Zero: a\0b\r\n',
  'nothing\r\n',
);
const fields = fc
  .array(fc.oneof({ weight: 6, arbitrary: plainField }, { weight: 1, arbitrary: oddField }), { maxLength: 5 })
  .map((lines) => lines.join(''));

const payload = fc
  .array(fc.constantFrom('a', '\0', '\r', '\n', '\r\n', '\xff', '0', '{"a":1}', 'HTTP/1.1 200 OK\r\n\r\n'), {
    maxLength: 9,
  })
  .map((parts) => parts.join(''));
const extension = fc.oneof(
  { weight: 6, arbitrary: fc.constant('') },
  { weight: 1, arbitrary: fc.constantFrom(';a', ';a=b', ';a="b c"', ' ', ' ;a', '; a=b', ';', ';a;b=c') },
);
const trailer = fc.oneof(
  { weight: 6, arbitrary: fc.constant('') },
  { weight: 1, arbitrary: fc.constantFrom('A: b\r\n', 'A: b\r\nC: d\r\n', 'no trailer\r\n', 'Content-Length: 3\r\n') },
);
const chunk = fc
  .tuple(payload, extension, fc.constantFrom('', '0', '000'))
  .filter(([data]) => data !== '')
  .map(([data, ext, zeros]) => `${zeros}${data.length.toString(16)}${ext}\r\n${data}\r\n`);
const framed = fc.oneof(
  payload.map((body) => ({ framing: `Content-Length: ${body.length}\r\n`, body })),
  payload.map((body) => ({ framing: '', body })),
  fc.tuple(fc.array(chunk, { maxLength: 4 }), extension, trailer).map(([chunks, ext, end]) => ({
    framing: 'Transfer-Encoding: chunked\r\n',
    body: `${chunks.join('')}0${ext}\r\n${end}\r\n`,
  })),
);

/** Whole answers, most of them sound. */
const answer = fc
  .tuple(fc.array(interim, { maxLength: 2 }), statusLine, fields, framed, fields)
  .map(([before, status, first, { framing, body }, second]) => {
    return `${before.join('')}${status}\r\n${first}${framing}${second}\r\n${body}`;
  });

interface Edit {
  readonly at: number;
  readonly kind: 'insert' | 'replace' | 'delete' | 'cut' | 'append';
  readonly with: string;
}
const edit: fc.Arbitrary<Edit> = fc.record({
  at: fc.nat(),
  kind: fc.constantFrom('insert', 'replace', 'delete', 'cut', 'append'),
  with: fc.constantFrom('\r', '\n', '\r\n', '\r\n\r\n', ' ', '\t', ':', '0', '7', 'a', '\0', '\x7f', '\xff', ';', ','),
});

function edited(bytes: string, { at, kind, with: piece }: Edit): string {
  const place = bytes.length === 0 ? 0 : at % bytes.length;
  if (kind === 'append') return bytes + piece;
  if (kind === 'cut') return bytes.slice(0, place);
  return bytes.slice(0, place) + (kind === 'delete' ? '' : piece) + bytes.slice(kind === 'insert' ? place : place + 1);
}

/** Bytes of an answer, every third of them damaged in a place or two, and the places where they are split. */
export const answerBytes: fc.Arbitrary<{ readonly bytes: Buffer; readonly splitAt: readonly number[] }> = fc
  .tuple(
    answer,
    fc.oneof(
      { weight: 2, arbitrary: fc.constant<Edit[]>([]) },
      { weight: 1, arbitrary: fc.array(edit, { minLength: 1, maxLength: 2 }) },
    ),
    fc.array(fc.nat(), { maxLength: 6 }),
  )
  .map(([whole, edits, splitAt]) => ({ bytes: Buffer.from(edits.reduce(edited, whole), 'latin1'), splitAt }));

/** The same bytes in pieces, cut at the given places (taken modulo the length). */
export function inPieces(bytes: Buffer, splitAt: readonly number[]): Buffer[] {
  const places = [...new Set(splitAt.map((at) => at % Math.max(1, bytes.length)))].sort((a, b) => a - b);
  const pieces = [0, ...places].map((from, index) => bytes.subarray(from, places[index] ?? bytes.length));
  return pieces.filter((piece) => piece.length > 0);
}

export function byteByByte(bytes: Buffer): Buffer[] {
  return Array.from(bytes, (byte) => Buffer.from([byte]));
}
