/**
 * Encryption that was agreed on with one server, taken up again: a third less work for both sides. The server then shows
 * no certificate, so this holds for a minute only, and a certificate that was exchanged is seen at most that much later.
 * Only in TLS 1.3, where the short way has as many round trips as the long one, so that both take the same time.
 */
import type { TLSSocket } from 'node:tls';
import type { PeerIdentity } from './peer-certificate.ts';

const goodForUs = 60_000_000;

interface Agreed {
  readonly sinceUs: number;
  readonly session: Buffer;
  readonly identity: PeerIdentity | undefined;
}

/** Of one check: name, trust and port are always the same. */
export class TlsSessions {
  readonly #byAddress = new Map<string, Agreed>();

  offer(address: string, nowUs: number): Buffer | undefined {
    const agreed = this.#byAddress.get(address);
    return agreed === undefined || nowUs - agreed.sinceUs > goodForUs ? undefined : agreed.session;
  }

  /** What the server showed when this was agreed on. */
  identity(address: string): PeerIdentity | undefined {
    return this.#byAddress.get(address)?.identity;
  }

  /** For a certificate that was accepted. What can be taken up again is said only after the agreement. */
  keepFrom(socket: TLSSocket, address: string, nowUs: number, identity: PeerIdentity | undefined): void {
    if (socket.getProtocol() !== 'TLSv1.3') return;
    socket.on('session', (session) => this.#byAddress.set(address, { sinceUs: nowUs, session, identity }));
  }

  /** The next time, all is looked at again. */
  forget(): void {
    this.#byAddress.clear();
  }
}
