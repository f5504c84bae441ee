/** HTTP/2: the same expectations of answers over it, and servers that misbehave in its own ways. */
import assert from 'node:assert/strict';
import { once } from 'node:events';
import http2, { type Http2Server, type ServerHttp2Stream } from 'node:http2';
import type net from 'node:net';
import type { AddressInfo } from 'node:net';
import { test } from 'node:test';
import { makeCertificate } from '../../../../../../testkit/certificates.ts';
import { probeOnce } from '../../../../../../testkit/probe-once.ts';
import { answering, page, type Script, ScriptedPeer } from '../../../../../../testkit/scripted-peer.ts';

const authority = makeCertificate({ subject: 'Authority', authority: true });
const { key, cert } = makeCertificate({ subject: 'shop', names: ['127.0.0.1'], issuer: authority });
const ca = authority.cert;

type Answer = (stream: ServerHttp2Stream, headers: http2.IncomingHttpHeaders, body: string) => void;

class Server implements AsyncDisposable {
  readonly seen: http2.IncomingHttpHeaders[] = [];
  readonly #server: Http2Server;
  readonly #sockets = new Set<net.Socket>();
  readonly #secure: boolean;

  private constructor(answer: Answer, secure: boolean) {
    this.#secure = secure;
    this.#server = secure ? http2.createSecureServer({ key, cert }) : http2.createServer();
    this.#server.on('connection', (socket: net.Socket) => {
      this.#sockets.add(socket);
      socket.on('close', () => this.#sockets.delete(socket));
    });
    this.#server.on('sessionError', () => {});
    this.#server.on('stream', (stream: ServerHttp2Stream, headers) => {
      this.seen.push(headers);
      let body = '';
      stream.on('error', () => {});
      stream.on('data', (part: Buffer) => {
        body += part.toString();
      });
      stream.on('end', () => answer(stream, headers, body));
    });
  }

  static async start(answer: Answer, { secure = true } = {}): Promise<Server> {
    const server = new Server(answer, secure);
    server.#server.listen(0, '127.0.0.1');
    await once(server.#server, 'listening');
    return server;
  }

  get url(): string {
    return `${this.#secure ? 'https' : 'http'}://127.0.0.1:${(this.#server.address() as AddressInfo).port}/`;
  }

  /** Resolves once no connection is left. */
  async allClosed(): Promise<void> {
    for (const socket of this.#sockets) if (!socket.closed) await once(socket, 'close');
  }

  async [Symbol.asyncDispose](): Promise<void> {
    for (const socket of this.#sockets) socket.destroy();
    await new Promise<void>((resolve) => this.#server.close(() => resolve()));
  }
}

const h2 = { protocol: 'h2', tls: { ca } };
const saying =
  (text: string, headers: http2.OutgoingHttpHeaders = {}): Answer =>
  (stream) => {
    stream.respond({ ':status': 200, ...headers });
    stream.end(text);
  };

for (const secure of [true, false]) {
  test(`an answer over HTTP/2 passes, ${secure ? 'encrypted' : 'in the open'}, with its phases`, async () => {
    await using server = await Server.start(saying('hello', { 'x-mode': 'live' }), { secure });
    const expect = { text: 'hello', header: { 'X-Mode': 'live' } };
    const result = await probeOnce('http', { url: server.url, ...(secure ? h2 : { protocol: 'h2' }), expect });
    assert.equal(result.outcome, 'pass', result.sentence);
    assert.deepEqual(result.observed, { status: 200, sizeBytes: 5 });
    const { connectUs, tlsUs, waitUs, transferUs } = result.phases;
    assert.ok(connectUs! >= 0 && waitUs! >= 0 && transferUs! >= 0 && (tlsUs !== undefined) === secure);
    await server.allClosed();
  });
}

test('what is sent is what the settings say, without what belongs to HTTP/1.1', async () => {
  let heard = '';
  await using server = await Server.start((stream, _, body) => {
    heard = body;
    stream.respond({ ':status': 201 });
    stream.end();
  });
  const settings = {
    url: `${server.url}a?b=c`,
    method: 'POST',
    body: 'ü',
    headers: { 'X-A': 'b' },
    auth: { bearer: 't' },
  };
  const result = await probeOnce('http', { ...settings, ...h2 });
  assert.equal(result.outcome, 'pass', result.sentence);
  const { ':method': method, ':path': path, ':authority': host, ...rest } = server.seen[0]!;
  assert.deepEqual([method, path, heard], ['POST', '/a?b=c', 'ü']);
  assert.equal(`https://${host}/`, server.url);
  assert.deepEqual([rest['x-a'], rest['authorization'], rest['content-length']], ['b', 'Bearer t', '2']);
  assert.equal(rest['connection'], undefined);
});

for (const { why, answer, expect, sentence } of [
  {
    why: 'a wrong status',
    answer: (stream) => {
      stream.respond({ ':status': 503 });
      stream.end('busy');
    },
    sentence: 'Answered 503, expected 2xx',
  },
  {
    why: 'a text that is not there',
    answer: saying('bye'),
    expect: { text: 'hello' },
    sentence: 'The text “hello” is not in the answer',
  },
  {
    why: 'a cookie of several',
    answer: saying('', { 'set-cookie': ['a=1', 'b=2'] }),
    expect: { header: { 'Set-Cookie': 'b=3' } },
    sentence: 'Header Set-Cookie is another value, expected b=3',
  },
  {
    why: 'a body without an end',
    answer: (stream) => {
      stream.respond({ ':status': 200 });
      const more = () => {
        while (!stream.destroyed && stream.write('x'.repeat(60_000)));
      };
      stream.on('drain', more);
      more();
    },
    expect: { text: 'y' },
    sentence: 'The answer is larger than 1048576 bytes',
  },
  {
    why: 'headers beyond the limit',
    answer: (stream) => {
      stream.respond({
        ':status': 200,
        ...Object.fromEntries(Array.from({ length: 90 }, (_, index) => [`x-${index}`, 'y'.repeat(400)])),
      });
      stream.end();
    },
    sentence: 'The headers of the answer are larger than 16384 bytes',
  },
  {
    why: 'headers far beyond the limit',
    answer: (stream) => {
      stream.respond({
        ':status': 200,
        ...Object.fromEntries(Array.from({ length: 60 }, (_, index) => [`x-${index}`, 'y'.repeat(2_000)])),
      });
      stream.end();
    },
    sentence: /^(The headers of the answer are larger than 16384 bytes|The answer is not valid HTTP\/2: .*)$/,
  },
  {
    why: 'an answer that is taken back',
    answer: (stream) => {
      stream.respond({ ':status': 200 });
      stream.write('hel');
      stream.close(http2.constants.NGHTTP2_INTERNAL_ERROR);
    },
    sentence: 'The answer is not valid HTTP/2: the answer was ended with INTERNAL_ERROR',
  },
  {
    why: 'a request that is refused',
    answer: (stream) => stream.close(http2.constants.NGHTTP2_REFUSED_STREAM),
    sentence: 'The answer is not valid HTTP/2: the answer was ended with REFUSED_STREAM',
  },
  {
    why: 'a connection that goes in the middle',
    answer: (stream) => stream.session!.socket.destroy(),
    sentence: /^The connection was (closed|reset) while waiting for an answer$/,
  },
] as { why: string; answer: Answer; expect?: object; sentence: string | RegExp }[]) {
  test(`over HTTP/2: ${why}`, async () => {
    await using server = await Server.start(answer);
    const result = await probeOnce('http', { url: server.url, ...h2, ...(expect && { expect }) });
    assert.equal(result.outcome, 'fail');
    if (typeof sentence === 'string') assert.equal(result.sentence, sentence);
    else assert.match(result.sentence, sentence);
    await server.allClosed();
  });
}

test('a server that never answers is left at the deadline', async () => {
  await using server = await Server.start(() => {});
  const result = await probeOnce('http', { url: server.url, ...h2 }, { timeoutMs: 300 });
  assert.equal(result.sentence, 'No complete answer within 300 ms, while waiting for an answer');
  await server.allClosed();
});

/** Type, flags, stream and content of a frame. */
function frame(type: number, flags: number, content: Buffer): Buffer {
  const head = Buffer.alloc(9);
  head.writeUIntBE(content.length, 0, 3);
  head[3] = type;
  head[4] = flags;
  return Buffer.concat([head, content]);
}
const settingsFrame = frame(4, 0, Buffer.alloc(0));
const ping = frame(6, 0, Buffer.alloc(8));

for (const { why, script, reason, says = /./ } of [
  {
    why: 'speaks HTTP/1.1',
    script: answering(page('hello')),
    reason: 'protocol-error',
    says: /the server does not speak it$/,
  },
  { why: 'says nothing at all', script: () => {}, reason: 'timeout' },
  { why: 'lets go at once', script: (peer) => peer.end(), reason: 'connection-closed' },
  { why: 'throws the connection away', script: (peer) => peer.reset(), reason: 'connection-reset' },
  {
    why: 'sends pings for ever',
    script: (peer) => {
      peer.say(settingsFrame);
      peer.sayForEver(ping);
    },
    reason: /./,
  },
  { why: 'sends settings for ever', script: (peer) => peer.sayForEver(settingsFrame), reason: /./ },
  {
    why: 'says that it goes away',
    script: (peer) => {
      peer.say(settingsFrame);
      peer.say(frame(7, 0, Buffer.from([0, 0, 0, 0, 0, 0, 0, 0])));
      peer.end();
    },
    reason: /^(connection-closed|protocol-error)$/,
  },
] as { why: string; script: Script; reason: string | RegExp; says?: RegExp }[]) {
  test(`a server of HTTP/2 that ${why}`, async () => {
    await using peer = await ScriptedPeer.start(script);
    const result = await probeOnce('http', { url: peer.url(), protocol: 'h2' }, { timeoutMs: 400 });
    assert.equal(result.outcome, 'fail', result.sentence);
    if (typeof reason === 'string') assert.equal(result.reason, reason, result.sentence);
    else assert.match(result.reason, reason);
    assert.match(result.sentence, says);
    await peer.allClosed();
  });
}

for (const ALPNProtocols of [['http/1.1'], undefined]) {
  test(`a server that offers ${ALPNProtocols ?? 'nothing'} does not speak HTTP/2`, async () => {
    const options = { key, cert, ...(ALPNProtocols && { ALPNProtocols }) };
    await using peer = await ScriptedPeer.start(answering(page('hello')), { tls: options });
    const result = await probeOnce('http', { url: peer.url(), ...h2 });
    assert.equal(result.sentence, 'The answer is not valid HTTP/2: the server does not offer it');
    await peer.allClosed();
  });
}

test('elsewhere, where a redirect leads, nobody promised HTTP/2', async () => {
  await using elsewhere = await ScriptedPeer.start(answering(page('hello')));
  await using server = await Server.start((stream) => {
    stream.respond({ ':status': 302, location: elsewhere.url() });
    stream.end();
  });
  const result = await probeOnce('http', { url: server.url, ...h2, expect: { text: 'hello' } });
  assert.equal(result.outcome, 'pass', result.sentence);
});

test('a bad certificate fails before anything is asked', async () => {
  await using server = await Server.start(saying('hello'));
  const result = await probeOnce('http', { url: server.url, protocol: 'h2' });
  assert.equal(result.reason, 'certificate-invalid');
  assert.equal(server.seen.length, 0);
});
