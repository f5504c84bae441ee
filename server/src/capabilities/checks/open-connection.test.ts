import assert from 'node:assert/strict';
import { test } from 'node:test';
import { reasonSentence } from '../../../../contract/src/reasons.ts';
import { connectionFault } from '../../platform/connection-faults.ts';
import { withoutIpv6 } from './open-connection.ts';

for (const { why, code, addresses, ours } of [
  { why: 'an IPv6 address alone, and no IPv6 here', code: 'ENETUNREACH', addresses: ['2001:db8::1'], ours: true },
  {
    why: 'no IPv6 address of its own, as in containers',
    code: 'EADDRNOTAVAIL',
    addresses: ['2001:db8::1'],
    ours: true,
  },
  {
    why: 'an IPv4 address was tried, too',
    code: 'ENETUNREACH',
    addresses: ['2001:db8::1', '203.0.113.1'],
    ours: false,
  },
  { why: 'it was reached and refuses', code: 'ECONNREFUSED', addresses: ['2001:db8::1'], ours: false },
]) {
  test(`a host without IPv4: ${why}`, () => {
    const fault = connectionFault(Object.assign(new Error(), { code }), { doing: 'connecting', address: '[::1]:5432' });
    const told = withoutIpv6(fault, 'db.shop.example', addresses);
    assert.equal(told.reason === 'ipv6-only' && told.ours === true, ours);
    if (ours)
      assert.match(
        reasonSentence(told.reason, told.facts),
        new RegExp(
          `^The host db.shop.example has an IPv6 address only, and this machine has no way out over IPv6: .*${code}`,
        ),
      );
  });
}
