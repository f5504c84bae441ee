/** What an error of a socket means, in our own closed words. */
import type { ReasonCode } from '../../../contract/src/reasons.ts';

export interface ConnectionFault {
  readonly reason: ReasonCode;
  readonly facts: Readonly<Record<string, string | number>>;
  /** The cause lies with this machine, so the fault says nothing about the other side. */
  readonly ours?: true;
}

/** What was under way, as it reads in “reset while …”. */
export type Doing = 'connecting' | 'agreeing on encryption' | 'waiting for an answer' | 'reading the answer';

const unreachable: ReadonlySet<string> = new Set([
  'EHOSTUNREACH',
  'ENETUNREACH',
  'EHOSTDOWN',
  'ENETDOWN',
  'EACCES',
  'EPERM',
  'EINVAL',
]);
/** Too few file handles, ports, or memory here. */
const ownShortages: ReadonlySet<string> = new Set([
  'EMFILE',
  'ENFILE',
  'ENOBUFS',
  'ENOMEM',
  'EADDRNOTAVAIL',
  'EADDRINUSE',
]);

export function connectionFault(
  error: NodeJS.ErrnoException,
  at: { readonly doing: Doing; readonly address: string; readonly headerLimitBytes?: number },
): ConnectionFault {
  const { doing, address } = at;
  const code = error.code ?? error.name;
  if (ownShortages.has(code)) return { reason: 'internal-error', facts: { code }, ours: true };
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
  if (code === 'HPE_HEADER_OVERFLOW')
    return { reason: 'headers-too-large', facts: { limitBytes: at.headerLimitBytes ?? 0 } };
  if (code.startsWith('HPE_')) return { reason: 'protocol-error', facts: { protocol: 'HTTP', code } };
  if (doing === 'agreeing on encryption') return { reason: 'tls-failed', facts: { code } };
  if (doing === 'connecting') return { reason: 'host-unreachable', facts: { address, code } };
  return { reason: 'connection-reset', facts: { doing, code } };
}

/** An address and port as people write them. */
export function hostAndPort(address: string, port: number): string {
  return address.includes(':') ? `[${address}]:${port}` : `${address}:${port}`;
}
