import assert from 'node:assert/strict';
import { test } from 'node:test';
import { createAddressRule } from './address-rules.ts';

const trusting = createAddressRule({ allowPrivate: true, allow: [] });
const strict = createAddressRule({ allowPrivate: false, allow: ['10.1.0.0/16', '192.168.7.7', 'fd12::/16'] });

/** never: whatever the policy; private: only where it says so. */
const addresses: readonly { why: string; address: string; may: 'always' | 'private' | 'never' }[] = [
  { why: 'a public address', address: '93.184.216.34', may: 'always' },
  { why: 'a public IPv6 address', address: '2606:4700::1111', may: 'always' },
  { why: 'this machine', address: '127.0.0.1', may: 'private' },
  { why: 'all of 127/8 is this machine', address: '127.9.9.9', may: 'private' },
  { why: 'this machine in IPv6', address: '::1', may: 'private' },
  { why: 'this machine as an IPv4 address inside IPv6', address: '::ffff:127.0.0.1', may: 'private' },
  { why: 'the address without one means this machine to Linux', address: '0.0.0.0', may: 'private' },
  { why: 'the same in IPv6', address: '::', may: 'private' },
  { why: 'a private network', address: '10.2.3.4', may: 'private' },
  { why: 'another', address: '172.31.0.1', may: 'private' },
  { why: 'a home network', address: '192.168.1.1', may: 'private' },
  { why: 'a provider’s own network', address: '100.64.1.1', may: 'private' },
  { why: 'a unique local address', address: 'fd00::1', may: 'private' },
  { why: 'a private network behind NAT64', address: '64:ff9b::10.2.3.4', may: 'private' },
  { why: 'a private network behind 6to4', address: '2002:0a02:0304::1', may: 'private' },
  { why: 'a private network translated', address: '::ffff:0:10.2.3.4', may: 'private' },
  { why: 'a private network in the compatible form', address: '::10.2.3.4', may: 'private' },
  { why: 'reserved addresses', address: '240.0.0.1', may: 'private' },
  { why: 'the metadata service of most clouds', address: '169.254.169.254', may: 'never' },
  { why: 'the metadata service, mapped', address: '::ffff:169.254.169.254', may: 'never' },
  { why: 'the metadata service behind NAT64', address: '64:ff9b::a9fe:a9fe', may: 'never' },
  { why: 'the metadata service behind 6to4', address: '2002:a9fe:a9fe::', may: 'never' },
  { why: 'the metadata service of AWS in IPv6', address: 'fd00:ec2::254', may: 'never' },
  { why: 'the metadata service of Google in IPv6', address: 'fd20:ce::254', may: 'never' },
  { why: 'the metadata service of Alibaba', address: '100.100.100.200', may: 'never' },
  { why: 'the wire server of Azure', address: '168.63.129.16', may: 'never' },
  { why: 'a link-local address, with its zone', address: 'fe80::1%eth0', may: 'never' },
  { why: 'many machines at once', address: '224.0.0.1', may: 'never' },
  { why: 'every machine', address: '255.255.255.255', may: 'never' },
  { why: 'no address', address: 'localhost', may: 'never' },
];
for (const { why, address, may } of addresses) {
  test(`${may === 'never' ? 'never dialled' : `dialled ${may === 'always' ? 'always' : 'where private ones may be'}`}: ${why}`, () => {
    assert.equal(trusting(address) === undefined, may !== 'never');
    assert.equal(strict(address) === undefined, may === 'always');
  });
}

test('an exception names a range or an address, and holds for no other', () => {
  for (const allowed of ['10.1.2.3', '192.168.7.7', 'fd12::5', '::ffff:10.1.2.3'])
    assert.equal(strict(allowed), undefined);
  for (const other of ['10.2.2.3', '192.168.7.8', 'fd13::5'])
    assert.equal(strict(other), 'private addresses are not allowed here');
  const careless = createAddressRule({ allowPrivate: false, allow: ['0.0.0.0/0', '::/0'] });
  assert.notEqual(careless('169.254.169.254'), undefined);
});
