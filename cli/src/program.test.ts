import assert from 'node:assert/strict';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { createServer, type IncomingMessage } from 'node:http';
import type { AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { after, before, test } from 'node:test';
import { operations } from '../../contract/src/operations.ts';
import { type InProcessHandlers, operationsWithoutCommand, runProgram } from './program.ts';

interface Seen {
  method: string;
  url: string;
  authorization: string | undefined;
  body: unknown;
}

const seen: Seen[] = [];
let answer: { status: number; body: unknown } = { status: 200, body: {} };
const server = createServer(async (request, response) => {
  seen.push(await read(request));
  response.writeHead(answer.status, { 'content-type': 'application/json' });
  response.end(typeof answer.body === 'string' ? answer.body : JSON.stringify(answer.body));
});

async function read(request: IncomingMessage): Promise<Seen> {
  const text = (await request.toArray()).join('');
  const { method = '', url = '', headers } = request;
  return { method, url, authorization: headers.authorization, body: text === '' ? undefined : JSON.parse(text) };
}

let folder = '';
let port = 0;
before(async () => {
  folder = await mkdtemp(path.join(tmpdir(), 'pitwall-cli-'));
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  port = (server.address() as AddressInfo).port;
  await writeFile(path.join(folder, 'cli.token'), `the-token\nhttp://127.0.0.1:${port}\n`);
});
after(async () => {
  server.close();
  await rm(folder, { recursive: true });
});

const calls: unknown[] = [];
const handlers: InProcessHandlers = {
  start: async (options) => calls.push(['start', options]) * 0,
  validate: async (options) => calls.push(['validate', options]) * 0 + 2,
  check: async (options) => calls.push(['check', options]) * 0 + 1,
  mcp: async () => calls.push(['mcp']) * 0,
  ledgerVerify: async (options) => calls.push(['ledger verify', options]) * 0,
};

async function run(
  argv: readonly string[],
  reply: { status?: number; body?: unknown } = {},
  environment: Record<string, string> = {},
) {
  answer = { status: reply.status ?? 200, body: reply.body ?? {} };
  seen.length = 0;
  calls.length = 0;
  const printed = { out: '', err: '' };
  const exitCode = await runProgram(argv, {
    version: '1.2.3',
    handlers,
    fetch,
    environment,
    out: (text) => {
      printed.out += text;
    },
    err: (text) => {
      printed.err += text;
    },
  });
  return { exitCode, ...printed };
}

for (const { why, argv, call, exitCode } of [
  {
    why: 'start has all its defaults',
    argv: ['start'],
    call: ['start', { discovery: true, data: '.pitwall' }],
    exitCode: 0,
  },
  {
    why: 'start takes a file, a port and a folder',
    argv: ['start', '--config', 'p.yaml', '--port', '4500', '--data', 'd'],
    call: ['start', { discovery: true, config: 'p.yaml', port: 4500, data: 'd' }],
    exitCode: 0,
  },
  {
    why: 'validate hands on its exit code',
    argv: ['validate', 'p.yaml', '--json'],
    call: ['validate', { file: 'p.yaml', json: true }],
    exitCode: 2,
  },
  {
    why: 'check fails where a check does',
    argv: ['check', '--config', 'p.yaml', '--once'],
    call: ['check', { config: 'p.yaml', json: false }],
    exitCode: 1,
  },
  {
    why: 'once is all that check does, so it need not be said',
    argv: ['check', '--config', 'p.yaml'],
    call: ['check', { config: 'p.yaml', json: false }],
    exitCode: 1,
  },
  {
    why: 'the ledger is verified in this process, so that it works while Pitwall is stopped',
    argv: ['ledger', 'verify', '--data', 'd'],
    call: ['ledger verify', { data: 'd', json: false }],
    exitCode: 0,
  },
]) {
  test(why, async () => {
    const result = await run(argv);
    assert.deepEqual(calls, [call]);
    assert.equal(result.exitCode, exitCode);
  });
}

for (const { why, argv, says } of [
  { why: 'an unknown command is wrong usage', argv: ['strat'], says: /unknown command 'strat'/ },
  { why: 'an unknown option is wrong usage', argv: ['start', '--prot', '1'], says: /Did you mean --port/ },
  { why: 'a port is a number', argv: ['start', '--port', 'http'], says: /0 to 65535/ },
  { why: 'a missing argument is named', argv: ['services', 'get'], says: /missing required argument 'service-id'/ },
  { why: 'a number must be one', argv: ['ledger', 'list', '--limit', 'many'], says: /must be a number/ },
]) {
  test(why, async () => {
    const result = await run(argv);
    assert.match(result.err, says);
    assert.equal(result.exitCode, 2);
    assert.deepEqual(seen, []);
  });
}

for (const { why, argv, request } of [
  {
    why: 'an id goes into the path, a number into the query',
    argv: ['services', 'get', 'shop/agent', '--days', '7'],
    request: { method: 'GET', url: '/api/v1/services/shop%2Fagent?days=7', body: undefined },
  },
  {
    why: 'what is left out is not sent: the server knows the default',
    argv: ['board', 'get'],
    request: { method: 'GET', url: '/api/v1/board', body: undefined },
  },
  {
    why: 'a required text is an argument',
    argv: ['services', 'create', 'https://shop.example', '--title', 'Shop', '--no-faces-customers'],
    request: {
      method: 'POST',
      url: '/api/v1/services',
      body: { address: 'https://shop.example', title: 'Shop', facesCustomers: false },
    },
  },
  {
    why: 'two ids stand in the order of the path',
    argv: ['checks', 'run', 'shop', 'page'],
    request: { method: 'POST', url: '/api/v1/services/shop/checks/page/run', body: {} },
  },
  {
    why: 'removal has neither query nor body',
    argv: ['channels', 'remove', 'chat'],
    request: { method: 'DELETE', url: '/api/v1/channels/chat', body: undefined },
  },
]) {
  test(why, async () => {
    await run([...argv, '--data', folder]);
    assert.deepEqual(seen, [{ ...request, authorization: 'Bearer the-token', ...{ body: request.body } }]);
  });
}

test('every operation has a command, but for those of a browser session', async () => {
  for (const name of Object.keys(operations)) {
    if (operationsWithoutCommand.has(name)) continue;
    const result = await run([...name.split('.'), '--help']);
    assert.equal(result.exitCode, 0, name);
    assert.match(result.out, /--json/, name);
  }
});

for (const { why, argv, fromMs, toMs } of [
  { why: 'the last day where nothing is said', argv: [], fromMs: -86_400_000, toMs: 0 },
  { why: 'a length is counted back from now', argv: ['--from', '30m'], fromMs: -1_800_000, toMs: 0 },
]) {
  test(`a span: ${why}`, async () => {
    const beforeMs = Date.now();
    await run(['series', 'read', 'shop', 'page', ...argv, '--data', folder]);
    const query = new URL(seen[0]!.url, 'http://any').searchParams;
    for (const [name, ms] of [
      ['fromMs', fromMs],
      ['toMs', toMs],
    ] as const) {
      const from = Number(query.get(name)) - ms;
      assert.ok(from >= beforeMs && from <= Date.now(), `${name}: ${query.get(name)}`);
    }
  });
}

test('a span: a time without a zone is UTC, and milliseconds go on being taken', async () => {
  const argv = ['series', 'read', 'shop', 'page', '--from', '2026-03-01T09:00', '--to-ms', '1800000000000'];
  await run([...argv, '--data', folder]);
  const query = new URL(seen[0]!.url, 'http://any').searchParams;
  assert.deepEqual([query.get('fromMs'), query.get('toMs')], [`${Date.UTC(2026, 2, 1, 9)}`, '1800000000000']);
});

test('wrong usage is JSON where JSON is asked for', async () => {
  const result = await run(['services', 'get', '--json']);
  assert.deepEqual(JSON.parse(result.err), {
    code: 'invalid-input',
    message: "missing required argument 'service-id'",
    retryable: false,
    hint: '--help shows what there is',
  });
  assert.equal(result.exitCode, 2);
});

test('each noun says in words what it is', async () => {
  const { out } = await run(['--help']);
  const nouns = new Set(Object.keys(operations).map((name) => name.split('.')[0]!));
  for (const noun of nouns) assert.match(out, new RegExp(`^  ${noun}( \\[\\w+\\])? +[A-Z]`, 'm'), noun);
});

for (const { why, argv, environment, hint } of [
  {
    why: 'a port that npm took for itself is not passed over',
    argv: ['start'],
    environment: { npm_lifecycle_event: 'start', npm_config_port: '9000' },
    hint: 'two dashes first: npm start -- --port 9000',
  },
  {
    why: 'the same of a file and a folder',
    argv: ['start', '--port', '1'],
    environment: {
      npm_lifecycle_event: 'start',
      npm_config_config: 'p.yaml',
      npm_config_data: 'd',
      npm_config_port: '2',
    },
    hint: 'two dashes first: npm start -- --config p.yaml --data d',
  },
  {
    why: 'without npm its variables mean nothing',
    argv: ['start'],
    environment: { npm_config_port: '9000' },
    hint: undefined,
  },
]) {
  test(why, async () => {
    const result = await run(argv, {}, environment);
    assert.equal(result.exitCode, hint === undefined ? 0 : 2);
    assert.equal(calls.length, hint === undefined ? 1 : 0);
    if (hint !== undefined) assert.ok(result.err.includes(hint), result.err);
  });
}

test('a Pitwall that runs with another folder is named, rather than to be started', async () => {
  const argv = ['url', '--data', path.join(folder, 'nowhere'), '--port', `${port}`];
  const result = await run(argv, { body: { status: 'ok' } });
  assert.match(result.err, /hint: a Pitwall runs at http:\/\/127\.0\.0\.1:\d+ with another folder: add the --data/);
  assert.equal(result.exitCode, 3);
});

test('url prints the link alone, so that a script can open it', async () => {
  const url = 'http://127.0.0.1:4400/#token=abc';
  const result = await run(['url', '--data', folder], { body: { url, expiresAtMs: 1 } });
  assert.equal(result.out, `${url}\n`);
});

test('--json is the answer as it came', async () => {
  const body = { atMs: 1, services: [{ serviceId: 'shop' }] };
  const result = await run(['services', 'list', '--json', '--data', folder], { body });
  assert.deepEqual(JSON.parse(result.out), body);
});

test('without --json a list is a table, times are UTC, and what a terminal would obey is spelled out', async () => {
  const services = [{ serviceId: 'shop', title: 'Shop\u001b[31m\n\u202epohs', sinceMs: 1_760_000_000_000, uptime: {} }];
  const result = await run(['services', 'list', '--data', folder], { body: { services, nextBeforeId: 7 } });
  assert.equal(
    result.out,
    [
      'older: add --before-id 7',
      'services:',
      '  serviceId  title                      sinceMs',
      '  shop       Shop\\u001b[31m \\u202epohs  2025-10-09T08:53:20.000Z',
      '',
    ].join('\n'),
  );
});

test('the outcome of a check run by hand is the exit code', async () => {
  const argv = ['checks', 'run', 'shop', 'page', '--data', folder];
  assert.equal((await run(argv, { body: { outcome: 'fail' } })).exitCode, 1);
  assert.equal((await run(argv, { body: { outcome: 'degraded' } })).exitCode, 0);
  const look = ['services', 'look', 'shop.example', '--data', folder];
  assert.equal((await run(look, { body: { outcome: 'fail' } })).exitCode, 1);
  const tried = ['channels', 'test', 'chat', '--data', folder];
  assert.equal((await run(tried, { body: { state: 'pending', lastError: 'Answered 500' } })).exitCode, 1);
  assert.equal((await run(tried, { body: { state: 'delivered' } })).exitCode, 0);
});

for (const { why, status, body, exitCode, err } of [
  {
    why: 'the server’s problem is told with its place and hint',
    status: 409,
    body: { code: 'read-only', message: 'The file owns shop', path: 'serviceId', hint: 'Edit it.', retryable: false },
    exitCode: 2,
    err: 'error: The file owns shop\n  at: serviceId\n  hint: Edit it.\n',
  },
  {
    why: 'not allowed is 3',
    status: 401,
    body: { code: 'unauthenticated', message: 'Log in first', retryable: false },
    exitCode: 3,
    err: 'error: Log in first\n',
  },
]) {
  test(why, async () => {
    const result = await run(['channels', 'remove', 'chat', '--data', folder], { status, body });
    assert.equal(result.err, err);
    assert.equal(result.exitCode, exitCode);
  });
}

test('something else on the port is not taken for Pitwall', async () => {
  const result = await run(['board', 'get', '--data', folder], { status: 502, body: '<html>' });
  assert.match(result.err, /answered 502, but not as Pitwall does/);
  assert.equal(result.exitCode, 3);
});

test('a port where nothing listens is not reachable, as one line of JSON where asked', async () => {
  const result = await run(['board', 'get', '--data', folder, '--port', '1', '--json']);
  assert.equal(JSON.parse(result.err).code, 'not-reachable');
  assert.equal(result.exitCode, 3);
});

test('without a token the command says where it looked', async () => {
  const result = await run(['board', 'get', '--data', path.join(folder, 'nowhere')]);
  assert.match(result.err, /no token in .*nowhere.cli\.token: there is none/);
  assert.equal(result.exitCode, 3);
});

test('--version and help succeed, and help tells the exit codes', async () => {
  assert.deepEqual(await run(['--version']), { exitCode: 0, out: '1.2.3\n', err: '' });
  const help = await run(['--help']);
  assert.equal(help.exitCode, 0);
  assert.match(help.out, /Exit codes: 0 pass/);
});
