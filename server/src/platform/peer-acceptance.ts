/** Whether the other side of a connection just encrypted is accepted, before anything is sent to it. */
import type { PeerCertificate, SecureContext, TLSSocket } from 'node:tls';
import type { Clock } from './clock.ts';
import type { ConnectionFault } from './connection-faults.ts';
import { type PeerIdentity, readPeerIdentity } from './peer-certificate.ts';
import type { TlsSessions } from './tls-sessions.ts';

export interface ExchangeTls {
  /** The name that the certificate must be for; undefined where the host is an address. */
  readonly servername: string | undefined;
  readonly verify: boolean;
  /** Whom it trusts, and who we are; the machine's usual where left out. */
  readonly context?: SecureContext | undefined;
  /** Of earlier connections to the same server. */
  readonly sessions?: TlsSessions | undefined;
  /** What the certificate says is wanted; with the name that it should be for, and whom `context` trusts. */
  readonly identify?: { readonly name: string; readonly ca: string | undefined } | undefined;
}

export interface Accepted {
  readonly fault?: ConnectionFault;
  /** Where it was asked for. */
  readonly identity?: PeerIdentity | undefined;
}

/** The certificate is judged here and not by the socket, so that its dates can still be read. */
export function acceptPeer(socket: TLSSocket, address: string, wanted: ExchangeTls, clock: Clock): Accepted {
  const { sessions, identify } = wanted;
  // What is taken up again was accepted when it began.
  if (sessions !== undefined && socket.isSessionReused()) return { identity: sessions.identity(address) };
  if (wanted.verify && !socket.authorized) {
    // Declared as an Error, but it is the code as text.
    const code = String(socket.authorizationError);
    return { fault: certificateFault(code, socket.getPeerCertificate(), clock.nowMs()) };
  }
  const identity = identify === undefined ? undefined : readPeerIdentity(socket, identify.name, identify.ca);
  sessions?.keepFrom(socket, address, clock.monotonicUs(), identity);
  return { identity };
}

export function certificateFault(code: string, certificate: PeerCertificate, nowMs: number): ConnectionFault {
  const validTo = new Date(certificate.valid_to);
  // The code may be about an issuer in the chain, whose date is another.
  if (code !== 'CERT_HAS_EXPIRED' || !(validTo.getTime() <= nowMs))
    return { reason: 'certificate-invalid', facts: { code } };
  return { reason: 'certificate-expired', facts: { code, validTo: validTo.toISOString().slice(0, 10) } };
}
