/** Requests that no route ever sees are answered like the others: as a problem, with every security header. */
import assert from 'node:assert/strict';
import { once } from 'node:events';
import type { AddressInfo } from 'node:net';
import net from 'node:net';
import { test } from 'node:test';
import { errorCodes } from '../../../../contract/src/error-codes.ts';
import type { Handlers } from '../../../../contract/src/handlers.ts';
import { createEventBus } from '../../bus/events.ts';
import { systemClock } from '../../platform/clock.ts';
import { createHttpSurface } from './http-surface.ts';
import { securityHeaders } from './security-headers.ts';

async function start() {
  const faults: unknown[] = [];
  const app = await createHttpSurface({
    handlers: {} as Handlers,
    gate: {
      refuse: ({ host }) => (host === 'pitwall' ? undefined : 'That is not my name'),
      authenticate: async () => ({ role: 'manager', actor: 'person:manager' }),
    },
    bus: createEventBus(),
    version: '1.2.3',
    clock: systemClock,
    baseUrl: 'http://127.0.0.1:4400',
    webDir: undefined,
    onInternalError: (fault) => faults.push(fault),
  });
  await app.listen({ host: '127.0.0.1', port: 0 });
  return { port: (app.server.address() as AddressInfo).port, faults, [Symbol.asyncDispose]: () => app.close() };
}

/** Everything that comes back for the given bytes until the connection ends. */
async function answerTo(port: number, sent: string): Promise<string> {
  const socket = net.connect(port, '127.0.0.1');
  let answer = '';
  socket.setEncoding('utf8').on('data', (text) => (answer += text));
  socket.write(sent, 'latin1');
  await once(socket, 'close');
  return answer;
}

const host = 'Host: pitwall\r\nConnection: close\r\n';

for (const { why, sent, code, says } of [
  { why: 'bytes that are not UTF-8', sent: `GET /%ff HTTP/1.1\r\n${host}\r\n`, code: 'invalid-input', says: /UTF-8/ },
  {
    why: 'the same under a name that somebody pointed at this machine',
    sent: 'GET /%ff HTTP/1.1\r\nHost: evil.example\r\nConnection: close\r\n\r\n',
    code: 'origin-refused',
    says: /not my name/,
  },
  {
    why: 'a name without end in the address',
    sent: `GET /api/v1/services/${'a'.repeat(300)} HTTP/1.1\r\n${host}\r\n`,
    code: 'not-found',
    says: /There is no GET/,
  },
  { why: 'a request line that is none', sent: 'PITWALL\r\n\r\n', code: 'invalid-input', says: /not HTTP/ },
  { why: 'the greeting of TLS', sent: '\x16\x03\x01\x02\x00\x01\x00', code: 'invalid-input', says: /not HTTP/ },
  { why: 'a version of later days', sent: `GET / HTTP/9.9\r\n${host}\r\n`, code: 'invalid-input', says: /not HTTP/ },
  {
    why: 'two lengths, as smugglers write them',
    sent: `POST /api/v1/look HTTP/1.1\r\n${host}Content-Length: 4\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n`,
    code: 'invalid-input',
    says: /not HTTP/,
  },
  {
    why: 'headers without end',
    sent: `GET / HTTP/1.1\r\n${host}X-A: ${'a'.repeat(20_000)}\r\n\r\n`,
    code: 'headers-too-large',
    says: /16 KiB/,
  },
  { why: 'no host', sent: 'GET / HTTP/1.1\r\nConnection: close\r\n\r\n', code: 'origin-refused', says: /not my name/ },
  {
    why: 'an expectation that nobody meets',
    sent: `POST /api/v1/look HTTP/1.1\r\n${host}Expect: cake\r\nContent-Length: 0\r\n\r\n`,
    code: 'invalid-input',
    says: /100-continue/,
  },
  {
    why: 'a method that no route has',
    sent: `PROPFIND /api/v1/board HTTP/1.1\r\n${host}\r\n`,
    code: 'not-found',
    says: /PROPFIND/,
  },
] as const) {
  test(why, async () => {
    await using server = await start();
    const [head = '', body = ''] = (await answerTo(server.port, sent)).split('\r\n\r\n');
    const [statusLine, ...lines] = head.split('\r\n');
    const headers = new Headers(lines.map((line) => line.split(/: (.*)/).slice(0, 2) as [string, string]));
    const problem = JSON.parse(body) as { code: string; detail: string; status: number };
    assert.equal(problem.code, code);
    assert.equal(problem.status, errorCodes[code].httpStatus);
    assert.match(statusLine!, new RegExp(`^HTTP/1.1 ${problem.status} `));
    assert.match(problem.detail, says);
    assert.match(headers.get('content-type')!, /^application\/problem\+json/);
    for (const [name, value] of Object.entries(securityHeaders)) assert.equal(headers.get(name), value);
    assert.deepEqual(server.faults, []);
  });
}

test('rubbish after a stream of events has begun ends the stream, and is not answered into it', async () => {
  await using server = await start();
  const socket = net.connect(server.port, '127.0.0.1');
  let answer = '';
  socket.setEncoding('utf8').on('data', (text) => {
    answer += text;
    if (answer.includes('heartbeat') && !socket.destroyed) socket.write('PITWALL\r\n\r\n');
  });
  socket.write('GET /api/v1/events HTTP/1.1\r\nHost: pitwall\r\n\r\n');
  await once(socket, 'close');
  assert.equal(answer.match(/HTTP\/1\.1/g)!.length, 1);
});
