/** What the gates are asked by: what the system knows of routes, whether its resolver answers, who takes a connection. */
import { createSocket } from 'node:dgram';
import { Resolver } from 'node:dns';
import net from 'node:net';
import { networkInterfaces } from 'node:os';
import type { Clock } from './clock.ts';

export interface WayOut {
  /** Whether the system would send there: it has a route, and the cable it leads to is plugged in. Nothing is sent. */
  hasRoute(address: string): Promise<boolean>;
  /** Whether a name server that the system is set to gives any answer of its own. */
  resolverAnswers(timeoutMs: number): Promise<boolean>;
  accepts(address: string, port: number, timeoutMs: number): Promise<boolean>;
}

/** Refusing is an answer; failing, as a forwarder does that reaches nobody itself, is none. */
const silentCodes: ReadonlySet<string> = new Set(['ETIMEOUT', 'ECONNREFUSED', 'ESERVFAIL', 'ECANCELLED', 'ECONNRESET']);
/** Any port does: only the system is asked. */
const anyPort = 53;

export function createWayOut(clock: Clock): WayOut {
  return {
    hasRoute,
    resolverAnswers(timeoutMs) {
      // A new one each time reads which name servers the system is set to now.
      const resolver = new Resolver({ timeout: timeoutMs, tries: 1 });
      return new Promise((resolve) => {
        const cancelTimer = clock.setTimer(() => resolver.cancel(), timeoutMs);
        // The root: the one name that every name server can say something about.
        resolver.resolveNs('.', (error) => {
          cancelTimer();
          resolve(error === null || !silentCodes.has(error.code ?? ''));
        });
      });
    },
    accepts(address, port, timeoutMs) {
      return new Promise((resolve) => {
        const socket = net.connect(port, address);
        const end = (accepted: boolean) => {
          cancelTimer();
          socket.destroy();
          resolve(accepted);
        };
        const cancelTimer = clock.setTimer(() => end(false), timeoutMs);
        socket.once('connect', () => end(true));
        socket.on('error', () => end(false));
      });
    },
  };
}

/**
 * Asked as `whyNoWay` asks (way-out.ts), of the kernel by connecting a datagram socket: unlike /proc/net/route that heeds
 * the rules of tunnels and both families. The address it would send from stands only on links that are up and have a carrier.
 */
function hasRoute(address: string): Promise<boolean> {
  return new Promise((resolve) => {
    const socket = createSocket(net.isIPv6(address) ? 'udp6' : 'udp4');
    const end = (found: boolean) => {
      socket.close();
      resolve(found);
    };
    socket.once('error', () => end(false));
    socket.once('connect', () => {
      const from = socket.address().address.split('%')[0];
      const running = Object.values(networkInterfaces()).flatMap((addresses) => addresses ?? []);
      end(running.some((own) => own.address === from));
    });
    socket.connect(anyPort, address);
  });
}
