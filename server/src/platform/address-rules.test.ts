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
  { why: 'a public address behind NAT64, as DNS64 makes them', address: '64:ff9b::93.184.216.34', may: 'always' },
  { why: 'a public address, mapped', address: '::ffff:93.184.216.34', may: 'always' },
  { why: 'a public address, translated', address: '::ffff:0:93.184.216.34', may: 'always' },
  { why: 'a public address behind 6to4', address: '2002:5db8:d822::1', may: 'always' },
  { why: 'this machine behind 6to4', address: '2002:7f00:1::1', may: 'private' },
  { why: 'this machine behind NAT64', address: '64:ff9b::7f00:1', may: 'private' },
  { why: 'a network’s own NAT64, whatever it leads to', address: '64:ff9b:1::93.184.216.34', may: 'private' },
  { why: 'the metadata service behind a network’s own NAT64', address: '64:ff9b:1::a9fe:a9fe', may: 'never' },
  { why: 'the same in its place for a /48', address: '64:ff9b:1:a9fe:a9:fe00::', may: 'never' },
  { why: 'the same in its place for a /64', address: '64:ff9b:1:0:a9:fea9:fe00:0', may: 'never' },
  { why: 'Teredo from a public client by a public server', address: '2001:0:4136:e378::a247:27dd', may: 'always' },
  { why: 'Teredo whose client is this machine', address: '2001:0:4136:e378::80ff:fffe', may: 'private' },
  { why: 'Teredo whose client is in a private network', address: '2001:0:4136:e378::f5fd:fcfb', may: 'private' },
  { why: 'Teredo whose server is in a private network', address: '2001:0:a02:304::a247:27dd', may: 'private' },
  { why: 'the metadata service as the client of Teredo', address: '2001:0:4136:e378::5601:5601', may: 'never' },
  { why: 'ISATAP to a public address', address: '2606:4700::5efe:5db8:d822', may: 'always' },
  { why: 'ISATAP into a private network', address: '2606:4700::5efe:10.2.3.4', may: 'private' },
  { why: 'ISATAP, marked as unique, to this machine', address: '2606:4700::200:5efe:127.0.0.1', may: 'private' },
  { why: 'ISATAP to the metadata service', address: '2606:4700::5efe:169.254.169.254', may: 'never' },
  {
    why: 'ISATAP of a private prefix, though it leads to a public address',
    address: 'fd00::5efe:5db8:d822',
    may: 'private',
  },
  { why: 'a public address in the compatible form', address: '::93.184.216.34', may: 'always' },
  { why: 'the compatible form of 0.0.0.2, which is this network', address: '::2', may: 'private' },
  { why: 'the compatible form of 0.0.255.255', address: '::ffff', may: 'private' },
  { why: 'what nobody was given, beside the compatible form', address: '::1:0:0:2', may: 'private' },
  { why: 'what nobody was given', address: '4000::1', may: 'private' },
  { why: 'where packets vanish', address: '100::1', may: 'private' },
  { why: 'segments of somebody’s own network', address: '5f00::1', may: 'private' },
  { why: 'an address of the books', address: '2001:db8::1', may: 'private' },
  { why: 'reserved addresses', address: '240.0.0.1', may: 'private' },
  { why: 'the metadata service of most clouds', address: '169.254.169.254', may: 'never' },
  { why: 'the metadata service, mapped', address: '::ffff:169.254.169.254', may: 'never' },
  { why: 'the metadata service behind NAT64', address: '64:ff9b::a9fe:a9fe', may: 'never' },
  { why: 'the metadata service behind 6to4', address: '2002:a9fe:a9fe::', may: 'never' },
  { why: 'the metadata service of AWS in IPv6', address: 'fd00:ec2::254', may: 'never' },
  { why: 'the metadata service of Google in IPv6', address: 'fd20:ce::254', may: 'never' },
  { why: 'the metadata service of Alibaba', address: '100.100.100.200', may: 'never' },
  { why: 'the wire server of Azure', address: '168.63.129.16', may: 'never' },
  { why: 'the metadata service of Oracle in IPv6', address: 'fd00:c1::a9fe:a9fe', may: 'never' },
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
  assert.equal(strict('64:ff9b::a02:204'), 'it leads to 10.2.2.4, and private addresses are not allowed here');
  const careless = createAddressRule({ allowPrivate: false, allow: ['0.0.0.0/0', '::/0'] });
  assert.notEqual(careless('169.254.169.254'), undefined);
});
