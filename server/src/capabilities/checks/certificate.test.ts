import assert from 'node:assert/strict';
import { test } from 'node:test';
import { z } from 'zod';
import { reasonSentence } from '../../../../contract/src/reasons.ts';
import type { CertificateFacts, PeerIdentity } from '../../platform/peer-certificate.ts';
import {
  type CertificateQuestion,
  certificateShape,
  judgeCertificate,
  observedOf,
  wordsOfLeft,
} from './certificate.ts';

const dayMs = 86_400_000;
const nowMs = Date.UTC(2026, 2, 1, 12);
const inDays = (days: number) => nowMs + days * dayMs;
const ownPrint = 'ab'.repeat(32);

const certificate = (changes: Partial<CertificateFacts> = {}): CertificateFacts => ({
  ...{ subject: 'shop.example', issuer: "R11, Let's Encrypt", names: ['shop.example', 'www.shop.example'] },
  ...{ validFromMs: inDays(-30), validToMs: inDays(60), fingerprint: ownPrint, selfSigned: false },
  ...changes,
});
const middle = (changes: Partial<CertificateFacts> = {}) =>
  certificate({ subject: 'R11', issuer: 'ISRG Root X1, ISRG', names: [], validToMs: inDays(900), ...changes });
const root = certificate({ subject: 'ISRG Root X1', issuer: 'ISRG Root X1, ISRG', names: [], selfSigned: true });

const good: PeerIdentity = {
  ...{ chain: [certificate(), middle()], trustFault: undefined, nameMatches: true, protocol: 'TLSv1.3' },
};
const parse = (expect: unknown) => z.strictObject(certificateShape).parse(expect);

interface Row {
  readonly why: string;
  readonly seen?: Partial<PeerIdentity>;
  readonly expect?: unknown;
  readonly asked?: Partial<CertificateQuestion>;
  readonly says: string;
}

const soon = (days: number) => [certificate({ validToMs: inDays(days) }), middle()];
const rows: readonly Row[] = [
  { why: 'a good one has nothing against it', says: 'nothing' },
  {
    why: 'one that ends in 21 days to the instant is within the default',
    seen: { chain: soon(21) },
    says: 'nothing',
  },
  {
    why: 'an instant less is degraded',
    seen: { chain: [certificate({ validToMs: inDays(21) - 1 }), middle()] },
    says: 'degraded: The certificate expires on 2026-03-22, in 20 days; limit 21 days',
  },
  {
    why: 'three days before the end nobody will renew it by itself any more',
    seen: { chain: soon(2.5) },
    says: 'fail: The certificate expires on 2026-03-04, in 2 days; limit 3 days',
  },
  {
    why: 'on the last day the hours count',
    seen: { chain: soon(0.1) },
    expect: { daysLeft: { fail: 1 } },
    says: 'fail: The certificate expires on 2026-03-01, in 2 hours; limit 1 day',
  },
  {
    why: 'limits are the file’s',
    seen: { chain: soon(40) },
    expect: { daysLeft: { degraded: 45 } },
    says: 'degraded: The certificate expires on 2026-04-10, in 40 days; limit 45 days',
  },
  {
    why: 'limits of 0 are no limits',
    seen: { chain: soon(0.1) },
    expect: { daysLeft: { degraded: 0, fail: 0 } },
    says: 'nothing',
  },
  {
    why: 'it is good no longer than its issuer’s own',
    seen: { chain: [certificate(), middle({ validToMs: inDays(10) })] },
    says: 'degraded: The certificate of its issuer R11 expires on 2026-03-11, in 10 days; limit 21 days',
  },
  {
    why: 'where nobody must vouch for it, its issuer’s days do not count',
    seen: { chain: [certificate(), middle({ validToMs: inDays(10) })] },
    asked: { mustBeTrusted: false },
    says: 'nothing',
  },
  {
    why: 'the instant of its end is too late',
    seen: { chain: [certificate({ validToMs: nowMs })], trustFault: 'CERT_HAS_EXPIRED', nameMatches: false },
    says: 'fail: The certificate expired on 2026-03-01',
  },
  {
    why: 'an expired one is no good, whoever need not vouch for it',
    seen: { chain: [certificate({ validToMs: inDays(-1) })] },
    asked: { mustBeTrusted: false, mustMatchName: false },
    says: 'fail: The certificate expired on 2026-02-28',
  },
  {
    why: 'one that begins tomorrow',
    seen: { chain: [certificate({ validFromMs: inDays(1) })], trustFault: 'CERT_NOT_YET_VALID' },
    says: 'fail: The certificate is not accepted: it is good from 2026-03-02 on only',
  },
  {
    why: 'an issuer whose own expired is named with its date',
    seen: { chain: [certificate(), middle({ validToMs: inDays(-2) })], trustFault: 'CERT_HAS_EXPIRED' },
    says: 'fail: The certificate is not accepted: the certificate of its issuer R11 expired on 2026-02-27 (CERT_HAS_EXPIRED)',
  },
  {
    why: 'the commonest mistake: the one in the middle is not sent',
    seen: { chain: [certificate()], trustFault: 'UNABLE_TO_VERIFY_LEAF_SIGNATURE' },
    says: "fail: The certificate is not accepted: the certificate of its issuer, R11, Let's Encrypt, was not sent and is not known here (UNABLE_TO_VERIFY_LEAF_SIGNATURE)",
  },
  {
    why: 'made by hand',
    seen: { chain: [certificate({ selfSigned: true })], trustFault: 'DEPTH_ZERO_SELF_SIGNED_CERT' },
    says: 'fail: The certificate is not accepted: only it vouches for itself (DEPTH_ZERO_SELF_SIGNED_CERT)',
  },
  {
    why: 'a private root that nobody gave us',
    seen: { chain: [certificate(), middle(), root], trustFault: 'SELF_SIGNED_CERT_IN_CHAIN' },
    says: 'fail: The certificate is not accepted: its root, ISRG Root X1, ISRG, is not trusted here (SELF_SIGNED_CERT_IN_CHAIN)',
  },
  {
    why: 'a word that nobody has met is shown as it is',
    seen: { trustFault: 'EE_KEY_TOO_SMALL' },
    says: 'fail: The certificate is not accepted: EE_KEY_TOO_SMALL',
  },
  {
    why: 'not trusted, and it need not be',
    seen: { trustFault: 'DEPTH_ZERO_SELF_SIGNED_CERT' },
    asked: { mustBeTrusted: false },
    says: 'nothing',
  },
  {
    why: 'for other names',
    seen: { nameMatches: false },
    says: 'fail: The certificate’s name is shop.example, www.shop.example, expected pay.example',
  },
  {
    why: 'for a hundred other names: five are enough to see whose it is',
    seen: {
      nameMatches: false,
      chain: [certificate({ names: Array.from({ length: 100 }, (_, n) => `${n}.example`) })],
    },
    says: 'fail: The certificate’s name is 0.example, 1.example, 2.example, 3.example, 4.example and 95 more, expected pay.example',
  },
  {
    why: 'without any names its subject is shown',
    seen: { nameMatches: false, chain: [certificate({ names: [] })] },
    says: 'fail: The certificate’s name is shop.example, expected pay.example',
  },
  {
    why: 'for other names, and it may be',
    seen: { nameMatches: false },
    asked: { mustMatchName: false },
    says: 'nothing',
  },
  {
    why: 'an older version than wanted',
    seen: { protocol: 'TLSv1.2' },
    expect: { protocol: 'TLSv1.3' },
    says: 'fail: Agreed on TLSv1.2, expected TLSv1.3 or newer',
  },
  { why: 'TLSv1.2 is good enough unless asked', seen: { protocol: 'TLSv1.2' }, says: 'nothing' },
  { why: 'TLSv1.1 is not', seen: { protocol: 'TLSv1.1' }, says: 'fail: Agreed on TLSv1.1, expected TLSv1.2 or newer' },
  {
    why: 'a part of its issuer’s name, in any case and apostrophe',
    expect: { issuer: 'let’s encrypt' },
    says: 'nothing',
  },
  {
    why: 'from somebody else',
    expect: { issuer: 'DigiCert' },
    says: "fail: The certificate’s issuer is R11, Let's Encrypt, expected DigiCert",
  },
  {
    why: 'its fingerprint as openssl prints it',
    expect: { fingerprint: ownPrint.toUpperCase().replace(/..(?=.)/g, '$&:') },
    says: 'nothing',
  },
  { why: 'one of two fingerprints', expect: { fingerprint: ['00'.repeat(32), ownPrint] }, says: 'nothing' },
  {
    why: 'another fingerprint',
    expect: { fingerprint: '00'.repeat(32) },
    says: `fail: The certificate’s fingerprint is ${ownPrint}, expected ${'00'.repeat(32)}`,
  },
];
for (const { why, seen, expect = {}, asked, says } of rows) {
  test(`a certificate: ${why}`, () => {
    const question = { expect: parse(expect), name: 'pay.example', mustBeTrusted: true, mustMatchName: true, nowMs };
    const verdict = judgeCertificate({ ...good, ...seen }, { ...question, ...asked });
    const said = verdict && `${verdict.outcome}: ${reasonSentence(verdict.reason, verdict.facts)}`;
    assert.equal(said ?? 'nothing', says);
  });
}

test('what is shown of a certificate names its chain once, and changes once a day', () => {
  const morning = observedOf({ ...good, chain: [certificate(), middle(), root] }, nowMs);
  assert.equal(morning['chain'], 'shop.example ← R11 ← ISRG Root X1');
  assert.equal(observedOf(good, nowMs)['chain'], 'shop.example ← R11 ← ISRG Root X1, ISRG');
  assert.deepEqual([morning['daysLeft'], morning['validTo'], morning['protocol']], [60, '2026-04-30', 'TLSv1.3']);
  assert.deepEqual(observedOf(good, nowMs - 3_600_000), observedOf(good, nowMs));
});

test('what is left is said in whole days, and in hours at the end', () => {
  assert.deepEqual([2 * dayMs, dayMs, dayMs - 1, 3_600_000, -5].map(wordsOfLeft), [
    ...['2 days', '1 day', '23 hours', '1 hour', '0 hours'],
  ]);
});

for (const { why, expect } of [
  { why: 'a fingerprint of SHA-1', expect: { fingerprint: 'ab'.repeat(20) } },
  { why: 'no fingerprint at all', expect: { fingerprint: [] } },
  { why: 'a version that is refused anyway', expect: { protocol: 'TLSv1.1' } },
  { why: 'days that are negative', expect: { daysLeft: { fail: -1 } } },
]) {
  test(`expectations of a certificate are refused: ${why}`, () => assert.throws(() => parse(expect)));
}
