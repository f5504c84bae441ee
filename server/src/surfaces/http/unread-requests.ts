/** What cannot be read as a request at all is answered as everything else is: a problem, with the security headers. */
import { type IncomingMessage, type Server, type ServerResponse, STATUS_CODES } from 'node:http';
import type { Socket } from 'node:net';
import { PitwallError } from '../../core/errors.ts';
import { problemOf, problemType } from './problems.ts';
import { securityHeaders } from './security-headers.ts';

/** Node's parser gave up; there is a socket and no request. */
export function answerUnreadable(fault: NodeJS.ErrnoException, socket: Socket): void {
  if (fault.code === 'ECONNRESET' || socket.destroyed) return;
  // Where an answer has begun (a stream of events), a second one would be read as part of it.
  const { _httpMessage: begun } = socket as { _httpMessage?: { readonly headersSent: boolean } };
  if (socket.writable && begun?.headersSent !== true) {
    const { status, body } = problemOf(unreadable(fault.code));
    const headers = { ...securityHeaders, ...problemHeaders(body), connection: 'close' };
    const lines = Object.entries(headers).map(([name, value]) => `${name}: ${value}\r\n`);
    socket.write(`HTTP/1.1 ${status} ${STATUS_CODES[status]}\r\n${lines.join('')}\r\n${body}`);
  }
  socket.destroySoon();
}

function unreadable(code: string | undefined): PitwallError {
  if (code === 'HPE_HEADER_OVERFLOW') {
    return new PitwallError('headers-too-large', 'The headers are larger than 16 KiB', {
      hint: 'Send fewer or shorter ones; cookies of other programs on this host are among them.',
    });
  }
  if (code === 'ERR_HTTP_REQUEST_TIMEOUT') {
    return new PitwallError('request-timeout', 'The request did not arrive whole within 30 s', {
      hint: 'Send it again, whole.',
    });
  }
  return new PitwallError('invalid-input', `This is not HTTP as RFC 9112 writes it${code ? ` (${code})` : ''}`, {
    hint: 'Use an HTTP client; for TLS, put a proxy in front of Pitwall.',
  });
}

/** `Expect:` with anything but `100-continue`; Node would answer 417 by itself, bare. */
export function refuseExpectations(server: Server): void {
  server.on('checkExpectation', (_: IncomingMessage, response: ServerResponse) => {
    const fault = new PitwallError('invalid-input', 'The header Expect may say 100-continue and nothing else', {
      hint: 'Leave the header out.',
    });
    const { status, body } = problemOf(fault);
    response.writeHead(status, { ...securityHeaders, ...problemHeaders(body), connection: 'close' }).end(body);
  });
}

function problemHeaders(body: string) {
  return { 'content-type': problemType, 'content-length': Buffer.byteLength(body) };
}
