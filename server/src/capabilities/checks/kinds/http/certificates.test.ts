import assert from 'node:assert/strict';
import { test } from 'node:test';
import tls from 'node:tls';
import type { ReasonCode } from '../../../../../../contract/src/reasons.ts';
import { type Certificate, makeCertificate } from '../../../../../../testkit/certificates.ts';
import { probeOnce } from '../../../../../../testkit/probe-once.ts';
import { answering, page, ScriptedPeer } from '../../../../../../testkit/scripted-peer.ts';

const dayMs = 86_400_000;
const nowMs = Date.now();
const authority = makeCertificate({ subject: 'Trusted authority', authority: true });
const stranger = makeCertificate({ subject: 'Unknown authority', authority: true });
const oldAuthority = makeCertificate({
  ...{ subject: 'Old authority', authority: true, issuer: authority },
  ...{ notBeforeMs: nowMs - 30 * dayMs, notAfterMs: nowMs - 2 * dayMs },
});
// Read when the first encrypted connection is made.
tls.setDefaultCACertificates([authority.cert]);

const names = ['127.0.0.1', 'localhost'];
const yesterday = new Date(nowMs - dayMs).toISOString().slice(0, 10);

const bad: readonly {
  why: string;
  certificate: Certificate;
  chain?: Certificate;
  reason: ReasonCode;
  sentence: string;
}[] = [
  {
    why: 'expired yesterday',
    certificate: makeCertificate({
      ...{ subject: 'shop', names, issuer: authority },
      ...{ notBeforeMs: nowMs - 90 * dayMs, notAfterMs: nowMs - dayMs },
    }),
    reason: 'certificate-expired',
    sentence: `The certificate expired on ${yesterday}`,
  },
  {
    why: 'begins tomorrow',
    certificate: makeCertificate({ subject: 'shop', names, issuer: authority, notBeforeMs: nowMs + dayMs }),
    reason: 'certificate-invalid',
    sentence: 'The certificate is not accepted: it is not valid yet (CERT_NOT_YET_VALID)',
  },
  {
    why: 'was signed by itself',
    certificate: makeCertificate({ subject: 'shop', names }),
    reason: 'certificate-invalid',
    sentence:
      'The certificate is not accepted: it is signed by itself, not by an authority (DEPTH_ZERO_SELF_SIGNED_CERT)',
  },
  {
    why: 'is for another name',
    certificate: makeCertificate({ subject: 'shop', names: ['other.example'], issuer: authority }),
    reason: 'certificate-invalid',
    sentence: 'The certificate is not accepted: it is for another name (ERR_TLS_CERT_ALTNAME_INVALID)',
  },
  {
    why: 'was issued by nobody known',
    certificate: makeCertificate({ subject: 'shop', names, issuer: stranger }),
    reason: 'certificate-invalid',
    sentence:
      'The certificate is not accepted: the certificates between it and its authority are missing (UNABLE_TO_VERIFY_LEAF_SIGNATURE)',
  },
  {
    why: 'is good, but its issuer expired: no date of its own is named',
    certificate: makeCertificate({ subject: 'shop', names, issuer: oldAuthority }),
    chain: oldAuthority,
    reason: 'certificate-invalid',
    sentence: 'The certificate is not accepted: it, or one it rests on, has expired (CERT_HAS_EXPIRED)',
  },
];

function serve({ key, cert }: Certificate, chain?: Certificate): Promise<ScriptedPeer> {
  return ScriptedPeer.start(answering(page('hello')), { tls: { key, cert: cert + (chain?.cert ?? '') } });
}

for (const { why, certificate, chain, reason, sentence } of bad) {
  test(`a certificate that ${why} fails, before anything is sent`, async () => {
    await using peer = await serve(certificate, chain);
    const settings = { url: peer.url(), headers: { Authorization: 'Bearer canary' } };
    const result = await probeOnce('http', settings, { timeoutMs: 3_000 });
    await peer.allClosed();
    assert.deepEqual([result.outcome, result.reason, result.sentence], ['fail', reason, sentence]);
    assert.ok(result.phases.tlsUs !== undefined && result.phases.waitUs === undefined);
    assert.ok(peer.heard.every(({ received }) => received === ''));
  });

  test(`a certificate that ${why} is taken where the check says so`, async () => {
    await using peer = await serve(certificate, chain);
    const result = await probeOnce('http', { url: peer.url(), tls: { verify: false } }, { timeoutMs: 3_000 });
    assert.equal(result.outcome, 'pass', result.sentence);
  });
}

for (const { why, host } of [
  { why: 'its name', host: 'localhost' },
  { why: 'its address', host: '127.0.0.1' },
]) {
  test(`a good certificate is accepted for ${why}, and agreeing on encryption has its phase`, async () => {
    await using peer = await serve(makeCertificate({ subject: 'shop', names, issuer: authority }));
    const result = await probeOnce('http', { url: `https://${host}:${peer.port}/` }, { timeoutMs: 3_000 });
    await peer.allClosed();
    assert.equal(result.outcome, 'pass', result.sentence);
    assert.ok(result.phases.tlsUs! > 0);
  });
}

test('a name without an address in the certificate does not vouch for the address', async () => {
  await using peer = await serve(makeCertificate({ subject: 'shop', names: ['localhost'], issuer: authority }));
  const result = await probeOnce('http', { url: peer.url() }, { timeoutMs: 3_000 });
  assert.equal(
    result.sentence,
    'The certificate is not accepted: it is for another name (ERR_TLS_CERT_ALTNAME_INVALID)',
  );
});

test('the certificate is judged again where a redirect leads', async () => {
  await using self = await serve(makeCertificate({ subject: 'shop', names }));
  await using first = await ScriptedPeer.start(
    answering(`HTTP/1.1 301 Moved\r\nLocation: ${self.url()}\r\nContent-Length: 0\r\n\r\n`),
  );
  const result = await probeOnce('http', { url: first.url() }, { timeoutMs: 3_000 });
  assert.equal(result.reason, 'certificate-invalid');
  assert.equal(self.heard[0]?.received ?? '', '');
});
