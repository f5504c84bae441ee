/**
 * A small network of its own, run inside fresh network namespaces: a neighbour who answers one echo request and then no
 * more for a minute, an address that nobody has, one to which no way leads. Prints what kind `icmp` saw, as one line of
 * JSON. See icmp.test.ts.
 */
import { execFileSync, spawn } from 'node:child_process';
import { once } from 'node:events';
import type { CheckKind } from '../server/src/capabilities/checks/kind.ts';
import { icmpKindWith } from '../server/src/capabilities/checks/kinds/icmp.ts';
import { echoPrograms } from '../server/src/platform/echo-request.ts';
import { probeKind, type SeenResult } from './probe-once.ts';

export type EchoWorldReport = Readonly<
  Record<string, Pick<SeenResult, 'outcome' | 'reason' | 'sentence' | 'observed'>>
>;

/** Lives until its input ends, and its namespace with it. */
const neighbour = spawn('/usr/bin/unshare', ['--net', 'sh', '-c', 'echo up; exec cat'], {
  stdio: ['pipe', 'pipe', 'inherit'],
});
await once(neighbour.stdout, 'data');
const ip = (...args: string[]) => execFileSync('/usr/sbin/ip', args);
const inside = (script: string) =>
  execFileSync('/usr/bin/nsenter', ['-t', String(neighbour.pid), '-n', 'sh', '-c', script]);

ip('link', 'add', 'here', 'type', 'veth', 'peer', 'name', 'there');
ip('link', 'set', 'there', 'netns', String(neighbour.pid));
// The neighbour counts for each address that asks.
for (const address of ['10.9.0.1/24', '10.8.0.1/24']) ip('addr', 'add', address, 'dev', 'here');
ip('link', 'set', 'here', 'up');
inside(`
  ip addr add 10.9.0.2/24 dev there && ip addr add 10.8.0.2/24 dev there && ip link set there up &&
  echo 1 > /proc/sys/net/ipv4/icmp_ratemask && echo 60000 > /proc/sys/net/ipv4/icmp_ratelimit`);

const report: Record<string, SeenResult> = {};
async function look(name: 'fping' | 'ping'): Promise<void> {
  const kind = icmpKindWith(echoPrograms.filter((program) => program.name === name)) as CheckKind;
  const ask = async (as: string, host: string, count: number) => {
    report[`${name}: ${as}`] = await probeKind(kind, { host, count, pause: '50ms' }, { timeoutMs: 4_000 });
  };
  const askNeighbour = async (address: string) => {
    await ask('answers once', address, 4);
    await ask('answers no more', address, 2);
  };
  await Promise.all([
    ask('this machine', '127.0.0.1', 3),
    askNeighbour(name === 'fping' ? '10.9.0.2' : '10.8.0.2'),
    ask('nobody there', '10.9.0.77', 2),
    ask('no way', '203.0.113.1', 2),
  ]);
}
await Promise.all([look('fping'), look('ping')]);
neighbour.stdin.end();
console.log(JSON.stringify(report));
