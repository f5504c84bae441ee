/** Private authorities, client certificates, names, agreements taken up again, and days left: against real servers. */
import assert from 'node:assert/strict';
import { once } from 'node:events';
import type { AddressInfo } from 'node:net';
import { test } from 'node:test';
import tls from 'node:tls';
import { type Certificate, makeCertificate } from '../../../../../../testkit/certificates.ts';
import { openNetwork, probeOnce } from '../../../../../../testkit/probe-once.ts';
import { answering, askingWho, page, ScriptedPeer } from '../../../../../../testkit/scripted-peer.ts';
import { systemClock } from '../../../../platform/clock.ts';
import type { ProbeResult } from '../../kind.ts';
import { httpKind } from './http.ts';

const dayMs = 86_400_000;
const names = ['127.0.0.1', 'localhost'];
const longMs = Date.now() + 900 * dayMs;
const authority = makeCertificate({ subject: 'The shop’s own authority', authority: true, notAfterMs: longMs });
const shop = makeCertificate({ subject: 'shop', names, issuer: authority });
const client = makeCertificate({ subject: 'pitwall', issuer: authority });
const ca = authority.cert;

function serve(certificate: Certificate, more: tls.TlsOptions = {}): Promise<ScriptedPeer> {
  const { key, cert } = certificate;
  return ScriptedPeer.start(answering(page('hello')), { tls: { key, cert, ...more } });
}

test('a private authority vouches where the check names it, and nowhere else', async () => {
  await using peer = await serve(shop);
  assert.equal((await probeOnce('http', { url: peer.url(), tls: { ca } })).outcome, 'pass');
  const without = await probeOnce('http', { url: peer.url() });
  assert.deepEqual([without.outcome, without.reason], ['fail', 'certificate-invalid']);
  const other = makeCertificate({ subject: 'Another authority', authority: true }).cert;
  const wrong = await probeOnce('http', { url: peer.url(), tls: { ca: other } });
  assert.equal(wrong.reason, 'certificate-invalid');
  const several = await probeOnce('http', { url: peer.url(), tls: { ca: other + ca } });
  assert.equal(several.outcome, 'pass', several.sentence);
});

test('a server that asks who we are is shown the certificate; without one it refuses', async () => {
  await using peer = await serve(shop, askingWho(ca));
  const { cert: certificate, key } = client;
  const known = await probeOnce('http', { url: peer.url(), tls: { ca, certificate, key } });
  assert.equal(known.outcome, 'pass', known.sentence);
  const unknown = await probeOnce('http', { url: peer.url(), tls: { ca } });
  assert.equal(unknown.outcome, 'fail');
  assert.match(unknown.reason, /^(tls-failed|connection-(reset|closed))$/, unknown.sentence);
  await peer.allClosed();
});

test('who we are is not shown elsewhere, wherever a redirect leads', async () => {
  await using elsewhere = await serve(shop, askingWho(ca));
  const moved = `HTTP/1.1 302 Found\r\nLocation: ${elsewhere.url()}\r\nContent-Length: 0\r\n\r\n`;
  await using first = await ScriptedPeer.start(answering(moved), { tls: { key: shop.key, cert: shop.cert } });
  const { cert: certificate, key } = client;
  const result = await probeOnce('http', { url: first.url(), tls: { ca, certificate, key } });
  assert.equal(result.outcome, 'fail', result.sentence);
  assert.equal(elsewhere.heard.length, 0);
});

test('another name can be asked for than that of the address', async () => {
  await using peer = await serve(makeCertificate({ subject: 'shop', names: ['shop.example'], issuer: authority }));
  const named = await probeOnce('http', { url: peer.url(), tls: { ca, servername: 'shop.example' } });
  assert.equal(named.outcome, 'pass', named.sentence);
  const other = await probeOnce('http', { url: peer.url(), tls: { ca, servername: 'else.example' } });
  assert.match(other.sentence, /ERR_TLS_CERT_ALTNAME_INVALID/);
});

/** A server whose certificate can be exchanged, and that notes of each connection whether it goes on with an earlier one. */
class Shop implements AsyncDisposable {
  readonly taken: string[] = [];
  readonly #server: tls.Server;

  private constructor(server: tls.Server) {
    this.#server = server;
    server.on('tlsClientError', () => {});
    server.on('secureConnection', (socket) => {
      this.taken.push(socket.isSessionReused() ? 'taken up' : 'anew');
      socket.on('error', () => {});
      socket.once('data', () => socket.end(page('hello')));
    });
  }

  static async start(options: tls.TlsOptions): Promise<Shop> {
    const server = tls.createServer(options).listen(0, '127.0.0.1');
    await once(server, 'listening');
    return new Shop(server);
  }

  get url(): string {
    return `https://127.0.0.1:${(this.#server.address() as AddressInfo).port}/`;
  }

  exchange({ key, cert }: Certificate): void {
    this.#server.setSecureContext({ key, cert });
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await new Promise<void>((resolve) => this.#server.close(() => resolve()));
  }
}

/** One check at several times: its plan, and with it what was agreed on, is the same. */
function checkOf(settings: unknown) {
  const spec = httpKind.schema.parse(settings);
  let offsetUs = 0;
  const clock = { ...systemClock, monotonicUs: () => systemClock.monotonicUs() + offsetUs };
  return {
    later(byMs: number) {
      offsetUs += byMs * 1_000;
    },
    probe(): Promise<ProbeResult> {
      return httpKind.probe(spec, { clock, network: openNetwork, timeoutMs: 5_000, secrets: [], onDeadline() {} });
    },
  };
}

test('what was agreed on is taken up again for a minute, then all is looked at anew', async () => {
  await using server = await Shop.start({ key: shop.key, cert: shop.cert });
  const check = checkOf({ url: server.url, tls: { ca } });
  for (const laterMs of [0, 1_000, 58_000, 2_000, 1_000]) {
    check.later(laterMs);
    assert.equal((await check.probe()).outcome, 'pass');
  }
  assert.deepEqual(server.taken, ['anew', 'taken up', 'taken up', 'anew', 'taken up']);
});

test('in TLS 1.2, where the short way would look faster than it is, all is agreed on anew', async () => {
  await using server = await Shop.start({ key: shop.key, cert: shop.cert, maxVersion: 'TLSv1.2' });
  const check = checkOf({ url: server.url, tls: { ca } });
  for (let run = 0; run < 3; run += 1) assert.equal((await check.probe()).outcome, 'pass');
  assert.deepEqual(server.taken, ['anew', 'anew', 'anew']);
});

test('a certificate that is exchanged for a bad one is seen within a minute', async () => {
  await using server = await Shop.start({ key: shop.key, cert: shop.cert });
  const check = checkOf({ url: server.url, tls: { ca } });
  await check.probe();
  server.exchange(makeCertificate({ subject: 'shop', names, issuer: authority, notAfterMs: Date.now() - dayMs }));
  check.later(61_000);
  assert.equal((await check.probe()).reason, 'certificate-expired');
});

test('another check does not profit from what was agreed on under other trust', async () => {
  await using server = await Shop.start({ key: shop.key, cert: shop.cert });
  assert.equal((await checkOf({ url: server.url, tls: { verify: false } }).probe()).outcome, 'pass');
  assert.equal((await checkOf({ url: server.url }).probe()).reason, 'certificate-invalid');
});

test('a certificate near its end is degraded in words, and its renewal is seen at once', async () => {
  const soon = makeCertificate({ subject: 'shop', names, issuer: authority, notAfterMs: Date.now() + 10.5 * dayMs });
  await using server = await Shop.start({ key: soon.key, cert: soon.cert });
  const check = checkOf({ url: server.url, tls: { ca }, expect: { certificate: {} } });
  const near = await check.probe();
  assert.deepEqual(
    [near.outcome, near.reason, near.observed['daysLeft']],
    ['degraded', 'certificate-expires-soon', 10],
  );
  server.exchange(
    makeCertificate({ subject: 'shop', names, issuer: authority, notAfterMs: Date.now() + 80.5 * dayMs }),
  );
  const renewed = await check.probe();
  assert.deepEqual([renewed.outcome, renewed.observed['daysLeft']], ['pass', 80]);
  // Taken up again, the server shows none; what it showed is remembered.
  assert.deepEqual((await check.probe()).observed['daysLeft'], 80);
  assert.deepEqual(server.taken, ['anew', 'anew', 'taken up']);
});

for (const { why, days, expect, says } of [
  {
    why: 'too few days left fail',
    days: 2.5,
    expect: { certificate: {} },
    says: /^The certificate expires on \S+, in 2 days; limit 3 days$/,
  },
  {
    why: 'the limits are the check’s',
    days: 50,
    expect: { certificate: { daysLeft: { degraded: 60 } } },
    says: /in 4\d days; limit 60 days$/,
  },
  {
    why: 'a wrong answer outranks its certificate',
    days: 2.5,
    expect: { certificate: {}, text: 'goodbye' },
    says: /^The text “goodbye” is not in the answer$/,
  },
  {
    why: 'where nobody need vouch for it, its days count all the same',
    days: 2.5,
    expect: { certificate: {} },
    says: /in 2 days/,
  },
]) {
  test(`a certificate: ${why}`, async () => {
    const notAfterMs = Date.now() + days * dayMs;
    await using peer = await serve(makeCertificate({ subject: 'shop', names, issuer: authority, notAfterMs }));
    const trust = why.startsWith('where nobody') ? { verify: false } : { ca };
    const result = await probeOnce('http', { url: peer.url(), tls: trust, expect });
    assert.match(result.sentence, says);
  });
}

for (const { why, settings } of [
  { why: 'an authority that is no certificate', settings: { ca: 'nonsense' } },
  {
    why: 'an authority that only looks like one',
    settings: { ca: '-----BEGIN CERTIFICATE-----\nAAAA\n-----END CERTIFICATE-----' },
  },
  { why: 'a certificate without its key', settings: { certificate: client.cert } },
  { why: 'a key without its certificate', settings: { key: client.key } },
  { why: 'the key of another certificate', settings: { certificate: client.cert, key: shop.key } },
  { why: 'a name with a port', settings: { servername: 'shop:443' } },
]) {
  test(`settings are refused: ${why}`, () => {
    assert.equal(httpKind.schema.safeParse({ url: 'https://a/', tls: settings }).success, false);
    assert.equal(httpKind.schema.safeParse({ url: 'https://a/', tls: { ca } }).success, true);
  });
}

test('settings are refused: days left where there is no certificate', () => {
  assert.equal(httpKind.schema.safeParse({ url: 'http://a/', expect: { certificate: {} } }).success, false);
});
