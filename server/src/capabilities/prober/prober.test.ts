/** The prober with its real thread, real time and real sockets. */
import assert from 'node:assert/strict';
import net from 'node:net';
import { test } from 'node:test';
import { freePort } from '../../../../testkit/free-port.ts';
import { answering, page, ScriptedPeer } from '../../../../testkit/scripted-peer.ts';
import { decodePointCode, type PointMeaning } from '../../core/point-code.ts';
import { systemClock } from '../../platform/clock.ts';
import type { WatchedCheck } from '../services/api.ts';
import { startProber } from './prober.ts';
import type { ProberEvent } from './results.ts';
import { slotAtOrAfter } from './slots.ts';

interface Row extends PointMeaning {
  readonly key: string;
  readonly slotMs: number;
}

/** A prober and what it says; everything that is waited for is waited for by what it says. */
class Watch implements AsyncDisposable {
  readonly rows: Row[] = [];
  readonly events: ProberEvent[] = [];
  readonly #waiting = new Set<() => void>();
  readonly prober = startProber({
    clock: systemClock,
    policy: { allowPrivate: true, allow: [] },
    onEvent: (event) => {
      this.events.push(event);
      this.#look();
    },
    onBatch: ({ keys, slotMs, codes }) => {
      for (const [row, key] of keys.entries())
        this.rows.push({ key, slotMs: slotMs[row]!, ...decodePointCode(codes[row]!) });
      this.#look();
    },
  });

  until(holds: () => boolean): Promise<void> {
    return new Promise((resolve) => {
      const look = () => {
        if (!holds()) return;
        this.#waiting.delete(look);
        resolve();
      };
      this.#waiting.add(look);
      look();
    });
  }

  #look(): void {
    for (const look of this.#waiting) look();
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.prober.stop();
  }
}

function check(key: string, url: string, more: Partial<WatchedCheck> = {}): WatchedCheck {
  const [serviceId = '', checkId = ''] = key.split('/');
  return {
    ...{ key, serviceId, checkId, title: key, kind: 'http', intervalMs: 400, timeoutMs: 150, retries: 0 },
    ...{ downAfter: 1, upAfter: 1, spec: { url }, shownSpec: { url }, secrets: [], missing: [] },
    ...more,
  };
}

test('slots of a real server come in order, each once', async () => {
  await using peer = await ScriptedPeer.start(answering(page('well')));
  await using watch = new Watch();
  watch.prober.setChecks([check('shop/page', peer.url(), { timeoutMs: 350 })]);
  await watch.until(() => watch.rows.length >= 6);
  const slots = watch.rows.map(({ slotMs }) => slotMs);
  const first = slotAtOrAfter({ key: 'shop/page', intervalMs: 400 }, slots[0]!);
  assert.deepEqual(
    slots,
    slots.map((_, index) => first + index * 400),
  );
  await watch.prober.stop();
  await peer.allClosed();
});

test('hard deadlines free the sockets of servers that never answer, while others go on', async () => {
  await using deaf = await ScriptedPeer.start(() => {});
  await using peer = await ScriptedPeer.start(answering(page('well')));
  await using watch = new Watch();
  const hanging = Array.from({ length: 30 }, (_, index) => check(`deaf/${index}`, deaf.url()));
  watch.prober.setChecks([...hanging, check('shop/page', peer.url())]);
  await watch.until(() => watch.rows.filter(({ reason }) => reason === 'timeout').length >= 60);
  assert.ok(watch.rows.some(({ key, outcome }) => key === 'shop/page' && outcome === 'pass'));
  watch.prober.setChecks([]);
  await deaf.allClosed();
  assert.ok(deaf.opened >= 60);
});

test('stopping frees the socket of an attempt that is under way', async () => {
  const { promise: taken, resolve } = Promise.withResolvers<void>();
  await using deaf = await ScriptedPeer.start(() => resolve());
  const watch = new Watch();
  watch.prober.setChecks([
    check('deaf/one', deaf.url(), { intervalMs: 60_000, timeoutMs: 59_000 }),
    check('x/y', deaf.url()),
  ]);
  await taken;
  await watch.prober.stop();
  await deaf.allClosed();
  assert.ok(watch.rows.every(({ outcome }) => outcome !== 'pass'));
});

const isRestart = ({ reason }: Row) => reason === 'missed-prober-restarted';

test('a worker that dies is replaced, and every slot of that time is told of as missed for it', async () => {
  await using peer = await ScriptedPeer.start(answering(page('well')));
  await using watch = new Watch();
  const good = check('shop/page', peer.url(), { timeoutMs: 350 });
  watch.prober.setChecks([good]);
  await watch.until(() => watch.rows.length >= 2);
  // No file gets so far with such a kind; here it ends the thread with an error nobody catches.
  watch.prober.setChecks([good, check('shop/deadly', peer.url(), { kind: 'no-such-kind' })]);
  await watch.until(() => watch.events.filter(({ kind }) => kind === 'restarted').length >= 3);
  watch.prober.setChecks([good]);
  await watch.until(() => watch.rows.at(-1)?.outcome === 'pass' && watch.rows.some(isRestart));
  const [restarted] = watch.events;
  assert.ok(restarted?.kind === 'restarted' && restarted.why.length > 0);
  const slots = watch.rows.map(({ slotMs }) => slotMs);
  assert.deepEqual(
    slots,
    slots.map((_, index) => slots[0]! + index * 400),
    'no slot twice, none left out',
  );
  const missed = watch.rows.filter((row) => row.missed);
  // On a busy machine one may have been late besides.
  const reasons: readonly string[] = ['missed-prober-restarted', 'missed-prober-late'];
  assert.ok(missed.every(({ reason, outcome }) => reasons.includes(reason) && outcome === 'unknown'));
});

test('one check now is answered with its attempts, recorded nowhere, and survives a restart once', async () => {
  await using peer = await ScriptedPeer.start(answering(page('well')));
  await using watch = new Watch();
  const { result, attempts } = await watch.prober.runOnce(check('shop/page', peer.url(), { timeoutMs: 3_000 }));
  assert.deepEqual([result.outcome, attempts, watch.rows.length], ['pass', 1, 0]);
  await using slow = await ScriptedPeer.start(() => {});
  const asked = watch.prober.runOnce(check('shop/slow', slow.url(), { timeoutMs: 60_000 }));
  watch.prober.setChecks([check('shop/deadly', peer.url(), { kind: 'no-such-kind' })]);
  const outcome = await asked;
  assert.deepEqual([outcome.result.outcome, outcome.result.reason], ['unknown', 'internal-error']);
  assert.deepEqual(outcome.result.evidence, { facts: { code: 'the prober was restarted' } });
});

test('who asked for one check is not left waiting when Pitwall stops', async () => {
  const { promise: taken, resolve } = Promise.withResolvers<void>();
  await using slow = await ScriptedPeer.start(() => resolve());
  const watch = new Watch();
  const asked = watch.prober.runOnce(check('shop/slow', slow.url(), { timeoutMs: 60_000 }));
  await taken;
  await watch.prober.stop();
  assert.equal((await asked).result.reason, 'internal-error');
  await slow.allClosed();
});

test('gates on this machine that are stopped blame nobody; the one that stands does, and is asked again by itself', async () => {
  await using deaf = await ScriptedPeer.start(() => {});
  await using watch = new Watch();
  const { prober, rows } = watch;
  const gatePort = await freePort();
  prober.setGates([`tcp://127.0.0.1:${gatePort}`]);
  const twenty = Array.from({ length: 20 }, (_, index) =>
    check(`shop/${index}`, deaf.url(), { intervalMs: 1_000, timeoutMs: 150 }),
  );
  prober.setChecks(twenty);
  await watch.until(() => rows.length >= 40);
  assert.deepEqual(new Set(rows.map(({ outcome }) => outcome)), new Set(['unknown']));
  assert.equal(rows.filter(({ reason }) => reason === 'gate-shut').length, rows.filter(({ missed }) => !missed).length);
  await using gate = net.createServer((socket) => socket.on('error', () => {}).destroy());
  await new Promise<void>((resolve) => gate.listen(gatePort, '127.0.0.1', resolve));
  await watch.until(() => rows.some(({ outcome, reason }) => outcome === 'fail' && reason === 'timeout'));
  const gates = watch.events.filter((event) => event.kind === 'way-out').map((event) => event.gate);
  assert.deepEqual(gates, [`tcp://127.0.0.1:${gatePort}`, undefined], 'twenty that fail are one word of it');
});
