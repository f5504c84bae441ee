import assert from 'node:assert/strict';
import { test } from 'node:test';
import { nearnessOf } from '../../platform/address-rules.ts';
import {
  type GateTarget,
  gatesFor,
  isOfNetwork,
  isOutside,
  type Nearness,
  parseGateTarget,
  shutGate,
} from './domain.ts';

const gate = (text: string): GateTarget => parseGateTarget(text, nearnessOf)!;
const internet = gate('tcp://1.1.1.1:443');
const router = gate('tcp://192.168.1.1:80');
const here = gate('tcp://127.0.0.1:9000');

for (const { why, text, found } of [
  { why: 'a port by address', text: 'tcp://1.1.1.1:443', found: ['1.1.1.1', 443, 'public'] },
  { why: 'https has a port of its own', text: 'https://example.com/x', found: ['example.com', 443, 'public'] },
  {
    why: 'an IPv6 address without its brackets',
    text: 'tcp://[2606:4700::1]:53',
    found: ['2606:4700::1', 53, 'public'],
  },
  { why: 'the router at home', text: 'http://192.168.1.1', found: ['192.168.1.1', 80, 'private'] },
  { why: 'this machine by name', text: 'tcp://localhost:80', found: ['localhost', 80, 'loopback'] },
  { why: 'tcp has no port of its own', text: 'tcp://1.1.1.1', found: undefined },
  { why: 'other protocols are not spoken', text: 'ftp://1.1.1.1', found: undefined },
  { why: 'a bare name is no address', text: 'example.com', found: undefined },
]) {
  test(`gate: ${why}`, () => {
    const target = parseGateTarget(text, nearnessOf);
    assert.deepEqual(target && [target.host, target.port, target.nearness], found);
  });
}

for (const { why, nearness, targets, outside } of [
  { why: 'the internet is outside without any gate', nearness: 'public', targets: [], outside: true },
  { why: 'the own net is not, by itself', nearness: 'private', targets: [internet], outside: false },
  { why: 'who names the router says that his net has a way', nearness: 'private', targets: [router], outside: true },
  { why: 'this machine needs no router', nearness: 'loopback', targets: [router], outside: false },
  { why: 'a gate on this machine makes everything outside', nearness: 'loopback', targets: [here], outside: true },
] as readonly { why: string; nearness: Nearness; targets: GateTarget[]; outside: boolean }[]) {
  test(why, () => assert.equal(isOutside(nearness, targets), outside));
}

test('a router that answers says nothing of the internet behind it, and the internet says all of the router', () => {
  assert.deepEqual(gatesFor('public', [router, internet]), [internet]);
  assert.deepEqual(gatesFor('private', [router, internet]), [router, internet]);
  assert.deepEqual(gatesFor('public', [router]), [router], 'where it is the only one, it is what there is');
});

for (const { why, seen, says } of [
  { why: 'nothing asked is nothing shut', seen: {}, says: undefined },
  { why: 'all open', seen: { route: true, resolver: true, targets: true }, says: undefined },
  {
    why: 'without a route nothing else matters',
    seen: { route: false, targets: false },
    says: 'the network of this machine',
  },
  { why: 'a silent resolver', seen: { route: true, resolver: false }, says: 'the resolver of this machine' },
  {
    why: 'none of the targets',
    seen: { route: true, targets: false },
    says: 'any of tcp://1.1.1.1:443, tcp://192.168.1.1:80',
  },
]) {
  test(`what is said: ${why}`, () => assert.equal(shutGate(seen, [internet, router]), says));
}

test('what only a living target can say is never held against the way', () => {
  for (const reason of ['connection-refused', 'wrong-status', 'certificate-expired', 'protocol-error'] as const) {
    assert.equal(isOfNetwork(reason), false, reason);
  }
});
