/** What must not disturb a Pitwall that runs: a clock that is set, a configuration that is changed, the end itself. */
import assert from 'node:assert/strict';
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { type TestContext, test } from 'node:test';
import { freePort } from '../../../testkit/free-port.ts';
import { OnePage } from '../../../testkit/one-page.ts';
import { PitwallProcess } from '../../../testkit/pitwall-process.ts';
import { root } from '../../../tools/run.ts';

const hourMs = 3_600_000;
const stopsWithinMs = 2_000;

interface LedgerEntry {
  readonly kind: string;
  readonly body: { readonly stepMs?: number };
}

for (const { why, stepMs } of [
  { why: 'set back by an hour', stepMs: -hourMs },
  { why: 'set forward by an hour', stepMs: hourMs },
]) {
  test(`a clock ${why} changes no status and no uptime, and delays no message`, async () => {
    await using page = await OnePage.start();
    await using pitwall = await PitwallProcess.start(page.configFile, { settableClock: true });
    await pitwall.untilStatus('shop', 'up');
    pitwall.setClock(stepMs);
    const noticed = await pitwall.until('/ledger', ({ entries }) =>
      (entries as LedgerEntry[]).some(({ kind }) => kind === 'prober.clock-step'),
    );
    const step = (noticed.entries as LedgerEntry[]).find(({ kind }) => kind === 'prober.clock-step')!;
    assert.ok(Math.abs(step.body.stepMs! - stepMs) < 1_000, 'the step is recorded with its size');
    // Three more results, by slots that go on as they were.
    await pitwall.until('/services/shop/checks/page/results', ({ results }) => (results as unknown[]).length >= 5);
    const { body } = await pitwall.call('GET', '/services/shop');
    const { service, transitions } = body as {
      service: { status: string; uptime: { upMs: number; downMs: number; unknownMs: number } };
      transitions: unknown[];
    };
    assert.equal(service.status, 'up');
    assert.equal(transitions.length, 1, 'the first one, and none since');
    assert.equal(service.uptime.downMs, 0);
    assert.ok(service.uptime.unknownMs < 10_000, `${service.uptime.unknownMs} ms unknown: the start, not the step`);
    assert.equal(page.receiver.requests.length, 0, 'nobody is told of a clock');

    page.status = 503;
    await page.receiver.received(1);
    assert.equal(page.receiver.requests[0]!.message.data.to, 'down');
  });
}

test('a configuration with mistakes leaves the one before it running and says so; a mended one is used', async () => {
  await using page = await OnePage.start();
  await using pitwall = await PitwallProcess.start(page.configFile);
  const faultsOf = (body: Record<string, unknown>) =>
    (body.config as { faults: { line: number; message: string; fix: string }[] }).faults;
  await pitwall.untilStatus('shop', 'up');

  await page.configure('Parts shop', 'chanels: {}\n');
  const [fault] = faultsOf(await pitwall.until('/system', (body) => faultsOf(body).length > 0));
  assert.equal(fault!.line, 5);
  assert.match(fault!.message, /chanels/);
  const board = await pitwall.call('GET', '/board');
  const [banner] = board.body.banners as { text: string }[];
  assert.match(banner!.text, /has 1\smistake; the one before still runs\. First, in line 5/);
  page.status = 503;
  await page.receiver.received(1);
  page.status = 200;
  await pitwall.untilStatus('shop', 'up');

  await page.configure('Another name');
  await pitwall.until('/services/shop', ({ service }) => (service as { title: string }).title === 'Another name');
  assert.deepEqual(faultsOf((await pitwall.call('GET', '/system')).body), []);
});

test('a service that is added is known within seconds, and asked every half minute from then on', async () => {
  await using page = await OnePage.start();
  await using pitwall = await PitwallProcess.start();
  const { body } = await pitwall.call('POST', '/services', { address: page.url });
  const { serviceId } = body as { serviceId: string };
  const addedAtMs = performance.now();
  await pitwall.untilStatus(serviceId, 'up');
  const tookMs = performance.now() - addedAtMs;
  // The mean wait for a slot of its own would be fifteen seconds.
  assert.ok(tookMs < 4_000, `it took ${Math.round(tookMs)} ms`);
  const { body: shown } = await pitwall.call('GET', `/services/${serviceId}`);
  const [check] = shown.checks as { nextSlotMs: number; lastResult: { slotMs: number } }[];
  assert.ok(check!.nextSlotMs > check!.lastResult.slotMs);
});

/** An open page: its stream of events stays open until Pitwall ends it. */
async function openPage(t: TestContext, pitwall: PitwallProcess): Promise<void> {
  const token = new URL(pitwall.startUrl).hash.replace('#token=', '');
  const headers = { 'content-type': 'application/json', origin: pitwall.baseUrl };
  const body = JSON.stringify({ token });
  const login = await fetch(`${pitwall.baseUrl}/api/v1/session`, { method: 'POST', headers, body });
  const cookie = login.headers.get('set-cookie')!.split(';')[0]!;
  const abort = new AbortController();
  t.after(() => abort.abort());
  const stream = await fetch(`${pitwall.baseUrl}/api/v1/events`, { headers: { cookie }, signal: abort.signal });
  assert.equal(stream.status, 200);
}

for (const signal of ['SIGTERM', 'SIGINT'] as const) {
  test(`${signal} ends it within two seconds and with 0, though a page is open and a receiver does not answer`, async (t) => {
    await using page = await OnePage.start();
    await using pitwall = await PitwallProcess.start(page.configFile);
    await pitwall.untilStatus('shop', 'up');
    await openPage(t, pitwall);
    page.receiver.script('hang');
    page.status = 503;
    await page.receiver.received(1);
    const beganAtMs = performance.now();
    assert.equal(await pitwall.end(signal), 0);
    const tookMs = performance.now() - beganAtMs;
    assert.ok(tookMs < stopsWithinMs, `it took ${Math.round(tookMs)} ms`);

    // Nobody knows whether the message arrived: it is sent again, and says so.
    await pitwall.start();
    await page.receiver.received(2);
    const [first, second] = page.receiver.requests;
    assert.equal(second!.headers['webhook-id'], first!.headers['webhook-id']);
    assert.equal(second!.message.data.possibleRepeat, true);
  });
}

test('what waits for its channel when Pitwall is killed is sent after the next start', async () => {
  await using page = await OnePage.start();
  await using pitwall = await PitwallProcess.start(page.configFile);
  await pitwall.untilStatus('shop', 'up');
  page.receiver.script(503);
  page.status = 503;
  await page.receiver.received(1);
  await pitwall.end('SIGKILL');
  await pitwall.start();
  await page.receiver.received(2);
  const [first, second] = page.receiver.requests;
  assert.equal(second!.headers['webhook-id'], first!.headers['webhook-id']);
});

test('an hour in which it did not run after a kill is unknown in its own figures, not up', async () => {
  await using pitwall = await PitwallProcess.start(undefined, { settableClock: true });
  await pitwall.untilStatus('pitwall', 'up');
  await pitwall.end('SIGKILL');
  pitwall.setClock(hourMs);
  await pitwall.start();
  type Uptime = { uptime: { upMs: number; downMs: number; unknownMs: number } };
  const { service } = await pitwall.until(
    '/services/pitwall',
    (body) => (body.service as Uptime).uptime.unknownMs > hourMs - 60_000,
  );
  const { upMs, downMs } = (service as Uptime).uptime;
  assert.ok(upMs < 60_000, `${upMs} ms up: what it saw, before and after`);
  assert.equal(downMs, 0);
});

test('while no channel could send, the terminal and the page say that nobody would be told', async (t) => {
  await using page = await OnePage.start();
  await page.configure(
    'Parts shop',
    '  chat: { kind: webhook, url: "${PITWALL_TEST_NEVER_SET}", secret: "${PITWALL_TEST_NEVER_SET}" }\n',
  );
  const text = await readFile(page.configFile, 'utf8');
  await writeFile(page.configFile, text.replace(/ {2}owner: .*\n/, ''));
  await using pitwall = await PitwallProcess.start(page.configFile);
  await pitwall.untilStatus('shop', 'up');
  t.assert.match(pitwall.output, /PITWALL_TEST_NEVER_SET is not set/);
  t.assert.match(pitwall.output, /Nobody would be told/);
  const { body } = await pitwall.call('GET', '/board');
  t.assert.match(JSON.stringify(body), /Outages go unseen/);
});

test('npm start ends with the signal that npm gets, and npm ends with it', async (t) => {
  const folder = await mkdtemp(path.join(tmpdir(), 'pitwall-npm-'));
  t.after(() => rm(folder, { recursive: true }));
  const port = await freePort();
  const args = ['start', '--', '--data', path.join(folder, 'data'), '--port', `${port}`, '--no-discovery'];
  const npm = spawn('npm', args, { cwd: root, stdio: ['ignore', 'pipe', 'inherit'] });
  const closed = once(npm, 'close');
  for await (const chunk of npm.stdout) if (String(chunk).includes('#token=')) break;
  t.assert.equal((await fetch(`http://127.0.0.1:${port}/healthz`)).status, 200);
  npm.kill('SIGTERM');
  await closed;
  await t.assert.rejects(fetch(`http://127.0.0.1:${port}/healthz`), 'nothing was left behind');
});
