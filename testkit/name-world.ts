/**
 * A world of names of its own: run inside fresh mount and network namespaces, where this is the machine's only name
 * server, it probes each case for real and prints what came of it, as one line of JSON. See resolver.test.ts.
 */
import { createSocket } from 'node:dgram';
import { isIPv4 } from 'node:net';
import { systemClock } from '../server/src/platform/clock.ts';
import type { ResolvedAddress } from '../server/src/platform/network.ts';
import { createNetwork } from '../server/src/platform/resolver.ts';
import { probeOnce, type SeenResult } from './probe-once.ts';
import { answering, page, ScriptedPeer } from './scripted-peer.ts';

export interface NameWorldReport {
  readonly results: Readonly<
    Record<string, Pick<SeenResult, 'outcome' | 'reason' | 'sentence' | 'phases' | 'totalUs'>>
  >;
  /** How often the server was asked for the name that it never answers. */
  readonly silentQueries: number;
  /** What a policy that allows one of its two addresses finds of `two.test`. */
  readonly twoFaced: Pick<ResolvedAddress, 'address' | 'others' | 'alsoForbidden'>;
}

const noError = 0;
const serverFailure = 2;
const nameError = 3;
const refused = 5;
/** `resolv.conf` of this world says the same. */
const serverAddress = '127.0.0.53';

type Zone = { readonly code: number; readonly addresses: readonly string[] } | 'silent';
const zones: Readonly<Record<string, Zone>> = {
  'open.test': { code: noError, addresses: ['127.0.0.1'] },
  'none.test': { code: nameError, addresses: [] },
  'empty.test': { code: noError, addresses: [] },
  'fails.test': { code: serverFailure, addresses: [] },
  'refuses.test': { code: refused, addresses: [] },
  'metadata.test': { code: noError, addresses: ['169.254.169.254'] },
  'two.test': { code: noError, addresses: ['127.0.0.9', '127.0.0.1'] },
  'both.test': { code: noError, addresses: ['127.0.0.1', '::1'] },
  'nowhere.test': { code: noError, addresses: ['203.0.113.1'] },
};
let silentQueries = 0;

function answerTo(query: Buffer): Buffer | undefined {
  const labels: string[] = [];
  let at = 12;
  for (let length = query[at]!; length > 0; length = query[at]!) {
    labels.push(query.toString('latin1', at + 1, at + 1 + length));
    at += length + 1;
  }
  const question = query.subarray(12, at + 5);
  const isForIpv4 = query.readUInt16BE(at + 1) === 1;
  const name = labels.join('.');
  const zone = zones[name] ?? 'silent';
  if (name === 'silent.test') silentQueries += 1;
  if (zone === 'silent') return undefined;
  const addresses = zone.addresses.filter((address) => isIPv4(address) === isForIpv4);
  const head = Buffer.from([query[0]!, query[1]!, 0x81, 0x80 | zone.code, 0, 1, 0, addresses.length, 0, 0, 0, 0]);
  // Name as a pointer to the question, type A or AAAA, class IN, one minute, and the address; of IPv6 there is but ::1.
  const records = addresses.map((text) =>
    isForIpv4
      ? Buffer.from([192, 12, 0, 1, 0, 1, 0, 0, 0, 60, 0, 4, ...text.split('.').map(Number)])
      : Buffer.from([192, 12, 0, 28, 0, 1, 0, 0, 0, 60, 0, 16, ...new Array<number>(15).fill(0), 1]),
  );
  return Buffer.concat([head, question, ...records]);
}

async function run(): Promise<NameWorldReport> {
  const server = createSocket('udp4');
  server.on('message', (query, { port, address }) => {
    const answer = answerTo(query);
    if (answer !== undefined) server.send(answer, port, address);
  });
  await new Promise<void>((resolve) => server.bind(53, serverAddress, resolve));
  await using peer = await ScriptedPeer.start(answering(page('open')));
  const results: Record<string, SeenResult> = {};
  const ask = async (as: string, name: string, timeoutMs: number, settings: object = {}) => {
    results[as] = await probeOnce('http', { url: `http://${name}:${peer.port}/`, ...settings }, { timeoutMs });
  };
  for (const name of Object.keys(zones)) await ask(name, name, 5_000);
  await ask('both over IPv4', 'both.test', 5_000, { family: 4 });
  await ask('both over IPv6', 'both.test', 5_000, { family: 6 });
  await ask('open over IPv6', 'open.test', 5_000, { family: 6 });
  results['refused'] = await probeOnce('http', { url: 'http://open.test:1/' }, { timeoutMs: 1_000 });
  const choosy = createNetwork({ allowPrivate: false, allow: ['127.0.0.1'] }, systemClock);
  const { address, others, alsoForbidden } = await choosy.resolve('two.test');
  const twoFaced = { address, ...(others && { others }), ...(alsoForbidden && { alsoForbidden }) };
  // Each of these waits for a thread of the process; the one that can be answered must not wait for them.
  const dead = Array.from({ length: 12 }, (_, index) => ask(`dead-${index}`, `dead-${index}.test`, 2_000));
  await Promise.all([...dead, ask('open beside the dead', 'open.test', 2_000)]);
  for (const again of ['silent', 'silent again', 'silent once more']) await ask(again, 'silent.test', 300);
  const silentSoFar = silentQueries;
  for (const name of Object.keys(zones)) {
    const settings = { name, expect: { latency: { total: '5s' } } };
    results[`record of ${name}`] = await probeOnce('dns', settings, { timeoutMs: 3_000 });
  }
  results['record of a silent name'] = await probeOnce('dns', { name: 'dead.test' }, { timeoutMs: 300 });
  await ask('silent until the system gives up', 'silent.test', 20_000);
  server.close();
  results['record without a name server'] = await probeOnce('dns', { name: 'open.test' }, { timeoutMs: 3_000 });
  return { results, silentQueries: silentSoFar, twoFaced };
}

console.log(JSON.stringify(await run()));
// Lookups of the dead cannot be stopped.
process.exit(0);
