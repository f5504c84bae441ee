import assert from 'node:assert/strict';
import { test } from 'node:test';
import { findListeners, parseListeningSockets } from './listeners.ts';

const heading = '  sl  local_address rem_address   st tx_queue rx_queue tr tm->when retrnsmt   uid  timeout inode\n';
const row = (address: string, state = '0A') =>
  `   0: ${address} 00000000:0000 ${state} 00000000:00000000 00:00000000 00000000     0        0 818252 1 0000 100\n`;

for (const { why, line, expected } of [
  { why: 'loopback', line: row('0100007F:0BB8'), expected: { port: 3000, address: '127.0.0.1', inode: '818252' } },
  { why: 'every address', line: row('00000000:1538'), expected: { port: 5432, address: '127.0.0.1', inode: '818252' } },
  {
    why: 'another loopback address is dialled as it is',
    line: row('3500007F:0035'),
    expected: { port: 53, address: '127.0.0.53', inode: '818252' },
  },
  {
    why: 'IPv6 loopback',
    line: row(`${'0'.repeat(24)}01000000:0050`),
    expected: { port: 80, address: '::1', inode: '818252' },
  },
  {
    why: 'every address of both families',
    line: row(`${'0'.repeat(32)}:0050`),
    expected: { port: 80, address: '127.0.0.1', inode: '818252' },
  },
  {
    why: 'IPv4 within IPv6',
    line: row('0000000000000000FFFF00000100007F:0050'),
    expected: { port: 80, address: '127.0.0.1', inode: '818252' },
  },
  { why: 'a connection is no listener', line: row('0100007F:0BB8', '01'), expected: undefined },
  { why: 'another network’s address is not asked', line: row('0A00A8C0:0BB8'), expected: undefined },
  { why: 'a line cut off', line: '   0: 0100', expected: undefined },
]) {
  test(why, () => assert.deepEqual(parseListeningSockets(heading + line)[0], expected));
}

test('where there is no /proc nothing is found', async () => {
  assert.deepEqual(await findListeners({ procDir: '/no/such/folder' }), []);
});
