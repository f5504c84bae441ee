/** One connection to a listener of this machine: it may speak first, else one question is asked, once. */
import net from 'node:net';
import type { Clock } from './clock.ts';

export interface ListenerQuestion {
  readonly address: string;
  readonly port: number;
  readonly send: Uint8Array;
  /** How long it may speak first before it is asked; 0 asks at once. */
  readonly listenFirstMs: number;
}

export interface ListenerAnswer {
  /** false: it took no connection. */
  readonly connected: boolean;
  /** Whether it spoke before it was asked. */
  readonly spokeFirst: boolean;
  /** From the question (or the connection, where it spoke first) to the first byte; −1 where none came. */
  readonly answerUs: number;
  /** The first 64 KiB. */
  readonly bytes: Buffer;
}

const answerLimitBytes = 64 * 1024;
const timeoutMs = 2_000;
/** When it has begun to answer and pauses this long, it is taken to have finished. */
const quietMs = 250;
/**
 * Waits are counted in these, and one that comes late counts no more: while this process is busy itself (it asks while
 * it starts) answers lie in the kernel, and its timers come before them.
 */
const tickMs = 50;

/** Returns the cancel. */
function afterAttentive(clock: Clock, waitMs: number, then: () => void): () => void {
  const ticks = Math.ceil(waitMs / tickMs);
  let cancel = (): void => {};
  const wait = (left: number): void => {
    cancel = clock.setTimer(() => (left > 1 ? wait(left - 1) : then()), waitMs / ticks);
  };
  wait(ticks);
  return () => cancel();
}

/** Never throws; over in about two seconds of this process's attention. */
export function askListener(question: ListenerQuestion, clock: Clock): Promise<ListenerAnswer> {
  return new Promise((resolve) => {
    const pieces: Buffer[] = [];
    let sizeBytes = 0;
    let connected = false;
    let asked = false;
    let spokeFirst = false;
    let answerUs = -1;
    let startedUs = clock.monotonicUs();
    let cancelStep = () => {};
    const socket = net.connect({ host: question.address, port: question.port });

    const end = () => {
      cancelTimeout();
      cancelStep();
      socket.destroy();
      resolve({ connected, spokeFirst, answerUs, bytes: Buffer.concat(pieces).subarray(0, answerLimitBytes) });
    };
    const cancelTimeout = afterAttentive(clock, timeoutMs, end);
    const ask = () => {
      asked = true;
      startedUs = clock.monotonicUs();
      socket.write(question.send);
    };
    socket.on('error', end);
    socket.on('end', end);
    socket.once('connect', () => {
      connected = true;
      startedUs = clock.monotonicUs();
      if (question.listenFirstMs === 0) ask();
      else cancelStep = afterAttentive(clock, question.listenFirstMs, ask);
    });
    socket.on('data', (piece: Buffer) => {
      if (answerUs < 0) {
        answerUs = clock.monotonicUs() - startedUs;
        spokeFirst = !asked;
      }
      pieces.push(piece);
      sizeBytes += piece.length;
      cancelStep();
      if (sizeBytes >= answerLimitBytes) end();
      else cancelStep = afterAttentive(clock, quietMs, end);
    });
  });
}
