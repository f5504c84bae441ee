/** Is it me or them: when a failure may be Pitwall's own, what is asked then, and what the answers mean. Pure. */
import type { ReasonCode } from '../../../../contract/src/reasons.ts';

/** How far away an address is; what is further away is reached through what is nearer. */
export const nearnesses = ['loopback', 'private', 'public'] as const;
export type Nearness = (typeof nearnesses)[number];

/** A place that the operator chose: while it answers, there is a way out. */
export interface GateTarget {
  /** As written: `tcp://1.1.1.1:443`. */
  readonly text: string;
  readonly host: string;
  readonly port: number;
  /** Of a name, which may lead anywhere, the furthest. */
  readonly nearness: Nearness;
}

/** Failures that a network of one's own which is cut would look like. “Refused” is an answer, and not among them. */
const lookupReasons: ReadonlySet<ReasonCode> = new Set(['dns-failed', 'dns-timeout', 'dns-not-found']);
const networkReasons: ReadonlySet<ReasonCode> = new Set([
  ...lookupReasons,
  'connect-timeout',
  'host-unreachable',
  'timeout',
  'connection-reset',
  'connection-closed',
  'tls-failed',
  'no-echo',
]);

export function isOfNetwork(reason: ReasonCode): boolean {
  return networkReasons.has(reason);
}

export function isOfLookup(reason: ReasonCode): boolean {
  return lookupReasons.has(reason);
}

/** Outside begins at the internet, or at the nearest gate: who names the router says that the way to his own net counts. */
export function isOutside(nearness: Nearness, targets: readonly GateTarget[]): boolean {
  return rank(nearness) >= Math.min(rank('public'), ...targets.map((target) => rank(target.nearness)));
}

/** A router that answers tells nothing of what is beyond it: the gates as far away as what failed, where there are any. */
export function gatesFor(nearness: Nearness, targets: readonly GateTarget[]): readonly GateTarget[] {
  const far = targets.filter((target) => rank(target.nearness) >= rank(nearness));
  return far.length > 0 ? far : targets;
}

function rank(nearness: Nearness): number {
  return nearnesses.indexOf(nearness);
}

/** What was found; absent where it was not asked. */
export interface GatesSeen {
  /** The system knows a way to the address. */
  readonly route?: boolean;
  /** The system's resolver gave any answer. */
  readonly resolver?: boolean;
  /** One of the operator's targets took a connection. */
  readonly targets?: boolean;
}

/** The gate that is shut, in words, or undefined where all are open. */
export function shutGate(seen: GatesSeen, asked: readonly GateTarget[]): string | undefined {
  if (seen.route === false) return 'the network of this machine';
  if (seen.resolver === false) return 'the resolver of this machine';
  if (seen.targets !== false) return undefined;
  const [first, ...others] = asked.map(({ text }) => text);
  return others.length === 0 ? first : `any of ${[first, ...others].join(', ')}`;
}

/** `tcp://host:port`, or an address of http or https, whose port is opened; undefined where it is neither. */
export function parseGateTarget(text: string, nearnessOf: (host: string) => Nearness): GateTarget | undefined {
  const url = URL.parse(text);
  if (url === null || url.hostname === '') return undefined;
  const preset = new Map([
    ['http:', 80],
    ['https:', 443],
    ['tcp:', 0],
  ]).get(url.protocol);
  const port = url.port === '' ? preset : Number(url.port);
  if (port === undefined || port === 0) return undefined;
  const host = url.hostname.replace(/^\[(.*)\]$/, '$1');
  return { text, host, port, nearness: nearnessOf(host) };
}
