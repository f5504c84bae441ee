/** Opens the connection over which a library speaks: the name looked up, each address under the policy, its time kept. */
import { isIP } from 'node:net';
import type { ReasonCode } from '../../../../contract/src/reasons.ts';
import type { Outcome, Phases } from '../../../../contract/src/vocabulary.ts';
import { type ConnectionFault, isWorthAnother } from '../../platform/connection-faults.ts';
import { ConnectionFaultError, HandedConnection, type HandedTarget } from '../../platform/handed-connection.ts';
import { NetworkFault } from '../../platform/network.ts';
import type { Facts } from './evidence.ts';
import type { ProbeContext } from './kind.ts';
import { resolveTarget } from './resolve-target.ts';

export type GrowingPhases = { -readonly [name in keyof Phases]: Phases[name] };

/** Throws NetworkFault and ConnectionFaultError. The deadline ends the connection from here on. */
export async function openConnection(
  target: Omit<HandedTarget, 'address'> & { readonly host: string },
  context: ProbeContext,
  phases: GrowingPhases,
): Promise<HandedConnection> {
  const { host } = target;
  const numeric = isIP(host) !== 0;
  const resolved = numeric ? await context.network.resolve(host) : await resolveTarget(host, context);
  if (resolved.dnsUs !== undefined) phases.dnsUs = resolved.dnsUs;
  const addresses = [resolved.address, ...(resolved.others ?? [])];
  let fault: ConnectionFault | undefined;
  for (const address of addresses) {
    const connection = new HandedConnection({ ...target, address }, context.clock);
    context.onDeadline(() => connection.giveUp());
    try {
      await connection.connected();
      phases.connectUs = connection.times.connectUs;
      return connection;
    } catch (error) {
      if (!(error instanceof ConnectionFaultError)) throw error;
      fault = error.fault;
      if (!isWorthAnother(fault)) break;
    }
  }
  throw new ConnectionFaultError(withoutIpv6(fault!, host, addresses));
}

const noWayCodes: ReadonlySet<unknown> = new Set(['ENETUNREACH', 'EADDRNOTAVAIL']);

/**
 * A host with an IPv6 address alone, asked from a machine without IPv6, is not to blame: hosted databases have such
 * names for those who do not come by their pooler.
 */
export function withoutIpv6(fault: ConnectionFault, host: string, addresses: readonly string[]): ConnectionFault {
  const { code } = fault.facts;
  if (!noWayCodes.has(code) || addresses.some((address) => isIP(address) !== 6)) return fault;
  return { reason: 'ipv6-only', facts: { host, code: code! }, ours: true };
}

/** What an error says where it lies with the way there; undefined where it is something that the server said. */
export function connectionVerdict(
  error: unknown,
  connection: HandedConnection | undefined,
  timeoutMs: number,
): { readonly outcome: Outcome; readonly reason: ReasonCode; readonly facts: Facts } | undefined {
  // A library may have been quicker to say that its connection is gone, but cannot say why.
  const fault = connection?.fault ?? (error instanceof ConnectionFaultError ? error.fault : undefined);
  if (fault !== undefined) {
    const facts = { ...fault.facts, timeoutMs };
    return { outcome: fault.ours === true ? 'unknown' : 'fail', reason: fault.reason, facts };
  }
  if (!(error instanceof NetworkFault)) return undefined;
  const { reason, facts } = error;
  return { outcome: reason === 'address-not-allowed' ? 'unknown' : 'fail', reason, facts };
}
