import assert from 'node:assert/strict';
import { test } from 'node:test';
import { fpingArguments, pingArguments, readFping, readPing } from './echo-request.ts';

const request = { address: '10.0.0.7', count: 3, pauseMs: 200, waitMs: 1_500 };

const fromFping: readonly { why: string; output: string; tripsUs: readonly (number | undefined)[] | undefined }[] = [
  { why: 'all came back', output: '\n10.0.0.7 : 0.046 12.5 130\n', tripsUs: [46, 12_500, 130_000] },
  { why: 'one is lost', output: '10.0.0.7 : 0.05 - 1.24\n', tripsUs: [50, undefined, 1_240] },
  { why: 'all are lost', output: '10.0.0.7 : - - -\n', tripsUs: [undefined, undefined, undefined] },
  { why: 'IPv6, and columns', output: 'fe80::7         : 1.00 2.00 3.00\n', tripsUs: [1_000, 2_000, 3_000] },
  {
    why: 'what it says on the way is no result',
    output: '10.0.0.7 : [0], 64 bytes, 0.130 ms (0.130 avg, 0% loss)\n10.0.0.7 : [1], timed out (NaN avg, 100% loss)\n',
    tripsUs: undefined,
  },
  { why: 'fewer than were asked for', output: '10.0.0.7 : 0.05 -\n', tripsUs: undefined },
  { why: 'nothing', output: '', tripsUs: undefined },
];
for (const { why, output, tripsUs } of fromFping)
  test(`read from fping: ${why}`, () => assert.deepEqual(readFping(request, output), tripsUs));

const summary = (received: number) =>
  `\n--- 10.0.0.7 ping statistics ---\n3 packets transmitted, ${received} received, 0% loss\n`;
const answer = (sequence: number, time: string) =>
  `64 bytes from 10.0.0.7: icmp_seq=${sequence} ttl=64 time=${time} ms\n`;
const fromPing: typeof fromFping = [
  {
    why: 'all came back, one of them twice and late',
    output: `${answer(1, '0.047')}${answer(3, '2')}${answer(2, '130')}64 bytes from 10.0.0.7: icmp_seq=2 ttl=64 time=900 ms (DUP!)\n${summary(3)}`,
    tripsUs: [47, 130_000, 2_000],
  },
  { why: 'one is lost', output: `${answer(1, '1')}${answer(3, '2')}${summary(2)}`, tripsUs: [1_000, undefined, 2_000] },
  { why: 'all are lost', output: summary(0), tripsUs: [undefined, undefined, undefined] },
  {
    why: 'BusyBox, which counts from 0',
    output: `64 bytes from 10.0.0.7: seq=0 ttl=64 time=0.5 ms\n64 bytes from 10.0.0.7: seq=2 ttl=64 time=0.7 ms\n\n3 packets transmitted, 2 packets received, 33% packet loss\n`,
    tripsUs: [500, undefined, 700],
  },
  {
    why: 'a way of speaking that is not known must not be taken for a loss',
    output: `64 octets de 10.0.0.7 : temps 0,5 ms\n${summary(1)}`,
    tripsUs: undefined,
  },
  { why: 'it stopped before its summary', output: answer(1, '1'), tripsUs: undefined },
];
for (const { why, output, tripsUs } of fromPing)
  test(`read from ping: ${why}`, () => assert.deepEqual(readPing(request, output), tripsUs));

test('the address is the last word and can be no option', () => {
  assert.deepEqual(fpingArguments(request), ['-C', '3', '-p', '200', '-t', '1500', '--', '10.0.0.7']);
  assert.deepEqual(pingArguments(request), ['-n', '-c', '3', '-i', '0.2', '-W', '1.5', '--', '10.0.0.7']);
});
