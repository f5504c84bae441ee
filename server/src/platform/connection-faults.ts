/** What an error of a socket means, in our own closed words. */
import type { ReasonCode } from '../../../contract/src/reasons.ts';

export interface ConnectionFault {
  readonly reason: ReasonCode;
  readonly facts: Readonly<Record<string, string | number>>;
  /** The cause lies with this machine, so the fault says nothing about the other side. */
  readonly ours?: true;
}

/** What was under way, as it reads in “reset while …”. */
export type Doing =
  | 'connecting'
  | 'agreeing on encryption'
  | 'waiting for an answer'
  | 'reading the answer'
  | 'logging in'
  | 'running the query'
  | 'asking for its role';

const unreachable: ReadonlySet<string> = new Set([
  'EHOSTUNREACH',
  'ENETUNREACH',
  'EHOSTDOWN',
  'ENETDOWN',
  'EACCES',
  'EPERM',
  'EINVAL',
]);
/** What this machine is short of. */
const ownShortages: Readonly<Record<string, string>> = {
  EMFILE: 'file handle',
  ENFILE: 'file handle',
  ENOBUFS: 'memory for connections',
  ENOMEM: 'memory',
  EADDRNOTAVAIL: 'address or port of its own',
  EADDRINUSE: 'port of its own',
};

export function connectionFault(
  error: NodeJS.ErrnoException,
  at: { readonly doing: Doing; readonly address: string },
): ConnectionFault {
  const { doing, address } = at;
  const code = error.code ?? error.name;
  const resource = ownShortages[code];
  if (resource !== undefined) return { reason: 'out-of-resources', facts: { resource, code }, ours: true };
  if (code === 'ECONNREFUSED') return { reason: 'connection-refused', facts: { address } };
  if (code === 'ETIMEDOUT')
    return doing === 'connecting'
      ? { reason: 'connect-timeout', facts: { address } }
      : { reason: 'timeout', facts: { doing } };
  if (unreachable.has(code) && doing === 'connecting') return { reason: 'host-unreachable', facts: { address, code } };
  if (code === 'ECONNRESET' || code === 'EPIPE' || code === 'ECONNABORTED') {
    // Node names an orderly but early end ECONNRESET too; only a real reset comes from a system call.
    return { reason: error.syscall === undefined ? 'connection-closed' : 'connection-reset', facts: { doing } };
  }
  if (doing === 'agreeing on encryption') return { reason: 'tls-failed', facts: { code } };
  if (doing === 'connecting') return { reason: 'host-unreachable', facts: { address, code } };
  return { reason: 'connection-reset', facts: { doing, code } };
}

/**
 * Whether a further address of the same name is worth a try: nobody was reached. An address of a family that this
 * machine does not have (`::1` in many containers) fails for want of an address of its own.
 */
export function isWorthAnother(fault: ConnectionFault | undefined): boolean {
  return (
    fault?.reason === 'connection-refused' ||
    fault?.reason === 'host-unreachable' ||
    fault?.facts['code'] === 'EADDRNOTAVAIL'
  );
}

/** An address and port as people write them. */
export function hostAndPort(address: string, port: number): string {
  return address.includes(':') ? `[${address}]:${port}` : `${address}:${port}`;
}
