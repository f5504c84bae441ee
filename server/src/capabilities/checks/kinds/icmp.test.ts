import assert from 'node:assert/strict';
import { chmod, copyFile, mkdtemp, readdir, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { after, before, test } from 'node:test';
import type { EchoWorldReport } from '../../../../../testkit/echo-world.ts';
import { testKind } from '../../../../../testkit/kind-suite.ts';
import { probeKind, probeOnce } from '../../../../../testkit/probe-once.ts';
import { root, run } from '../../../../../tools/run.ts';
import { systemClock } from '../../../platform/clock.ts';
import type { EchoProgram } from '../../../platform/echo-request.ts';
import { createNetwork } from '../../../platform/resolver.ts';
import type { CheckKind } from '../kind.ts';
import { icmpKind, icmpKindWith, judgeTrips, measure, timesOf } from './icmp.ts';

const folder = await mkdtemp(path.join(tmpdir(), 'pitwall-echo-'));
after(() => rm(folder, { recursive: true }));

/** A program of ours in the place of the system's. */
async function program(name: EchoProgram['name'], as: string, script: string): Promise<EchoProgram> {
  const file = path.join(folder, as);
  await writeFile(file, `#!/bin/sh\n${script}\n`);
  await chmod(file, 0o755);
  return { name, file };
}
const kindWith = (...programs: readonly EchoProgram[]) => icmpKindWith(programs) as CheckKind;

/** It starts another and waits for it: killing the first alone would leave the second behind. */
const endless = await program('fping', 'endless', 'sleep 98765 & wait');
const loopback = { host: '127.0.0.1', count: 2, pause: '50ms' };

testKind({
  kind: icmpKind as CheckKind,
  passes: async () => ({
    settings: { ...loopback, expect: { latency: { average: '5s', worst: '5s', jitter: '5s' } } },
  }),
  fails: [
    {
      why: 'programs that are not installed are no pass',
      scene: async () => ({ settings: loopback, kind: kindWith({ name: 'fping', file: path.join(folder, 'none') }) }),
    },
  ],
  stuck: async () => ({ settings: loopback, kind: kindWith(endless) }),
  wrong: [
    { why: 'an option in place of a host', settings: { host: '-f' } },
    { why: 'an option behind a host', settings: { host: '127.0.0.1 -f' } },
    { why: 'a host with a scheme', settings: { host: 'icmp://a' } },
    { why: 'nothing sent', settings: { host: 'a', count: 0 } },
    { why: 'a flood', settings: { host: 'a', count: 21 } },
    { why: 'a flood of another kind', settings: { host: 'a', pause: '10ms' } },
    { why: 'more lost than all', settings: { host: 'a', expect: { lossPercent: { fail: 101 } } } },
  ],
});

let report: EchoWorldReport;
before(async () => {
  const script = 'ip link set lo up && exec sh "$1/tools/with-node.sh" "$1/testkit/echo-world.ts"';
  const args = ['--map-root-user', '--mount', '--net', 'sh', '-c', script, 'sh', root];
  const { exitCode, output } = await run('unshare', args, true);
  assert.equal(exitCode, 0, `no world of echoes could be made (it needs unshare, nsenter and ip): ${output}`);
  report = JSON.parse(output.trim().split('\n').at(-1)!) as EchoWorldReport;
});

const seen: readonly { why: string; name: string; says: RegExp; lost: number }[] = [
  { why: 'all come back', name: 'this machine', says: /^pass: Everything/, lost: 0 },
  {
    why: 'one of four comes back',
    name: 'answers once',
    says: /^degraded: 75 % of 4 echo requests were lost, limit 20 %$/,
    lost: 3,
  },
  { why: 'none comes back', name: 'answers no more', says: /^fail: None of 2 echo requests was answered$/, lost: 2 },
  {
    why: 'nobody has the address',
    name: 'nobody there',
    says: /^fail: (None of 2 echo requests was answered|There is no way to 10\.9\.0\.77: 10\.9\.0\.1 says “.*”)$/,
    lost: 2,
  },
  {
    why: 'no way leads there',
    name: 'no way',
    says: /^fail: There is no way to 203\.0\.113\.1: this machine has no route to that network \(ENETUNREACH\)$/,
    lost: 2,
  },
];
for (const name of ['fping', 'ping']) {
  for (const { why, name: scene, says, lost } of seen) {
    test(`icmp: the real ${name}: ${why}`, () => {
      const result = report[`${name}: ${scene}`]!;
      assert.match(`${result.outcome}: ${result.sentence}`, says);
      assert.equal(result.observed['lost'], lost);
    });
  }
}

test('icmp: the time that is remembered is the echo’s, not how long it was asked', async () => {
  const result = await probeOnce('icmp', { ...loopback, count: 3, pause: '200ms' }, { timeoutMs: 5_000 });
  assert.equal(result.outcome, 'pass', result.sentence);
  assert.deepEqual(
    [result.phases.waitUs, result.totalUs],
    [result.observed['averageUs'], result.observed['averageUs']],
  );
  assert.ok(result.totalUs < 200_000);
  assert.match(icmpKind.describe(result.observed, result.totalUs), /^all of 3 answered, in [\d.]+ ms$/);
  assert.equal(icmpKind.describe({ sent: 3, lost: 3 }, 2_000_000), 'none of 3 answered');
});

const refused = /^unknown: The program fping may not send echo requests: it lacks the right to \(cap_net_raw\)$/;
test('icmp: the real fping without its right says nothing about the target', async () => {
  await copyFile('/usr/bin/fping', path.join(folder, 'plain-fping'));
  const without = 'exec /usr/bin/setpriv --bounding-set=-net_raw --inh-caps=-net_raw';
  const bare = await program('fping', 'bare-fping', `${without} ${path.join(folder, 'plain-fping')} "$@"`);
  const result = await probeKind(kindWith(bare), loopback);
  assert.match(`${result.outcome}: ${result.sentence}`, refused);
  // ping may have the right that fping lacks.
  const second = await probeKind(kindWith(bare, { name: 'ping', file: '/usr/bin/ping' }), loopback);
  assert.equal(second.outcome, 'pass', second.sentence);
});

const programs: readonly { why: string; script: string; says: RegExp }[] = [
  {
    why: 'says nothing that is understood',
    script: 'echo hello; exit 4',
    says: /^unknown: The program fping ended with code 4 and said nothing that is understood$/,
  },
  {
    why: 'talks without end',
    script: 'while :; do echo blah blah; done',
    says: /^unknown: The program fping was killed$/,
  },
  { why: 'dies', script: 'kill -SEGV $$', says: /^unknown: The program fping was killed$/ },
  {
    why: 'is told by a router that there is no way',
    script:
      'echo "ICMP Host Unreachable from 10.0.0.1 for ICMP Echo sent to 127.0.0.1" >&2; echo "127.0.0.1 : - -" >&2; exit 1',
    says: /^fail: There is no way to 127\.0\.0\.1: 10\.0\.0\.1 says “Host Unreachable”$/,
  },
  { why: 'is slow', script: 'echo "127.0.0.1 : 80.0 90.0"', says: /^degraded: The echo took 85 ms, limit 50 ms$/ },
  { why: 'is uneven', script: 'echo "127.0.0.1 : 10.0 40.0"', says: /^degraded: Jitter is 30 ms, limit 20 ms$/ },
];
for (const [index, { why, script, says }] of programs.entries()) {
  test(`icmp: a program that ${why}`, async () => {
    const settings = { ...loopback, expect: { latency: { average: '50ms', jitter: '20ms' } } };
    const kind = kindWith(await program('fping', `program-${index}`, script));
    const result = await probeKind(kind, settings);
    assert.match(`${result.outcome}: ${result.sentence}`, says);
  });
}

test('icmp: a program that may not be run', async () => {
  const file = path.join(folder, 'no-program');
  await writeFile(file, 'x');
  const result = await probeKind(kindWith({ name: 'fping', file }), loopback);
  assert.equal(`${result.outcome}: ${result.sentence}`, 'unknown: The program fping may not be run (EACCES)');
});

test('icmp: without any program the sentence says what to install', async () => {
  const result = await probeKind(kindWith(), loopback);
  assert.equal(`${result.outcome}: ${result.sentence}`, 'unknown: The program fping (or ping) is not installed');
});

test('icmp: at the deadline the program is gone, with what it started', async () => {
  const result = await probeKind(kindWith(endless), loopback, { timeoutMs: 200 });
  assert.equal(`${result.outcome}: ${result.sentence}`, 'unknown: The program fping did not end in time');
  assert.deepEqual(await running('sleep\x001000'), []);
});

test('icmp: an argument is an address, whatever the name leads to, and our environment stays here', async () => {
  process.env['PITWALL_CANARY'] = 'secret of ours';
  const tell = await program('fping', 'tell', `echo "$*" > ${folder}/told; env >> ${folder}/told; echo "x : 1 1"`);
  const result = await probeKind(kindWith(tell), { ...loopback, host: 'localhost' });
  delete process.env['PITWALL_CANARY'];
  assert.equal(result.outcome, 'pass', result.sentence);
  const told = await readFile(path.join(folder, 'told'), 'utf8');
  assert.match(told, /^-C 2 -p 50 -t \d+ -- (127\.0\.0\.1|::1)\n/);
  assert.doesNotMatch(told, /secret of ours/);
});

test('icmp: an address that the policy forbids gets no request, and that says nothing about it', async () => {
  const told = await program('fping', 'never', `touch ${folder}/was-run`);
  const network = createNetwork({ allowPrivate: false, allow: [] }, systemClock);
  const closed = await probeKind(kindWith(told), loopback, { network });
  const metadata = await probeKind(kindWith(told), { ...loopback, host: '169.254.169.254' });
  for (const result of [closed, metadata])
    assert.deepEqual([result.outcome, result.reason], ['unknown', 'address-not-allowed']);
  assert.ok(!(await readdir(folder)).includes('was-run'));
  const nobody = await probeKind(kindWith(told), { ...loopback, host: 'no-such-host.invalid' });
  assert.equal(nobody.outcome, 'fail');
  assert.match(nobody.sentence, /no-such-host\.invalid/);
});

for (const { why, tripsUs, says } of [
  { why: 'one', tripsUs: [10], says: { sent: 1, lost: 0, averageUs: 10, worstUs: 10 } },
  {
    why: 'several',
    tripsUs: [10, 30, undefined, 20],
    says: { sent: 4, lost: 1, averageUs: 20, worstUs: 30, jitterUs: 15 },
  },
  { why: 'none', tripsUs: [undefined, undefined], says: { sent: 2, lost: 2 } },
]) {
  test(`what is measured of ${why}`, () => assert.deepEqual(measure(tripsUs), says));
}

for (const { why, lost, expect, outcome } of [
  { why: 'one of five is no news', lost: 1, expect: {}, outcome: 'pass' },
  { why: 'two of five are', lost: 2, expect: {}, outcome: 'degraded' },
  { why: 'where no loss is allowed one is', lost: 1, expect: { lossPercent: { degraded: 0 } }, outcome: 'degraded' },
  { why: 'more than may be lost', lost: 3, expect: { lossPercent: { fail: 50 } }, outcome: 'fail' },
  { why: 'all', lost: 5, expect: { lossPercent: { fail: 100, degraded: 100 } }, outcome: 'fail' },
]) {
  test(`of five requests are lost: ${why}`, () =>
    assert.equal(judgeTrips(expect, { sent: 5, lost, averageUs: 1, worstUs: 1 }).outcome, outcome));
}

for (const { why, count, timeoutMs, pauseMs, waitMs } of [
  { why: 'room enough', count: 5, timeoutMs: 5_000, pauseMs: 200, waitMs: 2_000 },
  {
    why: 'pauses shortened, so that the last answer has its time',
    count: 20,
    timeoutMs: 3_000,
    pauseMs: 94,
    waitMs: 614,
  },
  { why: 'one needs no pause', count: 1, timeoutMs: 1_000, pauseMs: 200, waitMs: 800 },
]) {
  test(`requests are spread over the timeout: ${why}`, () =>
    assert.deepEqual(timesOf({}, count, timeoutMs), { pauseMs, waitMs }));
}

/** Processes whose command line is this. */
async function running(commandLine: string): Promise<string[]> {
  const found: string[] = [];
  for (const entry of await readdir('/proc')) {
    if (!/^\d+$/.test(entry)) continue;
    const line = await readFile(`/proc/${entry}/cmdline`, 'utf8').catch(() => '');
    if (line.startsWith(commandLine)) found.push(entry);
  }
  return found;
}
