/** A port that listens and takes nobody: its queue is full, so the kernel drops who comes. */
import { once } from 'node:events';
import net from 'node:net';
import { Worker } from 'node:worker_threads';

/** The thread listens with the shortest queue and then stands still for ever. */
const standStill = `
  const { parentPort } = require('node:worker_threads');
  const server = require('node:net').createServer();
  server.listen({ port: 0, host: '127.0.0.1', backlog: 1 }, () => {
    parentPort.postMessage(server.address().port);
    setImmediate(() => Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 0));
  });
`;
/** Linux keeps one more than it was asked to. */
const places = 2;

export class DeafListener implements AsyncDisposable {
  readonly port: number;
  readonly #worker: Worker;
  readonly #waiting: readonly net.Socket[];

  private constructor(port: number, worker: Worker, waiting: readonly net.Socket[]) {
    this.port = port;
    this.#worker = worker;
    this.#waiting = waiting;
  }

  static async start(): Promise<DeafListener> {
    const worker = new Worker(standStill, { eval: true });
    const [port] = (await once(worker, 'message')) as [number];
    const waiting = Array.from({ length: places }, () => net.connect(port, '127.0.0.1'));
    await Promise.all(waiting.map((socket) => once(socket, 'connect')));
    return new DeafListener(port, worker, waiting);
  }

  async [Symbol.asyncDispose](): Promise<void> {
    for (const socket of this.#waiting) socket.destroy();
    await this.#worker.terminate();
  }
}
