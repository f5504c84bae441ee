/** The floor: connect, write, read, close with `net` or `tls` and nothing else, paced as the prober paces its checks. */
import net from 'node:net';
import tls from 'node:tls';

const request = 'GET / HTTP/1.1\r\nHost: 127.0.0.1\r\nUser-Agent: Pitwall\r\nAccept: */*\r\nConnection: close\r\n\r\n';
/** The prober's tick (engine.ts). */
const tickMs = 6;

export interface RawLoop {
  readonly done: () => number;
  stop(): void;
}

/** Opens one connection and sends the request. */
type Connect = () => net.Socket;

function plain(port: number): Connect {
  return () => net.connect(port, '127.0.0.1').once('connect', send);
}

/** As the checks do: one context for all, and what was agreed on is taken up again for a minute. */
function secure(port: number, secureContext: tls.SecureContext): Connect {
  let session: Buffer | undefined;
  let sinceMs = 0;
  return () => {
    const kept = performance.now() - sinceMs < 60_000 ? session : undefined;
    const socket = tls.connect({ host: '127.0.0.1', port, secureContext, ...(kept && { session: kept }) });
    return socket.once('secureConnect', () => {
      if (!socket.isSessionReused()) {
        sinceMs = performance.now();
        socket.on('session', (ticket) => {
          session = ticket;
        });
      }
      socket.write(request);
    });
  };
}

function send(this: net.Socket): void {
  this.write(request);
}

export function startRawLoop(ports: readonly number[], perSecond: number, ca?: string): RawLoop {
  const context = ca === undefined ? undefined : tls.createSecureContext({ ca });
  // One of each for every check of a second, as each check agrees for itself.
  const connects = Array.from({ length: perSecond }, (_, index) => {
    const port = ports[index % ports.length]!;
    return context === undefined ? plain(port) : secure(port, context);
  });
  const startMs = performance.now();
  let begun = 0;
  let done = 0;
  const tick = () => {
    const due = Math.floor(((performance.now() - startMs) / 1_000) * perSecond);
    for (; begun < due; begun += 1) exchange(connects[begun % connects.length]!);
  };
  const exchange = (connect: Connect) => {
    const socket = connect();
    socket.once('data', () => {
      socket.destroy();
      done += 1;
    });
    socket.on('error', () => {});
  };
  const timer = setInterval(tick, tickMs);
  return { done: () => done, stop: () => clearInterval(timer) };
}
