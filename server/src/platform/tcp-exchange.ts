/** One TCP connection: opened, asked something if wished, its first bytes read, closed. */
import net from 'node:net';
import type { Clock } from './clock.ts';
import { type ConnectionFault, connectionFault, type Doing, hostAndPort } from './connection-faults.ts';

export interface TcpRequest {
  /** Numeric, already allowed by the address policy. */
  readonly address: string;
  readonly port: number;
  readonly send: string | undefined;
  /** Reading ends when this text has come; undefined where the open connection is enough. */
  readonly awaited: string | undefined;
  readonly readBytes: number;
}

export interface TcpEnd {
  /** −1 where it was not reached. */
  readonly connectUs: number;
  /** From the connection to the first byte, and from there to the awaited text or the end. */
  readonly waitUs: number;
  readonly transferUs: number;
  readonly fault: ConnectionFault | undefined;
  readonly reply: string;
}

/** Starts at once; `done` is called exactly once, when the socket is freed. Returns the early end, as a time-out. */
export function startTcpExchange(request: TcpRequest, clock: Clock, done: (end: TcpEnd) => void): () => void {
  const at = hostAndPort(request.address, request.port);
  const times = { connectUs: -1, waitUs: -1, transferUs: -1 };
  const pieces: Buffer[] = [];
  let receivedBytes = 0;
  let doing: Doing = 'connecting';
  let phaseStartUs = clock.monotonicUs();
  let ended = false;
  const socket = net.connect(request.port, request.address);

  const reply = () => Buffer.concat(pieces).subarray(0, request.readBytes).toString('utf8');
  const lapUs = () => {
    const startUs = phaseStartUs;
    phaseStartUs = clock.monotonicUs();
    return phaseStartUs - startUs;
  };
  const end = (fault: ConnectionFault | undefined) => {
    if (ended) return;
    ended = true;
    if (fault === undefined && doing === 'reading the answer') times.transferUs = lapUs();
    socket.destroy();
    done({ ...times, fault, reply: reply() });
  };

  socket.on('error', (error) => end(connectionFault(error, { doing, address: at })));
  socket.once('connect', () => {
    times.connectUs = lapUs();
    doing = 'waiting for an answer';
    if (request.send !== undefined) socket.write(request.send);
    if (request.awaited !== undefined) return;
    // Without anything to wait for, what was sent must still leave before the socket goes.
    if (request.send === undefined) end(undefined);
    else socket.end(() => end(undefined));
  });
  socket.on('data', (chunk: Buffer) => {
    if (ended) return;
    if (doing === 'waiting for an answer') {
      times.waitUs = lapUs();
      doing = 'reading the answer';
    }
    pieces.push(chunk);
    receivedBytes += chunk.length;
    const { awaited, readBytes } = request;
    if (receivedBytes >= readBytes || (awaited !== undefined && reply().includes(awaited))) end(undefined);
  });
  socket.once('end', () => {
    // Where nothing is awaited the open connection was enough, however soon the other side lets it go.
    if (receivedBytes > 0 || request.awaited === undefined) end(undefined);
    else end({ reason: 'connection-closed', facts: { doing } });
  });
  return () =>
    end(
      doing === 'connecting'
        ? { reason: 'connect-timeout', facts: { address: at } }
        : { reason: 'timeout', facts: { doing } },
    );
}
