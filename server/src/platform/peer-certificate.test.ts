import assert from 'node:assert/strict';
import { once } from 'node:events';
import { test } from 'node:test';
import tls from 'node:tls';
import { type Certificate, makeCertificate } from '../../../testkit/certificates.ts';
import { ScriptedPeer } from '../../../testkit/scripted-peer.ts';
import { type PeerIdentity, readPeerIdentity } from './peer-certificate.ts';

const names = ['localhost', '127.0.0.1'];
const root = makeCertificate({ subject: 'Root', authority: true });
const middle = makeCertificate({ subject: 'Middle', authority: true, issuer: root });
const shop = makeCertificate({ subject: 'shop', names, issuer: middle });
const byHand = makeCertificate({ subject: 'by hand', names: ['localhost'] });
const oldRoot = makeCertificate({ subject: 'Old root', authority: true });
/** The same root, vouched for by an older one as well, as happens while the older one is still better known. */
const crossed = makeCertificate({ subject: 'Root', authority: true, issuer: oldRoot, like: root });

async function seen(
  own: Certificate,
  others: readonly Certificate[],
  name: string,
  ca?: string,
): Promise<PeerIdentity> {
  const cert = [own, ...others].map((each) => each.cert).join('');
  await using peer = await ScriptedPeer.start(() => {}, { tls: { key: own.key, cert } });
  const secureContext = ca === undefined ? {} : { secureContext: tls.createSecureContext({ ca }) };
  const socket = tls.connect({ port: peer.port, rejectUnauthorized: false, servername: 'localhost', ...secureContext });
  await once(socket, 'secureConnect');
  const identity = readPeerIdentity(socket, name, ca)!;
  socket.destroy();
  return identity;
}

const rows: readonly {
  why: string;
  own: Certificate;
  others?: readonly Certificate[];
  name?: string;
  ca?: string;
  chain: readonly string[];
  fault?: string;
  nameMatches?: false;
}[] = [
  {
    why: 'a whole chain reaches to the root we have',
    own: shop,
    others: [middle],
    ca: root.cert,
    chain: ['shop', 'Middle', 'Root'],
  },
  {
    why: 'a middle that was not sent ends it',
    ...{ own: shop, ca: root.cert, chain: ['shop'], fault: 'UNABLE_TO_VERIFY_LEAF_SIGNATURE' },
  },
  {
    why: 'a root that is sent is no reason to trust it',
    ...{ own: shop, others: [middle, root], chain: ['shop', 'Middle', 'Root'], fault: 'SELF_SIGNED_CERT_IN_CHAIN' },
  },
  {
    why: 'a second certificate of a root we have is not looked at: its issuer’s dates decide nothing',
    ...{ own: shop, others: [middle, crossed], ca: root.cert, chain: ['shop', 'Middle'] },
  },
  { why: 'one made by hand is its whole chain', own: byHand, chain: ['by hand'], fault: 'DEPTH_ZERO_SELF_SIGNED_CERT' },
  {
    why: 'trusted, for an address',
    own: shop,
    others: [middle],
    ca: root.cert,
    name: '127.0.0.1',
    chain: ['shop', 'Middle', 'Root'],
  },
  {
    why: 'trusted, but for another name: no fault of the chain',
    ...{ own: shop, others: [middle], ca: root.cert, name: 'other.example', chain: ['shop', 'Middle', 'Root'] },
    nameMatches: false,
  },
  {
    why: 'a wrong name is seen though nobody vouches for it either',
    ...{
      own: byHand,
      name: 'other.example',
      chain: ['by hand'],
      fault: 'DEPTH_ZERO_SELF_SIGNED_CERT',
      nameMatches: false,
    },
  },
];
for (const { why, own, others = [], name = 'localhost', ca, chain, fault, nameMatches = true } of rows) {
  test(`what a server shows of itself: ${why}`, async () => {
    const identity = await seen(own, others, name, ca);
    assert.deepEqual(
      identity.chain.map(({ subject }) => subject),
      chain,
    );
    assert.deepEqual([identity.trustFault, identity.nameMatches, identity.protocol], [fault, nameMatches, 'TLSv1.3']);
  });
}

test('the facts of a certificate are those that it was made with', async () => {
  const notAfterMs = Date.UTC(2040, 0, 2, 3, 4, 5);
  const own = makeCertificate({ subject: 'till', names: ['till.example', '10.0.0.7'], issuer: root, notAfterMs });
  const [facts] = (await seen(own, [], 'localhost')).chain;
  assert.deepEqual([facts?.subject, facts?.issuer, facts?.names], ['till', 'Root', ['till.example', '10.0.0.7']]);
  assert.deepEqual([facts?.validToMs, facts?.selfSigned], [notAfterMs, false]);
  assert.match(facts!.fingerprint, /^[0-9a-f]{64}$/);
});
