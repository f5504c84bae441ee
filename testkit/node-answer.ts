/** What Node's own parser makes of the bytes of an answer: the judge that our reader is held against. */
import http from 'node:http';
import { Duplex } from 'node:stream';

export type Reading =
  | { readonly status: number; readonly rawHeaders: readonly string[]; readonly body: string }
  /** Why it was refused, in the words of who refused it. */
  | { readonly refused: string };

/** Gives Node's HTTP client these pieces as the answer to a request of its own, then the end of the connection. */
export function readByNode(method: string, pieces: readonly Buffer[]): Promise<Reading> {
  return new Promise((resolve) => {
    const socket = new Duplex({
      read() {},
      write: (_chunk, _encoding, written) => written(),
    });
    const refuse = (error: NodeJS.ErrnoException & { reason?: string }) =>
      resolve({ refused: error.reason ?? error.code ?? error.message });
    const request = http.request({ method, createConnection: () => socket });
    request.on('error', refuse);
    request.on('upgrade', ({ statusCode, rawHeaders }) => resolve({ status: statusCode!, rawHeaders, body: '' }));
    request.on('response', (response) => {
      const parts: Buffer[] = [];
      response.on('data', (part: Buffer) => parts.push(part));
      response.on('error', refuse);
      response.on('end', () => {
        const { statusCode, rawHeaders } = response;
        resolve({ status: statusCode!, rawHeaders, body: Buffer.concat(parts).toString('latin1') });
      });
    });
    request.end();
    request.on('finish', () => {
      for (const piece of pieces) socket.push(piece);
      socket.push(null);
    });
  });
}
