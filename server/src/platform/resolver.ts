/** Looks names up as every program on this machine does (hosts file included), with its time, and applies the policy. */
import { lookup } from 'node:dns';
import { isIP } from 'node:net';
import { createAddressRule } from './address-rules.ts';
import type { Clock } from './clock.ts';
import { type AddressPolicy, type Network, NetworkFault, type ResolvedAddress } from './network.ts';

interface FoundAddress {
  readonly address: string;
  readonly family: number;
}

interface Lookup {
  readonly startedUs: number;
  readonly found: Promise<readonly FoundAddress[]>;
}

/**
 * Lookups share a few threads with the whole process, and one of a dead name server holds its thread for seconds. So
 * who asks for a name whose lookup has been under way this long waits for that one instead of taking another thread.
 */
const sharedAfterUs = 250_000;
/** Rules about an address never change; addresses seen are few. */
const mostRemembered = 10_000;

export function createNetwork(policy: AddressPolicy, clock: Clock): Network {
  const rule = createAddressRule(policy);
  const remembered = new Map<string, string | undefined>();
  const underway = new Map<string, Lookup>();

  function forbids(address: string): string | undefined {
    if (remembered.has(address)) return remembered.get(address);
    if (remembered.size >= mostRemembered) remembered.clear();
    const answer = rule(address);
    remembered.set(address, answer);
    return answer;
  }

  function lookUp(host: string): Lookup {
    const running = underway.get(host);
    const startedUs = clock.monotonicUs();
    if (running !== undefined && startedUs - running.startedUs > sharedAfterUs) return { ...running, startedUs };
    const own: Lookup = {
      startedUs,
      // Not `finally`, which makes four more promises; a thousand names a second are looked up.
      found: findAddresses(host, () => {
        if (underway.get(host) === own) underway.delete(host);
      }),
    };
    if (running === undefined) underway.set(host, own);
    return own;
  }

  async function lookUpAllowed(host: string, wanted: 4 | 6 | undefined): Promise<ResolvedAddress> {
    const { startedUs, found } = lookUp(host);
    const everything = await found;
    const addresses = wanted === undefined ? everything : everything.filter(({ family }) => family === wanted);
    if (addresses.length === 0) throw new NetworkFault('no-record', { name: host, type: wanted === 6 ? 'AAAA' : 'A' });
    const dnsUs = clock.monotonicUs() - startedUs;
    const allowed = addresses.filter(({ address }) => forbids(address) === undefined);
    const first = allowed[0];
    if (first === undefined) throw notAllowed(addresses[0]!.address, forbids(addresses[0]!.address)!);
    const { address, family } = first;
    const chosen: ResolvedAddress = { address, family: family === 6 ? 6 : 4, dnsUs };
    if (addresses.length === 1) return chosen;
    const forbidden = addresses.find((other) => forbids(other.address) !== undefined)?.address;
    return {
      ...chosen,
      ...(allowed.length === 1 ? {} : { others: allowed.slice(1).map((other) => other.address) }),
      ...(forbidden === undefined ? {} : { alsoForbidden: { address: forbidden, rule: forbids(forbidden)! } }),
    };
  }

  return {
    forbids,
    resolve(host, { timeoutMs, signal, family: wanted } = {}) {
      const family = isIP(host);
      if (family !== 0) {
        const forbidden = forbids(host);
        if (forbidden !== undefined) return Promise.reject(notAllowed(host, forbidden));
        return Promise.resolve({ address: host, family: family === 6 ? 6 : 4 });
      }
      const found = lookUpAllowed(host, wanted);
      if (timeoutMs === undefined && signal === undefined) return found;
      return endedEarly(host, found, clock, { timeoutMs, signal });
    },
  };
}

function notAllowed(address: string, rule: string): NetworkFault {
  return new NetworkFault('address-not-allowed', { address, rule });
}

/** A lookup cannot be stopped, only left alone. */
function endedEarly(
  host: string,
  found: Promise<ResolvedAddress>,
  clock: Clock,
  { timeoutMs, signal }: { readonly timeoutMs: number | undefined; readonly signal: AbortSignal | undefined },
): Promise<ResolvedAddress> {
  const { promise, resolve, reject } = Promise.withResolvers<ResolvedAddress>();
  const giveUp = () => reject(new NetworkFault('dns-timeout', { host, timeoutMs: timeoutMs ?? 0 }));
  const cancelTimer = timeoutMs === undefined ? () => {} : clock.setTimer(giveUp, timeoutMs);
  if (signal?.aborted === true) giveUp();
  signal?.addEventListener('abort', giveUp, { once: true });
  found.then(resolve, reject);
  return promise.finally(() => {
    cancelTimer();
    signal?.removeEventListener('abort', giveUp);
  });
}

const everyAddress = { all: true } as const;

function findAddresses(host: string, ended: () => void): Promise<readonly FoundAddress[]> {
  return new Promise((resolve, reject) => {
    lookup(host, everyAddress, (error, addresses) => {
      ended();
      if (error === null && addresses.length > 0) resolve(addresses);
      else reject(faultOf(host, error?.code ?? 'ENODATA'));
    });
  });
}

const notFoundCodes: ReadonlySet<string> = new Set(['ENOTFOUND', 'ENODATA', 'EAI_NONAME', 'EAI_NODATA']);

function faultOf(host: string, code: string): NetworkFault {
  if (notFoundCodes.has(code)) return new NetworkFault('dns-not-found', { host });
  return new NetworkFault('dns-failed', { host, code });
}
