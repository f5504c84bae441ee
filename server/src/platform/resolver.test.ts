/**
 * Names, looked up for real: in fresh mount and network namespaces with a name server of ours as the machine's only
 * one (testkit/name-world.ts), for getaddrinfo can be given another in no other way. Nothing leaves the machine.
 */
import assert from 'node:assert/strict';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { before, test } from 'node:test';
import { setImmediate as turn } from 'node:timers/promises';
import type { NameWorldReport } from '../../../testkit/name-world.ts';
import { openNetwork } from '../../../testkit/probe-once.ts';
import { root, run } from '../../../tools/run.ts';
import { systemClock } from './clock.ts';
import { NetworkFault } from './network.ts';
import { createNetwork } from './resolver.ts';

/** Started as Pitwall itself is, so that what the launcher sets is set. */
const script = `
  ip link set lo up && mount --bind "$1/resolv.conf" /etc/resolv.conf && mount --bind "$1/hosts" /etc/hosts &&
  exec sh "$2/tools/with-node.sh" "$2/testkit/name-world.ts"`;

let report: NameWorldReport;

before(async () => {
  const folder = await mkdtemp(path.join(tmpdir(), 'pitwall-names-'));
  await writeFile(path.join(folder, 'resolv.conf'), 'nameserver 127.0.0.53\noptions timeout:4 attempts:1\n');
  await writeFile(path.join(folder, 'hosts'), '127.0.0.1 localhost\n');
  const args = ['--map-root-user', '--mount', '--net', 'sh', '-c', script, 'sh', folder, root];
  const { exitCode, output } = await run('unshare', args, true);
  await rm(folder, { recursive: true });
  assert.equal(exitCode, 0, `no world of names could be made (it needs unshare, ip and mount): ${output}`);
  report = JSON.parse(output.trim().split('\n').at(-1)!) as NameWorldReport;
});

const rows: readonly { why: string; name: string; outcome: string; reason: string; says: RegExp }[] = [
  { why: 'a name that is there', name: 'open.test', outcome: 'pass', reason: 'expectations-met', says: /^Everything/ },
  {
    why: 'a name that does not exist',
    name: 'none.test',
    outcome: 'fail',
    reason: 'dns-not-found',
    says: /^The name none\.test does not exist$/,
  },
  {
    why: 'a name without an address',
    name: 'empty.test',
    outcome: 'fail',
    reason: 'dns-not-found',
    says: /^The name empty\.test does not exist$/,
  },
  {
    why: 'a name server that fails',
    name: 'fails.test',
    outcome: 'fail',
    reason: 'dns-failed',
    says: /^The name fails\.test could not be looked up: .*\(EAI_AGAIN\)$/,
  },
  {
    why: 'a name server that refuses',
    name: 'refuses.test',
    outcome: 'fail',
    reason: 'dns-failed',
    says: /could not be looked up: .*\(EAI_AGAIN\)$/,
  },
  {
    why: 'a name server that is silent',
    name: 'silent',
    outcome: 'fail',
    reason: 'dns-timeout',
    says: /^Looking up silent\.test took longer than 300 ms$/,
  },
  {
    why: 'a silent name server, as the system sees it in the end',
    name: 'silent until the system gives up',
    outcome: 'fail',
    reason: 'dns-failed',
    says: /\(EAI_AGAIN\)$/,
  },
  {
    why: 'a port that is closed is no fault of the name',
    name: 'refused',
    outcome: 'fail',
    reason: 'connection-refused',
    says: /^Nothing listens at 127\.0\.0\.1:1/,
  },
  {
    why: 'a network that is not there is no fault of the name',
    name: 'nowhere.test',
    outcome: 'fail',
    reason: 'host-unreachable',
    says: /^There is no way to 203\.0\.113\.1:\d+: this machine has no route to that network \(ENETUNREACH\)$/,
  },
  {
    why: 'a name that leads to a metadata service',
    name: 'metadata.test',
    outcome: 'unknown',
    reason: 'address-not-allowed',
    says: /169\.254\.169\.254/,
  },
  {
    why: 'a name of two addresses of which one answers',
    name: 'two.test',
    outcome: 'pass',
    reason: 'expectations-met',
    says: /^Everything/,
  },
  {
    why: 'a record, asked of whom this machine asks',
    name: 'record of open.test',
    outcome: 'pass',
    reason: 'expectations-met',
    says: /^Everything/,
  },
  {
    why: 'the address of the family that is wanted is dialled',
    name: 'both over IPv4',
    outcome: 'pass',
    reason: 'expectations-met',
    says: /^Everything/,
  },
  {
    why: 'a record of a name that does not exist',
    name: 'record of none.test',
    outcome: 'fail',
    reason: 'dns-not-found',
    says: /^The name none\.test does not exist$/,
  },
  {
    why: 'a record that a name does not have',
    name: 'record of empty.test',
    outcome: 'fail',
    reason: 'no-record',
    says: /^The name empty\.test has no A record$/,
  },
  {
    why: 'a record that this machine’s resolver could not find out',
    name: 'record of fails.test',
    outcome: 'fail',
    reason: 'resolver-failed',
    says: /^The resolver of this machine \(127\.0\.0\.53\) answered that it could not find out \(SERVFAIL\)$/,
  },
  {
    why: 'this machine’s resolver refuses to work for it: the name is not to blame',
    name: 'record of refuses.test',
    outcome: 'unknown',
    reason: 'resolver-failed',
    says: /^The resolver of this machine \(127\.0\.0\.53\) refuses to answer \(REFUSED\)$/,
  },
  {
    why: 'a record about which this machine’s resolver is silent',
    name: 'record of a silent name',
    outcome: 'fail',
    reason: 'dns-timeout',
    says: /^Looking up dead\.test took longer than 300 ms$/,
  },
  {
    why: 'no resolver where this machine has its own: the name is not to blame',
    name: 'record without a name server',
    outcome: 'unknown',
    reason: 'resolver-failed',
    says: /^The resolver of this machine \(127\.0\.0\.53\) does not listen \(ECONNREFUSED\)$/,
  },
  {
    why: 'nothing listens over the family that is wanted; the other is not tried',
    name: 'both over IPv6',
    outcome: 'fail',
    reason: 'connection-refused',
    says: /^Nothing listens at \[::1\]:\d+: connection refused$/,
  },
  {
    why: 'a name that has no address of the family that is wanted',
    name: 'open over IPv6',
    outcome: 'fail',
    reason: 'no-record',
    says: /^The name open\.test has no AAAA record$/,
  },
];
for (const { why, name, outcome, reason, says } of rows) {
  test(`told apart: ${why}`, () => {
    const result = report.results[name]!;
    assert.deepEqual([result.outcome, result.reason], [outcome, reason], JSON.stringify(result));
    assert.match(result.sentence, says);
  });
}

test('looking the name up has its phase, and nothing else has where it failed', () => {
  assert.ok(report.results['open.test']!.phases.dnsUs! > 0);
  assert.deepEqual(report.results['none.test']!.phases, {});
});

test('a dozen dead names do not delay the one that can be looked up', () => {
  const beside = report.results['open beside the dead']!;
  assert.equal(beside.outcome, 'pass', beside.sentence);
  for (let index = 0; index < 12; index += 1) assert.equal(report.results[`dead-${index}`]!.reason, 'dns-timeout');
});

test('of a name of two addresses the allowed one is dialled, and the forbidden one is told', () => {
  assert.deepEqual(report.twoFaced, {
    address: '127.0.0.1',
    alsoForbidden: { address: '127.0.0.9', rule: 'addresses of this machine are not allowed here' },
  });
});

test('who asks for a name whose lookup hangs waits for that one: threads are few', () => {
  // An A and an AAAA question of one lookup, for three probes.
  assert.equal(report.silentQueries, 2);
});

test('an address is not looked up, and not timed', async () => {
  assert.deepEqual(await openNetwork.resolve('127.0.0.1'), { address: '127.0.0.1', family: 4 });
  assert.deepEqual(await openNetwork.resolve('::1'), { address: '::1', family: 6 });
});

test('a policy that forbids every address of a name names the rule', async () => {
  const strict = createNetwork({ allowPrivate: false, allow: [] }, systemClock);
  await assert.rejects(strict.resolve('localhost'), (error) => {
    assert.ok(error instanceof NetworkFault);
    assert.deepEqual(
      [error.reason, error.facts['rule']],
      ['address-not-allowed', 'addresses of this machine are not allowed here'],
    );
    return true;
  });
});

test('who no longer waits is told so at once', async () => {
  const gone = new AbortController();
  gone.abort();
  await assert.rejects(openNetwork.resolve('localhost', { signal: gone.signal }), { reason: 'dns-timeout' });
  const going = new AbortController();
  const lookup = openNetwork.resolve('no-such-host.invalid', { signal: going.signal });
  const rejected = assert.rejects(lookup, NetworkFault);
  await turn();
  going.abort();
  await rejected;
});
