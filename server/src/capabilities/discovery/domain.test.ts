import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import { proposalViewSchema } from '../../../../contract/src/views.ts';
import { httpSchema } from '../checks/kinds/http/spec.ts';
import { tcpKind } from '../checks/kinds/tcp.ts';
import { type Answer, classify, isLeftAlone, type Proposal, questionFor } from './domain.ts';
import { parseHttpAnswer } from './http-answer.ts';

function answer(text: string | Uint8Array, more: Partial<Answer> = {}): Answer {
  const bytes = typeof text === 'string' ? new TextEncoder().encode(text) : text;
  return { connected: true, spokeFirst: false, answerUs: 14_000, bytes, http: parseHttpAnswer(bytes), ...more };
}

const listener = (port: number, program?: string) => ({ port, address: '127.0.0.1', program });
const page = (title: string, status = '200 OK', headers = 'content-type: text/html') =>
  `HTTP/1.1 ${status}\r\n${headers}\r\n\r\n<html><head><title>${title}</title></head></html>`;
const mysqlGreeting = Uint8Array.from([74, 0, 0, 0, 10, ...new TextEncoder().encode('8.4.2'), 0, 1, 2, 3]);

for (const { why, from, came, expected } of [
  {
    why: 'a page is known by its title',
    from: listener(3000, 'admin'),
    came: answer(page('Shop admin')),
    expected: {
      proposalId: 'http-3000',
      title: 'Shop admin',
      why: 'Answered 200 in 14 ms: a page titled “Shop admin”',
      wouldCheck: 'the page is 200',
      worthIt: true,
    },
  },
  {
    why: 'what every page of a site repeats is left out of its name',
    from: listener(3000),
    came: answer(page('Shop admin | Acme &amp; Sons')),
    expected: { title: 'Shop admin', why: 'Answered 200 in 14 ms: a page titled “Shop admin | Acme & Sons”' },
  },
  {
    why: 'a title that says nothing gives way to the program',
    from: listener(80, 'nginx'),
    came: answer(page('Welcome to nginx!')),
    expected: { title: 'nginx' },
  },
  {
    why: 'an API without a page still shows that it lives',
    from: listener(8787, 'shop-agent'),
    came: answer('HTTP/1.1 404 Not Found\r\nContent-Type: application/json\r\n\r\n{"error":"no"}', { answerUs: 3_000 }),
    expected: {
      title: 'shop-agent',
      why: 'Answered 404 in 3 ms, as JSON: HTTP, but no page',
      wouldCheck: 'it answers; name a page for more',
    },
  },
  {
    why: 'a redirect to a log-in is expected to stay one, its query left out',
    from: listener(3100, 'Chatwoot'),
    came: answer('HTTP/1.1 302 Found\r\nLocation: /app/login?state=abc\r\n\r\n', { answerUs: 41_000 }),
    expected: { title: 'Chatwoot', why: 'Answered 302 in 41 ms, to its own log-in', wouldCheck: '302 to /app/login' },
  },
  {
    why: 'what is broken now is not what to expect',
    from: listener(3000, 'web'),
    came: answer('HTTP/1.1 500 Internal Server Error\r\n\r\n'),
    expected: { why: 'Answered 500 in 14 ms: broken already, or not ready yet', worthIt: true },
  },
  {
    why: 'Vite is a developer’s tool, by what its page loads',
    from: listener(3210),
    came: answer('HTTP/1.1 200 OK\r\n\r\n<script type="module" src="/@vite/client"></script>'),
    expected: {
      title: 'Vite',
      why: 'A developer’s tool, gone when its window closes',
      wouldCheck: 'nothing: best ignored',
      worthIt: false,
    },
  },
  {
    why: 'Postgres says N to TLS',
    from: listener(5432),
    came: answer('N', { answerUs: 1_000 }),
    expected: {
      proposalId: 'tcp-5432',
      title: 'Postgres',
      protocol: 'TCP',
      why: 'Answered the Postgres greeting in 1 ms, without TLS',
    },
  },
  {
    why: 'an open Redis',
    from: listener(6379, 'redis-server'),
    came: answer('+PONG\r\n', { answerUs: 1_040 }),
    expected: {
      title: 'Redis',
      why: 'Answered PING in 1 ms, so it asks for no password',
      wouldCheck: 'PONG within 100 ms',
    },
  },
  {
    why: 'a guarded Redis',
    from: listener(6379),
    came: answer('-NOAUTH Authentication required.\r\n'),
    expected: { title: 'Redis', why: 'Answered PING in 14 ms by asking for a password' },
  },
  {
    why: 'MySQL speaks first',
    from: listener(3306),
    came: answer(mysqlGreeting, { spokeFirst: true }),
    expected: { proposalId: 'tcp-3306', title: 'MySQL', why: 'Greeted as MySQL 8.4.2 in 14 ms' },
  },
  {
    why: 'nginx’s TLS port',
    from: listener(8443, 'nginx'),
    came: answer(page('400 The plain HTTP request was sent to HTTPS port', '400 Bad Request')),
    expected: { proposalId: 'tcp-8443', why: 'It speaks TLS only' },
  },
  {
    why: 'a stranger that is silent, with a name, may be worth watching',
    from: listener(9000, 'php-fpm'),
    came: answer('', { answerUs: -1 }),
    expected: { title: 'php-fpm', why: 'Took the connection and said nothing', worthIt: true },
  },
  {
    why: 'without a name it hardly is',
    from: listener(9000),
    came: answer('', { answerUs: -1 }),
    expected: { title: 'Port 9000', worthIt: false },
  },
  {
    why: 'a page on a port the system picked is a page',
    from: listener(45_000),
    came: answer(page('Demo')),
    expected: { title: 'Demo' },
  },
  {
    why: 'a silent one there means not to be found',
    from: listener(45_000, 'x'),
    came: answer(''),
    expected: 'left-alone',
  },
  {
    why: 'a log-in on another port',
    from: listener(2222),
    came: answer('SSH-2.0-OpenSSH_9\r\n'),
    expected: 'left-alone',
  },
  {
    why: 'Node’s debugger on another port',
    from: listener(9333),
    came: answer('HTTP/1.0 400 Bad Request\r\n\r\nWebSockets request was expected\r\n'),
    expected: 'left-alone',
  },
  { why: 'nobody there any more', from: listener(3000), came: answer('', { connected: false }), expected: undefined },
] as const) {
  test(why, () => {
    const found = classify(from, came);
    if (typeof expected !== 'object') {
      assert.equal(found, expected);
      return;
    }
    assert.deepEqual({ ...(found as Proposal), ...expected }, found);
    assertUsable(found as Proposal);
  });
}

/** Whatever was found is a valid view, and its check valid for its kind. */
function assertUsable({ check, ...view }: Proposal): void {
  proposalViewSchema.parse(view);
  if (check.kind === 'http') httpSchema.parse(check.spec);
  else tcpKind.schema.parse(check.spec);
}

test('whatever a listener answers, the proposal can be shown and watched', () => {
  const bytes = fc.oneof(
    fc.uint8Array({ maxLength: 200 }),
    fc.string({ unit: 'binary' }).map((text) => new TextEncoder().encode(`HTTP/1.1 200 OK\r\n${text}`)),
    fc
      .tuple(fc.integer({ min: 100, max: 599 }), fc.string(), fc.string())
      .map(([status, title, place]) =>
        new TextEncoder().encode(`HTTP/1.1 ${status} X\r\nlocation: ${place}\r\n\r\n<title>${title}</title>`),
      ),
  );
  const port = fc.oneof(fc.constantFrom(5432, 6379, 3306), fc.integer({ min: 1, max: 65_535 }));
  fc.assert(
    fc.property(bytes, port, fc.boolean(), (came, number, spokeFirst) => {
      const found = classify(listener(number), answer(came, { spokeFirst }));
      if (typeof found === 'object') assertUsable(found);
    }),
    { numRuns: 500 },
  );
});

test('the machine’s own ports and debuggers are not even asked', () => {
  for (const port of [22, 25, 53, 631, 9222, 9229]) assert.ok(isLeftAlone(port), String(port));
  for (const port of [80, 3000, 5432, 6379, 8080]) assert.ok(!isLeftAlone(port), String(port));
});

test('questions change nothing: a TLS offer, a PING, a GET', () => {
  const text = (port: number, program?: string) =>
    new TextDecoder('latin1').decode(questionFor({ port, program }).send);
  assert.equal(text(5432), '\x00\x00\x00\x08\x04\xd2\x16/');
  assert.equal(text(6379), 'PING\r\n');
  assert.equal(text(4379, 'redis-server'), 'PING\r\n', 'a Redis elsewhere logs an attack when asked for a page');
  assert.equal(text(15432, 'postgres'), text(5432));
  assert.match(text(3000), /^GET \/ HTTP\/1\.1\r\nHost: localhost:3000\r\n(?:[^\r\n]+\r\n)+\r\n$/);
});
