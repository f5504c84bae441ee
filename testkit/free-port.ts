/**
 * A port for a program that must be told its own, and that takes it seconds later on a busy machine. It lies below those
 * that the system hands out by itself (32,768 on; `ip_local_port_range`), or a stranger's connection takes it meanwhile;
 * and each process draws from a hundred of its own, so that tests side by side do not take one another's.
 */
import { once } from 'node:events';
import { createServer } from 'node:net';
import process from 'node:process';

const firstPort = 12_000;
const portsEach = 100;
const shares = 200;

const startPort = firstPort + (process.pid % shares) * portsEach;
let drawn = 0;

export async function freePort(): Promise<number> {
  for (let tried = 0; tried < portsEach; tried += 1) {
    const port = startPort + (drawn % portsEach);
    drawn += 1;
    if (!avoided.has(port) && (await isFree(port))) return port;
  }
  throw new Error(`No port is free from ${startPort} to ${startPort + portsEach - 1}`);
}

/** Discovery takes them for what usually listens there. */
const avoided: ReadonlySet<number> = new Set([24_678]);

async function isFree(port: number): Promise<boolean> {
  const server = createServer();
  try {
    server.listen(port, '127.0.0.1');
    await once(server, 'listening');
    server.close();
    await once(server, 'close');
    return true;
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'EADDRINUSE') return false;
    throw error;
  }
}
