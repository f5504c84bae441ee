/** The floor: connect, write, read, close with `net` and nothing else, paced as the prober paces its checks. */
import net from 'node:net';

const request = 'GET / HTTP/1.1\r\nHost: 127.0.0.1\r\nUser-Agent: Pitwall\r\nAccept: */*\r\nConnection: close\r\n\r\n';
/** The prober's tick (engine.ts). */
const tickMs = 6;

export interface RawLoop {
  readonly done: () => number;
  stop(): void;
}

export function startRawLoop(ports: readonly number[], perSecond: number): RawLoop {
  const startMs = performance.now();
  let begun = 0;
  let done = 0;
  const tick = () => {
    const due = Math.floor(((performance.now() - startMs) / 1_000) * perSecond);
    for (; begun < due; begun += 1) exchange(ports[begun % ports.length]!);
  };
  const exchange = (port: number) => {
    const socket = net.connect(port, '127.0.0.1');
    socket.once('connect', () => socket.write(request));
    socket.once('data', () => {
      socket.destroy();
      done += 1;
    });
    socket.on('error', () => {});
  };
  const timer = setInterval(tick, tickMs);
  return { done: () => done, stop: () => clearInterval(timer) };
}
