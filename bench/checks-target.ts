/**
 * The checked side of `bench:checks`, in a process of its own so that its CPU does not count. Where the path names a
 * check, it also notes how long after the check's slot the request came: an outside view of the schedule.
 */
import net, { type AddressInfo } from 'node:net';
import tls from 'node:tls';
import { phaseMs } from '../server/src/capabilities/prober/slots.ts';
import { makeCertificate } from '../testkit/certificates.ts';

export interface Arrivals {
  readonly count: number;
  readonly p99Ms: number;
  /** Means of the first and of the last third: they differ where the schedule drifts. */
  readonly firstMeanMs: number;
  readonly lastMeanMs: number;
}

const answer = Buffer.from(
  'HTTP/1.1 200 OK\r\nContent-Type: text/plain\r\nContent-Length: 14\r\nConnection: close\r\n\r\nHello, prober!',
);
/** Several ports, so that ports of the asking side are not all waiting for late packets. */
const portCount = 8;
let delaysMs: number[] = [];

/** `GET /bench/check-17/10000`: a check's key and its interval. */
function note(request: Buffer): void {
  const path = request.toString('latin1', 5, request.indexOf(' ', 5));
  const split = path.lastIndexOf('/');
  if (split < 0) return;
  const intervalMs = Number(path.slice(split + 1));
  const nowMs = performance.timeOrigin + performance.now();
  delaysMs.push((nowMs - phaseMs(path.slice(0, split), intervalMs)) % intervalMs);
}

function arrivals(): Arrivals {
  const sorted = [...delaysMs].sort((a, b) => a - b);
  const third = Math.floor(delaysMs.length / 3);
  const meanMs = (values: readonly number[]) => values.reduce((sum, value) => sum + value, 0) / values.length;
  return {
    count: delaysMs.length,
    p99Ms: sorted[Math.ceil(sorted.length * 0.99) - 1] ?? Number.NaN,
    firstMeanMs: meanMs(delaysMs.slice(0, third)),
    lastMeanMs: meanMs(delaysMs.slice(-third)),
  };
}

export interface Target {
  readonly ports: readonly number[];
  readonly securePorts: readonly number[];
  /** Who vouches for the secure ones. */
  readonly ca: string;
}

function answerOnce(socket: net.Socket): void {
  socket.on('error', () => {});
  socket.once('data', (request: Buffer) => {
    socket.end(answer);
    note(request);
  });
}

function listen(makeServer: () => net.Server): Promise<number[]> {
  const one = async () => {
    const server = makeServer();
    await new Promise<void>((resolve) => server.listen({ port: 0, host: '127.0.0.1', backlog: 1_024 }, resolve));
    return (server.address() as AddressInfo).port;
  };
  return Promise.all(Array.from({ length: portCount }, one));
}

const authority = makeCertificate({ subject: 'Bench authority', authority: true });
const { key, cert } = makeCertificate({ subject: 'bench', names: ['127.0.0.1'], issuer: authority });
const target: Target = {
  ports: await listen(() => net.createServer(answerOnce)),
  securePorts: await listen(() => tls.createServer({ key, cert }, answerOnce).on('tlsClientError', () => {})),
  ca: authority.cert,
};
process.send!(target);
process.on('message', (message) => {
  if (message === 'report') process.send!(arrivals());
  delaysMs = [];
});
process.once('disconnect', () => process.exit());
