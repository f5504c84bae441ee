import assert from 'node:assert/strict';
import { createServer as createHttpServer } from 'node:http';
import { type AddressInfo, createServer, type Server } from 'node:net';
import { test } from 'node:test';
import type { CallContext } from '../../../../contract/src/handlers.ts';
import { proposalsList } from '../../../../contract/src/operations/proposals.ts';
import { openMemoryStore } from '../../../../testkit/memory-store.ts';
import { systemClock } from '../../platform/clock.ts';
import { findListeners } from '../../platform/listeners.ts';
import type { Listener, Proposal } from './domain.ts';
import { startDiscovery } from './loop.ts';
import { discoveryHandlers } from './ops.ts';

const manager = { caller: { role: 'manager', actor: 'person:manager' } } as unknown as CallContext;

async function listen(server: Server): Promise<number> {
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  return (server.address() as AddressInfo).port;
}

async function setUp(listeners: Listener[], known = new Set<number>()) {
  const store = openMemoryStore();
  let changes = 0;
  const discovery = await startDiscovery({
    store,
    clock: systemClock,
    knownPorts: () => known,
    onChanged: () => (changes += 1),
    onFatal: assert.ifError,
    findListeners: async () => listeners,
  });
  await discovery.scan();
  const watched: Proposal[] = [];
  const handlers = discoveryHandlers({
    store,
    discovery,
    nowMs: () => 1_000,
    watch: async (proposal) => {
      watched.push(proposal);
      return { serviceId: 'demo', title: proposal.title };
    },
    onChanged: () => {},
  });
  return {
    store,
    discovery,
    handlers,
    watched,
    changes: () => changes,
    [Symbol.asyncDispose]: () => discovery.stop(),
  };
}

test('real listeners are asked once and proposed, pages first', async (t) => {
  let asked = 0;
  const web = createHttpServer((request, response) => {
    asked += 1;
    assert.equal(request.method, 'GET');
    response.setHeader('content-type', 'text/html');
    response.end('<title>Shop admin</title>');
  });
  const greeter = createServer((socket) => {
    socket.on('error', () => {});
    socket.write('INFO {"server_id":"x"}\r\n');
  });
  t.after(() => web.close());
  t.after(() => greeter.close());
  const [webPort, greeterPort] = [await listen(web), await listen(greeter)];
  const at = (port: number) => ({ port, address: '127.0.0.1', program: undefined });
  await using rig = await setUp([at(22), at(greeterPort), at(webPort)]);
  await rig.discovery.scan();
  await rig.discovery.scan();
  const { proposals, leftAlone } = proposalsList.output.parse(await rig.handlers['proposals.list']({}, manager));
  assert.deepEqual(
    proposals.map(({ proposalId, title }) => [proposalId, title]),
    [
      [`http-${webPort}`, 'Shop admin'],
      [`tcp-${greeterPort}`, 'NATS'],
    ],
  );
  assert.match(proposals[0]!.why, /^Answered 200 in [\d.]+ ms: a page titled “Shop admin”$/);
  assert.deepEqual(leftAlone, [22]);
  assert.equal(asked, 1, 'one question, however often it is found');
  assert.equal(rig.changes(), 2, 'told of each as it is found, and never of what stays');
});

test('a listener that takes the connection and never answers does not hold the look up for ever', async (t) => {
  const silent = createServer((socket) => socket.on('error', () => {}));
  t.after(() => silent.close());
  const port = await listen(silent);
  await using rig = await setUp([{ port, address: '127.0.0.1', program: 'x' }]);
  assert.deepEqual(rig.discovery.proposals(), { proposals: [], leftAlone: [port] });
});

test('decisions last: over a look, and over a restart', async (t) => {
  const web = createHttpServer((_, response) => response.end('<title>One</title>'));
  const other = createHttpServer((_, response) => response.end('<title>Two</title>'));
  t.after(() => web.close());
  t.after(() => other.close());
  const listeners = [await listen(web), await listen(other)].map((port) => ({
    port,
    address: '127.0.0.1',
    program: undefined,
  }));
  const ids = listeners.map(({ port }) => `http-${port}`);
  await using rig = await setUp(listeners);
  assert.deepEqual(await rig.handlers['proposals.accept']({ proposalId: ids[0]! }, manager), {
    serviceId: 'demo',
    title: 'One',
  });
  await rig.handlers['proposals.ignore']({ proposalId: ids[1]! }, manager);
  assert.deepEqual(rig.discovery.proposals().proposals, []);
  assert.equal(rig.watched[0]!.check.kind, 'http');
  await assert.rejects(rig.handlers['proposals.accept']({ proposalId: ids[0]! }, manager), { code: 'not-found' });
  const again = await startDiscovery({
    store: rig.store,
    clock: systemClock,
    knownPorts: () => new Set(),
    onChanged: () => {},
    onFatal: assert.ifError,
    findListeners: async () => listeners,
  });
  await again.scan();
  assert.deepEqual(again.proposals().proposals, []);
  await again.stop();
  const kinds = await rig.store.read.selectFrom('ledger').select('meta').orderBy('seq').execute();
  assert.deepEqual(
    kinds.map(({ meta }) => JSON.parse(meta).kind),
    ['proposals.accept', 'proposals.ignore'],
  );
});

test('another program on a port that was asked is asked too; the same one without its name is not', async () => {
  const asked: (string | undefined)[] = [];
  let program: string | undefined = 'one';
  const discovery = await startDiscovery({
    store: openMemoryStore(),
    clock: systemClock,
    knownPorts: () => new Set(),
    onChanged: () => {},
    onFatal: assert.ifError,
    findListeners: async () => [{ port: 3000, address: '127.0.0.1', program }],
    ask: async (listener) => {
      asked.push(listener.program);
      return { connected: true, spokeFirst: false, answerUs: 1, bytes: Buffer.from('HTTP/1.1 200 OK\r\n\r\n') };
    },
  });
  for (const next of ['one', undefined, 'one', 'two']) {
    program = next;
    await discovery.scan();
  }
  await discovery.scan();
  assert.deepEqual(asked, ['one', 'two']);
  await discovery.stop();
});

test('what is watched already is neither asked nor proposed', async (t) => {
  let asked = 0;
  const web = createHttpServer((_, response) => {
    asked += 1;
    response.end();
  });
  t.after(() => web.close());
  const port = await listen(web);
  await using rig = await setUp([{ port, address: '127.0.0.1', program: undefined }], new Set([port]));
  assert.deepEqual(rig.discovery.proposals(), { proposals: [], leftAlone: [] });
  assert.equal(asked, 0);
});

test('a real listener of this machine is found, Pitwall’s own is not', {
  skip: process.platform !== 'linux',
}, async (t) => {
  const server = createServer();
  t.after(() => server.close());
  const port = await listen(server);
  const ofOthers = await findListeners({ ownPid: -1 });
  assert.equal(ofOthers.find((listener) => listener.port === port)?.address, '127.0.0.1');
  assert.ok(!(await findListeners()).some((listener) => listener.port === port));
});
