/**
 * `npm run bench:checks`: what a check costs all in, against the floor of raw sockets in the same run, plain and
 * encrypted, and whether the schedule holds with 10,000 checks. `--pairs N` and `--seconds N` shorten or lengthen it,
 * `--part plain`, `encrypted` or `schedule` leaves the other parts out.
 */
import { type ChildProcess, fork } from 'node:child_process';
import { once } from 'node:events';
import { loadavg } from 'node:os';
import { parseArgs } from 'node:util';
import { atMost, type Bar, median, report } from './bench-report.ts';
import type { LegOrder, LegOutcome } from './checks-leg.ts';
import type { Arrivals, Target } from './checks-target.ts';

const { values: args } = parseArgs({
  options: {
    pairs: { type: 'string', default: '7' },
    seconds: { type: 'string', default: '8' },
    part: { type: 'string' },
  },
});
const pairs = Number(args.pairs);
const measureMs = Number(args.seconds) * 1_000;
const ratioLimits = { addresses: 1.4, names: 2, encrypted: 1.3 };
/** An encrypted connection costs both sides some eight times a plain one, and two processors must bear it. */
const encryptedChecks = 300;

const start = (file: string) => fork(new URL(file, import.meta.url), { stdio: 'inherit' });

async function ask<T>(child: ChildProcess, message: object | string): Promise<T> {
  child.send(message);
  const [answer] = await once(child, 'message');
  return answer as T;
}

const target = start('./checks-target.ts');
const [{ ports, securePorts, ca }] = (await once(target, 'message')) as [Target];

/** Each leg in a fresh process: none inherits another's heap or compiled code. */
async function leg(order: Partial<LegOrder>): Promise<LegOutcome> {
  const base = { run: 'pitwall', ports, host: '127.0.0.1', checks: 1_000, intervalMs: 1_000, named: false } as const;
  const child = start('./checks-leg.ts');
  const outcome = await ask<LegOutcome>(child, { ...base, warmMs: 4_000, measureMs, ...order });
  child.disconnect();
  await once(child, 'exit');
  return outcome;
}

function show(name: string, outcome: LegOutcome): number {
  const usPerCheck = outcome.cpuUs / outcome.results;
  const { results, missed, suspect, notPassed } = outcome;
  console.log(`${name.padEnd(10)} ${usPerCheck.toFixed(1)} µs of CPU a check`, { results, missed, suspect, notPassed });
  return usPerCheck;
}

async function plain(): Promise<Bar[]> {
  const addresses: number[] = [];
  const names: number[] = [];
  for (let pair = 0; pair < pairs; pair += 1) {
    const rawUs = show('raw', await leg({ run: 'raw' }));
    const addressUs = show('addresses', await leg({}));
    const nameUs = show('names', await leg({ host: 'localhost' }));
    addresses.push(addressUs / rawUs);
    names.push(nameUs / rawUs);
    console.log(`pair ${pair + 1}: ${(addressUs / rawUs).toFixed(2)} × and ${(nameUs / rawUs).toFixed(2)} ×`);
  }
  return [
    atMost('CPU of a check ÷ raw, addresses', median(addresses), ratioLimits.addresses),
    atMost('CPU of a check ÷ raw, names', median(names), ratioLimits.names),
  ];
}

/** In the same mode on both sides: each check takes up what it agreed on before. */
async function encrypted(): Promise<Bar[]> {
  const ratios: number[] = [];
  const order = { ports: securePorts, ca, checks: encryptedChecks };
  for (let pair = 0; pair < pairs; pair += 1) {
    const rawUs = show('raw tls', await leg({ ...order, run: 'raw' }));
    const checkUs = show('https', await leg(order));
    ratios.push(checkUs / rawUs);
    console.log(`pair ${pair + 1}, encrypted: ${(checkUs / rawUs).toFixed(2)} ×`);
  }
  return [atMost('CPU of an HTTPS check ÷ raw tls', median(ratios), ratioLimits.encrypted)];
}

async function schedule(): Promise<Bar[]> {
  target.send('reset');
  const order = { checks: 10_000, intervalMs: 10_000, named: true, warmMs: 12_000, measureMs: 40_000 };
  const outcome = await leg(order);
  const seen = await ask<Arrivals>(target, 'report');
  show('10,000', outcome);
  console.log('seen by the target:', seen, `worst start ${outcome.worstDeviationMs.toFixed(1)} ms after its slot`);
  return [
    atMost('p99 slot deviation of 10,000 checks at 10 s, ms', seen.p99Ms, 20),
    atMost('missed slots', outcome.missed, 0),
    atMost('drift: mean deviation, last third − first, ms', seen.lastMeanMs - seen.firstMeanMs, 2),
    atMost('RSS with 10,000 checks, MiB', outcome.rssBytes / 1_048_576, 350),
  ];
}

console.log(`${pairs} pairs of ${measureMs / 1_000} s; load before: ${loadavg()[0]!.toFixed(2)}`);
const parts: Readonly<Record<string, () => Promise<Bar[]>>> = { plain, encrypted, schedule };
const bars: Bar[] = [];
for (const [name, run] of Object.entries(parts)) {
  if (args.part === undefined || args.part === name) bars.push(...(await run()));
}
target.disconnect();
report('checks', bars);
