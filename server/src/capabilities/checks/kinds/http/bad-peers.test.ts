/** Servers that misbehave on purpose, each on a real socket: what is made of them, and that nothing of them is left. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { brotliCompressSync, deflateRawSync, deflateSync, gzipSync, zstdCompressSync } from 'node:zlib';
import type { ReasonCode } from '../../../../../../contract/src/reasons.ts';
import type { Outcome } from '../../../../../../contract/src/vocabulary.ts';
import { makeCertificate } from '../../../../../../testkit/certificates.ts';
import { DeafListener } from '../../../../../../testkit/deaf-listener.ts';
import { probeOnce } from '../../../../../../testkit/probe-once.ts';
import { afterRequest, answering, page, type Script, ScriptedPeer } from '../../../../../../testkit/scripted-peer.ts';

interface BadPeer {
  readonly why: string;
  readonly script: Script;
  /** Beside the address. */
  readonly settings?: Readonly<Record<string, unknown>>;
  readonly outcome?: Outcome;
  readonly reason: ReasonCode;
  readonly sentence: string | RegExp;
  /** What of the answer is kept as evidence. */
  readonly status?: number;
  readonly body?: string;
}

const ok = 'HTTP/1.1 200 OK\r\n';
const chunked = `${ok}Transfer-Encoding: chunked\r\n\r\n`;
/** Short where it is waited for, long where a busy machine must not reach it. */
const timeoutMs = 300;
const patienceMs = 10_000;
const noTimeLeft = (doing: string) => `No complete answer within 300 ms, while ${doing}`;
const notHttp = (code: string) => `The answer is not valid HTTP: ${code}`;
const foreign = notHttp('it does not begin with HTTP/1');

const badPeers: readonly BadPeer[] = [
  // Too slow, or without an end
  {
    why: 'it accepts and never answers',
    script: () => {},
    reason: 'timeout',
    sentence: noTimeLeft('waiting for an answer'),
  },
  {
    why: 'its headers drip byte by byte: alive, but never there',
    script: afterRequest((peer) => peer.drip(`${ok}X-Slow: ${'z'.repeat(60)}\r\n`)),
    reason: 'timeout',
    sentence: noTimeLeft('reading the answer'),
  },
  {
    why: 'its body drips byte by byte; what came is kept',
    script: afterRequest((peer) => {
      peer.say(`${ok}Content-Length: 1000\r\n\r\nbegun:`);
      peer.drip('.');
    }),
    reason: 'timeout',
    sentence: noTimeLeft('reading the answer'),
    status: 200,
    body: 'begun:',
  },
  {
    why: 'its headers never end',
    script: afterRequest((peer) => {
      peer.say(ok);
      peer.sayForEver(`X-More: ${'y'.repeat(100)}\r\n`);
    }),
    reason: 'headers-too-large',
    sentence: 'The headers of the answer are larger than 16384 bytes',
  },
  {
    why: 'one header line is as long as a book',
    script: answering(`${ok}X-Book: ${'y'.repeat(1_000_000)}\r\n\r\n`),
    reason: 'headers-too-large',
    sentence: 'The headers of the answer are larger than 16384 bytes',
  },
  {
    why: 'its status line never ends',
    script: afterRequest((peer) => {
      peer.say('HTTP/1.1 200 O');
      peer.sayForEver('O'.repeat(1_000));
    }),
    reason: 'headers-too-large',
    sentence: 'The headers of the answer are larger than 16384 bytes',
  },
  {
    why: 'its body never ends where a text is looked for',
    script: afterRequest((peer) => {
      peer.say(`${ok}\r\n`);
      peer.sayForEver('never the word '.repeat(1_000));
    }),
    settings: { expect: { text: 'needle' } },
    reason: 'body-too-large',
    sentence: 'The answer is larger than 1048576 bytes',
    status: 200,
    body: 'never the word never the word',
  },
  {
    why: 'its chunks never end where a size is asked for',
    script: afterRequest((peer) => {
      peer.say(chunked);
      peer.sayForEver(`1000\r\n${'x'.repeat(4_096)}\r\n`);
    }),
    settings: { expect: { sizeBytes: { max: 100_000 } } },
    reason: 'size-out-of-range',
    sentence: 'The answer has more than 100000 bytes, expected at most 100000',
    status: 200,
  },
  {
    why: 'it says 100 Continue for ever',
    script: afterRequest((peer) => peer.sayForEver('HTTP/1.1 100 Continue\r\n\r\n')),
    reason: 'headers-too-large',
    sentence: 'The headers of the answer are larger than 16384 bytes',
  },
  {
    why: 'it says 103 Early Hints and then nothing',
    script: answering('HTTP/1.1 103 Early Hints\r\nLink: </a>\r\n\r\n'),
    reason: 'timeout',
    sentence: noTimeLeft('reading the answer'),
  },
  {
    why: 'its trailers never end',
    script: afterRequest((peer) => {
      peer.say(`${chunked}2\r\nhi\r\n0\r\n`);
      peer.sayForEver('X-Trailer: again\r\n');
    }),
    reason: 'headers-too-large',
    sentence: 'The headers of the answer are larger than 16384 bytes',
    status: 200,
    body: 'hi',
  },
  {
    why: 'the line with the size of a chunk never ends',
    script: afterRequest((peer) => {
      peer.say(`${chunked}5;`);
      peer.sayForEver('x'.repeat(1_000));
    }),
    reason: 'protocol-error',
    sentence: notHttp('a line between its chunks is too long'),
    status: 200,
  },

  // Gone too early
  {
    why: 'it closes before it says anything',
    script: afterRequest((peer) => peer.end()),
    reason: 'connection-closed',
    sentence: 'The connection was closed while waiting for an answer',
  },
  {
    why: 'it resets the connection as soon as it has it',
    script: (peer) => peer.reset(),
    reason: 'connection-reset',
    // Whether the connection was seen to stand before is the kernel's affair.
    sentence: /^The connection was reset while (connecting|waiting for an answer)$/,
  },
  {
    why: 'it resets the connection in the middle of the body',
    script: afterRequest((peer) => {
      peer.say(`${ok}Content-Length: 1000\r\n\r\nhalf of it`);
      // The reset must not overtake what was said.
      setTimeout(() => peer.reset(), 50);
    }),
    reason: 'connection-reset',
    sentence: 'The connection was reset while reading the answer',
    status: 200,
    body: 'half of it',
  },
  {
    why: 'it ends the connection before the length it declared',
    script: afterRequest((peer) => {
      peer.say(`${ok}Content-Length: 1000\r\n\r\nhalf of it`);
      peer.end();
    }),
    reason: 'connection-closed',
    sentence: 'The connection was closed while reading the answer',
    status: 200,
    body: 'half of it',
  },
  {
    why: 'it ends the connection before its last chunk',
    script: afterRequest((peer) => {
      peer.say(`${chunked}4\r\nhalf\r\n`);
      peer.end();
    }),
    reason: 'connection-closed',
    sentence: 'The connection was closed while reading the answer',
    status: 200,
    body: 'half',
  },
  {
    why: 'it ends the connection inside its headers',
    script: afterRequest((peer) => {
      peer.say(`${ok}Content-Le`);
      peer.end();
    }),
    reason: 'connection-closed',
    sentence: 'The connection was closed while reading the answer',
  },

  // Something else than HTTP/1.1
  {
    why: 'an SSH server greets first',
    script: (peer) => peer.say('SSH-2.0-OpenSSH_9.2p1 Debian-2\r\n'),
    reason: 'protocol-error',
    sentence: foreign,
  },
  {
    why: 'a mail server greets first',
    script: (peer) => peer.say('220 mail.example ESMTP Postfix\r\n'),
    reason: 'protocol-error',
    sentence: foreign,
  },
  {
    why: 'HTTP/0.9 sends the page and nothing else',
    script: afterRequest((peer) => {
      peer.say('<h1>1991</h1>');
      peer.end();
    }),
    reason: 'protocol-error',
    sentence: foreign,
  },
  {
    why: 'a server that only speaks HTTP/2 sends its settings',
    script: (peer) => peer.say(Buffer.from('000012040000000000000300000064', 'hex')),
    reason: 'protocol-error',
    sentence: foreign,
  },
  {
    why: 'a TLS server answers plain HTTP with an alert',
    script: afterRequest((peer) => peer.say(Buffer.from('1503030002022f', 'hex'))),
    reason: 'protocol-error',
    sentence: foreign,
  },
  {
    why: 'a Postgres server says what it thinks of GET',
    script: afterRequest((peer) => {
      peer.say('E\0\0\0\x8aSFATAL\0C0A000\0');
      peer.end();
    }),
    reason: 'protocol-error',
    sentence: foreign,
  },

  // HTTP that cannot be read in one way only
  {
    why: 'it declares a length and chunks: who believes which can be split',
    script: answering(`${ok}Content-Length: 2\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n`),
    reason: 'protocol-error',
    sentence: notHttp('it has both Content-Length and Transfer-Encoding'),
  },
  {
    why: 'it declares two lengths',
    script: answering(`${ok}Content-Length: 2\r\nContent-Length: 3\r\n\r\nhi!`),
    reason: 'protocol-error',
    sentence: notHttp('it has two lengths'),
  },
  {
    why: 'it declares a negative length',
    script: answering(`${ok}Content-Length: -5\r\n\r\nhi`),
    reason: 'protocol-error',
    sentence: notHttp('its Content-Length is no number'),
  },
  {
    why: 'it declares a length beyond every number',
    script: answering(`${ok}Content-Length: 18446744073709551617\r\n\r\nhi`),
    reason: 'protocol-error',
    sentence: notHttp('its Content-Length is no number'),
  },
  {
    why: 'it declares a petabyte and sends five bytes',
    script: answering(`${ok}Content-Length: 1125899906842\r\n\r\nhello`),
    reason: 'timeout',
    sentence: noTimeLeft('reading the answer'),
    status: 200,
    body: 'hello',
  },
  {
    why: 'the size of a chunk is a word',
    script: answering(`${chunked}many\r\nhi\r\n0\r\n\r\n`),
    reason: 'protocol-error',
    sentence: notHttp('the size of a chunk is no number'),
    status: 200,
  },
  {
    why: 'a chunk is longer than it says',
    script: answering(`${chunked}2\r\nhi, all\r\n0\r\n\r\n`),
    reason: 'protocol-error',
    sentence: notHttp('a chunk is longer than it says'),
    status: 200,
    body: 'hi',
  },
  {
    why: 'a chunk is larger than memory',
    script: answering(`${chunked}fffffffffffffffff\r\nhi`),
    reason: 'protocol-error',
    sentence: notHttp('the size of a chunk is no number'),
    status: 200,
  },
  {
    why: 'a NUL stands in a header',
    script: answering(`${ok}X-Nul: a\0b\r\nContent-Length: 0\r\n\r\n`),
    reason: 'protocol-error',
    sentence: notHttp('a header holds control characters'),
  },
  {
    why: 'its lines end in LF alone, and in two of them the head',
    script: answering('HTTP/1.1 200 OK\nContent-Length: 2\n\nhi'),
    reason: 'protocol-error',
    sentence: notHttp('its lines do not end in CR LF'),
  },
  {
    why: 'its status is 0',
    script: answering('HTTP/1.1 0 None\r\nContent-Length: 0\r\n\r\n'),
    reason: 'protocol-error',
    sentence: notHttp('its status line is broken'),
  },

  // Well-formed, and not what was wanted
  {
    why: 'its status is 999, as some sites answer robots',
    script: answering('HTTP/1.1 999 Request denied\r\nContent-Length: 2\r\n\r\nno'),
    reason: 'wrong-status',
    sentence: 'Answered 999, expected 2xx',
    status: 999,
    body: 'no',
  },
  {
    why: 'it switches protocols unasked',
    script: answering('HTTP/1.1 101 Switching Protocols\r\nUpgrade: h2c\r\n\r\n\0\0'),
    reason: 'wrong-status',
    sentence: 'Answered 101, expected 2xx',
    status: 101,
  },
  {
    why: 'a wrong status outranks a body that is not what was wanted, and a latency that is',
    script: answering('HTTP/1.1 503 Busy\r\nContent-Length: 4\r\n\r\nbusy'),
    settings: { expect: { text: 'ready', latency: { total: '10s' } } },
    reason: 'wrong-status',
    sentence: 'Answered 503, expected 2xx',
    status: 503,
    body: 'busy',
  },
];

for (const { why, script, settings = {}, outcome = 'fail', reason, sentence, status, body } of badPeers) {
  test(`http: ${why}`, async () => {
    await using peer = await ScriptedPeer.start(script);
    const limitMs = reason === 'timeout' ? timeoutMs : patienceMs;
    const result = await probeOnce('http', { url: peer.url(), ...settings }, { timeoutMs: limitMs });
    await peer.allClosed();
    assert.deepEqual([result.outcome, result.reason], [outcome, reason], JSON.stringify(result));
    if (typeof sentence === 'string') assert.equal(result.sentence, sentence);
    else assert.match(result.sentence, sentence);
    assert.equal(result.evidence?.statusCode, status);
    const kept = result.evidence?.body ?? '';
    assert.equal(kept.slice(0, body?.length ?? 0), body ?? '');
    assert.ok(result.totalUs < 5_000_000);
    assert.equal(peer.opened, 1, 'one attempt is one connection');
  });
}

test('http: a machine that drops what comes is a connection that does not stand, not a refusal', async () => {
  await using deaf = await DeafListener.start();
  const result = await probeOnce('http', { url: `http://127.0.0.1:${deaf.port}/` }, { timeoutMs });
  assert.deepEqual([result.outcome, result.reason], ['fail', 'connect-timeout']);
  assert.equal(result.sentence, `No connection to 127.0.0.1:${deaf.port} within 300 ms`);
  assert.deepEqual(result.phases, {});
});

test('http: an answer that comes before the question counts: who speaks first has answered', async () => {
  await using peer = await ScriptedPeer.start((connection) => {
    connection.say(page('early'));
    connection.end();
  });
  const result = await probeOnce('http', { url: peer.url(), expect: { text: 'early' } });
  await peer.allClosed();
  assert.equal(result.outcome, 'pass');
});

test('http: a stream of events is well when its headers are there', async () => {
  await using peer = await ScriptedPeer.start(
    afterRequest((connection) => {
      connection.say(`${ok}Content-Type: text/event-stream\r\n\r\n`);
      connection.drip('data: tick\n\n');
    }),
  );
  const result = await probeOnce('http', { url: peer.url() });
  await peer.allClosed();
  assert.equal(result.outcome, 'pass');
});

test('http: a body without an end that nobody asked about is left at the limit', async () => {
  await using peer = await ScriptedPeer.start(
    afterRequest((connection) => {
      connection.say(`${ok}\r\n`);
      connection.sayForEver('x'.repeat(65_536));
    }),
  );
  const result = await probeOnce('http', { url: peer.url(), maxBodyBytes: 100_000 }, { timeoutMs: 5_000 });
  await peer.allClosed();
  assert.equal(result.outcome, 'pass');
  assert.deepEqual(result.observed, { status: 200, sizeBytes: 100_000 });
});

const zeros = Buffer.alloc(16 * 1_048_576);
/** A gigabyte, in gzip as members one after the other, which is one body to every reader. */
const gigabyte = Buffer.concat(new Array<Buffer>(64).fill(gzipSync(zeros)));
const bombs: readonly { why: string; coding: string; bytes: Buffer }[] = [
  { why: 'gzip', coding: 'gzip', bytes: gigabyte },
  { why: 'gzip by its old name', coding: 'X-GZIP', bytes: gigabyte },
  { why: 'deflate', coding: 'deflate', bytes: deflateSync(zeros) },
  { why: 'deflate without its header', coding: 'deflate', bytes: deflateRawSync(zeros) },
  { why: 'brotli', coding: 'br', bytes: brotliCompressSync(zeros) },
  { why: 'zstd', coding: 'zstd', bytes: zstdCompressSync(zeros) },
  { why: 'gzip in gzip', coding: 'gzip, gzip', bytes: gzipSync(gzipSync(zeros)) },
];
for (const { why, coding, bytes } of bombs) {
  test(`http: a bomb in ${why} is not unpacked beyond the limit`, async () => {
    await using peer = await ScriptedPeer.start(answering(page(bytes, `Content-Encoding: ${coding}\r\n`)));
    const settings = { url: peer.url(), maxBodyBytes: 2_000_000 };
    // Kilobytes; the highest that the process ever had.
    const beforeKilobytes = process.resourceUsage().maxRSS;
    const result = await probeOnce('http', { ...settings, expect: { text: 'x' } }, { timeoutMs: 5_000 });
    const grownBytes = (process.resourceUsage().maxRSS - beforeKilobytes) * 1_024;
    await peer.allClosed();
    assert.equal(result.sentence, 'The answer is larger than 2000000 bytes');
    assert.ok(grownBytes < 64 * 1_048_576, `grew by ${grownBytes} bytes`);
    const unasked = await probeOnce('http', settings, { timeoutMs: 5_000 });
    assert.equal(unasked.outcome, 'pass', 'without a question about the body it is not unpacked at all');
  });
}

test('http: TLS where plain HTTP is spoken, and the reverse, are named as such', async () => {
  const { key, cert } = makeCertificate({ subject: 'peer', names: ['127.0.0.1'] });
  await using plain = await ScriptedPeer.start(answering(page('hello')));
  await using secure = await ScriptedPeer.start(() => {}, { tls: { key, cert } });
  const tlsToPlain = await probeOnce('http', { url: plain.url().replace('http:', 'https:') }, { timeoutMs });
  // Such a server waits for the end of a line that never comes; a real one says 400 and closes.
  assert.equal(tlsToPlain.outcome, 'fail');
  assert.equal(tlsToPlain.sentence, noTimeLeft('agreeing on encryption'));
  await using real = await ScriptedPeer.start((peer) =>
    peer.say('HTTP/1.1 400 Bad Request\r\nContent-Length: 0\r\n\r\n'),
  );
  const tlsToReal = await probeOnce('http', { url: real.url().replace('http:', 'https:') });
  assert.equal(tlsToReal.reason, 'tls-failed');
  assert.match(
    tlsToReal.sentence,
    /^No encrypted connection: the other side does not speak TLS; it may be plain http \(ERR_SSL_/,
  );
  const plainToTls = await probeOnce('http', { url: secure.url().replace('https:', 'http:') });
  assert.ok(plainToTls.reason === 'connection-closed' || plainToTls.reason === 'protocol-error', plainToTls.sentence);
  await Promise.all([plain.allClosed(), secure.allClosed(), real.allClosed()]);
});

test('http: a TLS handshake that hangs, breaks off or is reset frees its socket and says where it was', async () => {
  const silent = await probeTls(() => {}, timeoutMs);
  assert.deepEqual([silent.reason, silent.sentence], ['timeout', noTimeLeft('agreeing on encryption')]);
  assert.ok(silent.phases.connectUs !== undefined && silent.phases.tlsUs === undefined);
  const closed = await probeTls((peer) => peer.end());
  assert.equal(closed.sentence, 'The connection was closed while agreeing on encryption');
  const reset = await probeTls((peer) => peer.reset());
  assert.match(reset.sentence, /^The connection was reset while (connecting|agreeing on encryption)$/);
  const alert = await probeTls((peer) => peer.say(Buffer.from('15030300020228', 'hex')));
  assert.equal(alert.reason, 'tls-failed');
});

async function probeTls(script: Script, limitMs = patienceMs) {
  await using peer = await ScriptedPeer.start(script);
  const result = await probeOnce('http', { url: peer.url().replace('http:', 'https:') }, { timeoutMs: limitMs });
  await peer.allClosed();
  assert.equal(result.outcome, 'fail');
  return result;
}
