/** Whether this machine has a way to an address at all. Nothing is sent. */
import { createSocket } from 'node:dgram';
import { isIPv6 } from 'node:net';

/**
 * The error of a socket of ours that wants to go there: `ENETUNREACH`, `EMFILE` …; undefined where there is a way.
 * c-ares says ECONNREFUSED and fping “no answer” whenever they could send nothing, whatever the cause.
 */
export function whyNoWay(address: string, port: number): Promise<NodeJS.ErrnoException | undefined> {
  return new Promise((resolve) => {
    const socket = createSocket(isIPv6(address) ? 'udp6' : 'udp4');
    const end = (error?: NodeJS.ErrnoException) => {
      socket.removeAllListeners();
      socket.on('error', () => {});
      socket.close();
      resolve(error);
    };
    socket.once('error', end);
    socket.once('connect', () => end());
    socket.connect(port, address);
  });
}
