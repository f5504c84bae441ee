import assert from 'node:assert/strict';
import { type ChildProcess, spawn } from 'node:child_process';
import { X509Certificate } from 'node:crypto';
import { once } from 'node:events';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import net, { type AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { test } from 'node:test';
import tls from 'node:tls';
import type { ReasonCode } from '../../../../../contract/src/reasons.ts';
import { type Certificate, makeCertificate } from '../../../../../testkit/certificates.ts';
import { DeafListener } from '../../../../../testkit/deaf-listener.ts';
import { freePort } from '../../../../../testkit/free-port.ts';
import { testKind } from '../../../../../testkit/kind-suite.ts';
import { probeOnce } from '../../../../../testkit/probe-once.ts';
import { type Script, ScriptedPeer } from '../../../../../testkit/scripted-peer.ts';
import type { CheckKind } from '../kind.ts';
import { tlsKind } from './tls.ts';

const dayMs = 86_400_000;
const nowMs = Date.now();
const names = ['localhost', '127.0.0.1'];
const root = makeCertificate({ subject: 'Shop root', authority: true, notAfterMs: nowMs + 900 * dayMs });
const middle = makeCertificate({
  subject: 'Shop issuer',
  authority: true,
  issuer: root,
  notAfterMs: nowMs + 400 * dayMs,
});
const shop = makeCertificate({ subject: 'shop', names, issuer: middle, notAfterMs: nowMs + 60.5 * dayMs });
const byHand = makeCertificate({ subject: 'by hand', names, notAfterMs: nowMs + 60 * dayMs });
const lasting = (days: number) =>
  makeCertificate({ subject: 'shop', names, issuer: root, notAfterMs: nowMs + days * dayMs });
const dateIn = (days: number) => new Date(nowMs + days * dayMs).toISOString().slice(0, 10);

function serve(own: Certificate, others: readonly Certificate[] = []): Promise<ScriptedPeer> {
  const cert = [own, ...others].map((each) => each.cert).join('');
  return ScriptedPeer.start(() => {}, { tls: { key: own.key, cert } });
}

const ca = root.cert;
const at = ({ port }: { readonly port: number }) => ({ host: '127.0.0.1', port, ca });

testKind({
  kind: tlsKind as CheckKind,
  async passes() {
    const peer = await serve(shop, [middle]);
    return { peer, settings: { ...at(peer), expect: { protocol: 'TLSv1.3', latency: { total: '5s' } } } };
  },
  fails: [
    {
      why: 'a certificate that nobody known vouches for fails',
      async scene() {
        const peer = await serve(byHand);
        return { peer, settings: at(peer) };
      },
    },
    {
      why: 'a certificate that ends soon is no plain pass',
      async scene() {
        const peer = await serve(lasting(20));
        return { peer, settings: at(peer) };
      },
    },
  ],
  async stuck() {
    const peer = await ScriptedPeer.start(() => {});
    return { peer, settings: at(peer) };
  },
  wrong: [
    { why: 'a host with a scheme', settings: { host: 'https://a' } },
    { why: 'a log-in before the host', settings: { host: 'me@a' } },
    { why: 'a port of 0', settings: { host: 'a', port: 0 } },
    { why: 'authorities that are no certificates', settings: { host: 'a', ca: 'root.pem' } },
    { why: 'authorities cut off in the middle', settings: { host: 'a', ca: ca.slice(0, 200) } },
    { why: 'a protocol that nobody speaks here', settings: { host: 'a', startTls: 'ldap' } },
    { why: 'a limit as a number', settings: { host: 'a', expect: { latency: { total: 300 } } } },
  ],
  settingsFor: (host, port) => ({ host, port }),
});

interface Seen {
  readonly why: string;
  readonly own: Certificate;
  readonly others?: readonly Certificate[];
  readonly settings?: Readonly<Record<string, unknown>>;
  readonly says: string;
}
const seen: readonly Seen[] = [
  { why: 'a whole chain to a root of ours', own: shop, others: [middle], says: 'pass: Everything asked for was there' },
  {
    why: 'the one in the middle forgotten',
    own: shop,
    says: 'fail: The certificate is not accepted: the certificate of its issuer, Shop issuer, was not sent and is not known here (UNABLE_TO_GET_ISSUER_CERT_LOCALLY)',
  },
  {
    why: 'the one in the middle given as trusted is enough',
    ...{ own: shop, settings: { ca: middle.cert } },
    says: 'pass: Everything asked for was there',
  },
  {
    why: 'one made by hand and given as trusted',
    ...{ own: byHand, settings: { ca: byHand.cert } },
    says: 'pass: Everything asked for was there',
  },
  {
    why: 'one made by hand that need not be trusted',
    ...{ own: byHand, settings: { expect: { trusted: false } } },
    says: 'pass: Everything asked for was there',
  },
  {
    why: 'one made by hand, known by its fingerprint only',
    ...{ own: byHand, settings: { expect: { trusted: false, fingerprint: 'ab'.repeat(32) } } },
    says: `fail: The certificate’s fingerprint is ${printOf(byHand)}, expected ${'ab'.repeat(32)}`,
  },
  {
    why: 'the usual authorities do not know ours',
    ...{ own: shop, others: [middle, root], settings: { ca: undefined } },
    says: 'fail: The certificate is not accepted: its root, Shop root, is not trusted here (SELF_SIGNED_CERT_IN_CHAIN)',
  },
  {
    why: 'another name than the one asked for',
    ...{ own: shop, others: [middle], settings: { servername: 'pay.example' } },
    says: 'fail: The certificate’s name is localhost, 127.0.0.1, expected pay.example',
  },
  {
    why: 'another name, and it may be',
    ...{ own: shop, others: [middle], settings: { servername: 'pay.example', expect: { nameMatches: false } } },
    says: 'pass: Everything asked for was there',
  },
  {
    why: 'by name',
    own: shop,
    others: [middle],
    settings: { host: 'localhost' },
    says: 'pass: Everything asked for was there',
  },
  { why: 'expired yesterday', own: lasting(-1), says: `fail: The certificate expired on ${dateIn(-1)}` },
  {
    why: 'good for two days more',
    own: lasting(2.5),
    says: `fail: The certificate expires on ${dateIn(2.5)}, in 2 days; limit 3 days`,
  },
  {
    why: 'good for twenty days more',
    own: lasting(20.5),
    says: `degraded: The certificate expires on ${dateIn(20.5)}, in 20 days; limit 21 days`,
  },
  {
    why: 'an issuer that the shop does not use',
    ...{ own: shop, others: [middle], settings: { expect: { issuer: 'Shop root' } } },
    says: 'fail: The certificate’s issuer is Shop issuer, expected Shop root',
  },
];
for (const { why, own, others, settings, says } of seen) {
  test(`tls: ${why}`, async () => {
    await using peer = await serve(own, others);
    const result = await probeOnce('tls', { ...at(peer), ...settings }, { timeoutMs: 5_000 });
    await peer.allClosed();
    assert.equal(`${result.outcome}: ${result.sentence}`, says);
    assert.ok(result.phases.tlsUs! > 0 && result.phases.connectUs! >= 0);
    assert.equal(result.observed['subject'], own.subject);
  });
}

function printOf({ cert }: Certificate): string {
  return new X509Certificate(cert).fingerprint256.replaceAll(':', '').toLowerCase();
}

test('tls: what was seen is shown, good or bad', async () => {
  await using peer = await serve(shop, [middle]);
  const { observed } = await probeOnce('tls', at(peer));
  const { fingerprint, ...rest } = observed;
  assert.deepEqual(rest, {
    subject: 'shop',
    names: 'localhost, 127.0.0.1',
    issuer: 'Shop issuer',
    chain: 'shop ← Shop issuer ← Shop root',
    validTo: dateIn(60.5),
    daysLeft: 60,
    protocol: 'TLSv1.3',
  });
  assert.match(String(fingerprint), /^[0-9a-f]{64}$/);
  assert.equal(tlsKind.describe(observed, 9_000), 'certificate ends in 60 days, TLSv1.3');
});

const mail = '220 mail\r\n';
const offers = '250-mail\r\n250 STARTTLS\r\n';
/** Greets and answers as told, line by line, then turns to encryption on the same connection. */
function mailServer(own: Certificate, greeting: string, answers: readonly string[]): net.Server {
  return net.createServer((socket) => {
    socket.on('error', () => {});
    const left = [...answers];
    if (greeting !== '') socket.write(greeting);
    socket.on('data', function answer() {
      socket.write(left.shift() ?? '');
      if (left.length > 0) return;
      socket.off('data', answer);
      new tls.TLSSocket(socket, { isServer: true, key: own.key, cert: own.cert + middle.cert }).on('error', () => {});
    });
  });
}

for (const { startTls, greeting, answers } of [
  { startTls: 'smtp', greeting: mail, answers: [offers, '220 go\r\n'] },
  { startTls: 'imap', greeting: '* OK hi\r\n', answers: ['a OK go\r\n'] },
  { startTls: 'pop3', greeting: '+OK hi\r\n', answers: ['+OK go\r\n'] },
  { startTls: 'postgres', greeting: '', answers: ['S'] },
]) {
  test(`tls: the certificate of a server that turns to encryption later, as in ${startTls}`, async () => {
    const server = mailServer(shop, greeting, answers);
    await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
    const { port } = server.address() as AddressInfo;
    const result = await probeOnce('tls', { ...at({ port }), startTls });
    assert.equal(result.outcome, 'pass', result.sentence);
    assert.equal(result.observed['chain'], 'shop ← Shop issuer ← Shop root');
    assert.ok(result.phases.waitUs! > 0 && result.phases.tlsUs! > 0);
    await new Promise((resolve) => server.close(resolve));
  });
}

interface BadPeer {
  readonly why: string;
  readonly script: Script;
  readonly settings?: Readonly<Record<string, unknown>>;
  readonly reason: ReasonCode;
  readonly sentence: RegExp;
}
/** A TLS record that announces 255 bytes of handshake. */
const beginning = Buffer.from([22, 3, 3, 0, 255, 2]);
const badPeers: readonly BadPeer[] = [
  {
    why: 'it accepts and never says anything',
    script: () => {},
    reason: 'timeout',
    sentence: /^No complete answer within 300 ms, while agreeing on encryption$/,
  },
  {
    why: 'it drips its part of the agreement byte by byte',
    script: (connection) => {
      connection.say(beginning);
      connection.drip('\0');
    },
    reason: 'timeout',
    sentence: /while agreeing on encryption$/,
  },
  {
    why: 'it speaks plain HTTP',
    script: (connection) => connection.say('HTTP/1.1 400 Bad Request\r\n\r\n'),
    reason: 'tls-failed',
    sentence: /^No encrypted connection: what answers there does not speak TLS \(ERR_SSL_\w+\)$/,
  },
  {
    why: 'it floods what is no TLS',
    script: (connection) => connection.sayForEver('blah '),
    reason: 'tls-failed',
    sentence: /does not speak TLS/,
  },
  {
    why: 'it closes in the middle of the agreement',
    script: async (connection) => {
      await connection.heard('\x16');
      connection.end();
    },
    reason: 'connection-closed',
    sentence: /^The connection was closed while agreeing on encryption$/,
  },
  {
    why: 'it resets in the middle of the agreement',
    script: async (connection) => {
      await connection.heard('\x16');
      connection.reset();
    },
    reason: 'connection-reset',
    sentence: /^The connection was reset while agreeing on encryption$/,
  },
  {
    why: 'a mail server greets without end',
    script: (connection) => connection.sayForEver('220-welcome\r\n'),
    settings: { startTls: 'smtp' },
    reason: 'tls-failed',
    sentence: /^No encrypted connection: the server does not speak SMTP$/,
  },
  {
    why: 'a mail server never greets',
    script: () => {},
    settings: { startTls: 'smtp' },
    reason: 'timeout',
    sentence: /^No complete answer within 300 ms, while waiting for an answer$/,
  },
  {
    why: 'a mail server hangs up before it turns to encryption',
    script: (connection) => {
      connection.say(mail);
      connection.end();
    },
    settings: { startTls: 'smtp' },
    reason: 'connection-closed',
    sentence: /^The connection was closed while waiting for an answer$/,
  },
  {
    why: 'a database has encryption turned off',
    script: (connection) => connection.say('N'),
    settings: { startTls: 'postgres' },
    reason: 'tls-failed',
    sentence: /^No encrypted connection: the server has encryption turned off$/,
  },
];
for (const { why, script, settings, reason, sentence } of badPeers) {
  test(`tls: ${why}`, async () => {
    await using peer = await ScriptedPeer.start(script);
    const timeoutMs = reason === 'timeout' ? 300 : 10_000;
    const result = await probeOnce('tls', { ...at(peer), ...settings }, { timeoutMs });
    await peer.allClosed();
    assert.deepEqual([result.outcome, result.reason], ['fail', reason], result.sentence);
    assert.match(result.sentence, sentence);
    assert.deepEqual(result.observed, {});
  });
}

test('tls: a machine that drops what comes is a connection that does not stand', async () => {
  await using deaf = await DeafListener.start();
  const result = await probeOnce('tls', at(deaf), { timeoutMs: 300 });
  assert.equal(result.sentence, `No connection to 127.0.0.1:${deaf.port} within 300 ms`);
});

/** The server that comes with OpenSSL: it can be told to be of yesterday. */
class OpensslServer implements AsyncDisposable {
  readonly port: number;
  readonly #child: ChildProcess;
  readonly #folder: string;
  private constructor(port: number, child: ChildProcess, folder: string) {
    this.port = port;
    this.#child = child;
    this.#folder = folder;
  }

  static async start(own: Certificate, ...args: readonly string[]): Promise<OpensslServer> {
    const folder = await mkdtemp(path.join(tmpdir(), 'pitwall-openssl-'));
    await writeFile(path.join(folder, 'key'), own.key);
    await writeFile(path.join(folder, 'cert'), own.cert);
    await writeFile(path.join(folder, 'chain'), middle.cert);
    const port = await freePort();
    const files = ['-key', path.join(folder, 'key'), '-cert', path.join(folder, 'cert')];
    const chain = ['-cert_chain', path.join(folder, 'chain')];
    const child = spawn('/usr/bin/openssl', ['s_server', '-accept', `127.0.0.1:${port}`, ...files, ...chain, ...args]);
    let said = '';
    while (!said.includes('ACCEPT')) said += String((await once(child.stdout, 'data'))[0]);
    return new OpensslServer(port, child, folder);
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.#child.kill('SIGKILL');
    await once(this.#child, 'exit');
    await rm(this.#folder, { recursive: true });
  }
}

for (const { why, args, settings, says } of [
  { why: 'of today', args: [], says: /^pass: Everything/ },
  { why: 'that speaks TLS 1.2', args: ['-tls1_2'], says: /^pass: Everything/ },
  {
    why: 'that speaks TLS 1.2 where 1.3 is wanted',
    args: ['-tls1_2'],
    settings: { expect: { protocol: 'TLSv1.3' } },
    says: /^fail: Agreed on TLSv1\.2, expected TLSv1\.3 or newer$/,
  },
  {
    why: 'of yesterday, that speaks TLS 1.1 at best',
    args: ['-tls1_1', '-cipher', 'ALL:@SECLEVEL=0'],
    says: /^fail: No encrypted connection: the server speaks only versions of TLS older than 1\.2 \(ERR_SSL_\w+\)$/,
  },
  {
    why: 'that wants a certificate of us still shows its own',
    args: ['-Verify', '1'],
    says: /^pass: Everything/,
  },
] as { why: string; args: string[]; settings?: Record<string, unknown>; says: RegExp }[]) {
  test(`tls: a real server of OpenSSL ${why}`, async () => {
    await using server = await OpensslServer.start(shop, ...args);
    const result = await probeOnce('tls', { ...at(server), ...settings });
    assert.match(`${result.outcome}: ${result.sentence}`, says);
  });
}
