import assert from 'node:assert/strict';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { test } from 'node:test';
import { ManualClock } from '../../../../testkit/manual-clock.ts';
import { PitwallError } from '../../core/errors.ts';
import { encodePointCode } from '../../core/point-code.ts';
import { openSqliteStore } from '../../storage/sqlite/sqlite-store.ts';
import { checkColumns, type Store } from '../../storage/store.ts';
import { appendToLedger } from '../ledger/api.ts';
import { messageFor } from '../outbox/api.ts';
import type { ResultBatch } from '../prober/api.ts';
import type { WatchedCheck, WatchedService } from '../services/api.ts';
import { judge, lapse, serviceStatus } from '../status/api.ts';
import type { OutgoingMessage } from './pending.ts';
import { createRecorder, type Recorder, type RecorderOptions } from './recorder.ts';
import { type Aside, restoreAside } from './told-aside.ts';

const startMs = Date.UTC(2027, 0, 15, 12);
const intervalMs = 30_000;

function check(checkId: string, downAfter = 2): WatchedCheck {
  const times = { intervalMs, timeoutMs: 5_000, retries: 0, downAfter, upAfter: 2 };
  const rest = { kind: 'tcp', title: checkId, spec: {}, shownSpec: {}, secrets: [], missing: [] };
  return { key: `shop/${checkId}`, serviceId: 'shop', checkId, ...times, ...rest };
}

function shop(...checks: WatchedCheck[]): WatchedService[] {
  const about = { title: 'Shop', tile: undefined, criticality: 'P1', facesCustomers: true } as const;
  return [{ serviceId: 'shop', ...about, dependsOn: [], origin: 'config', ability: undefined, checks }];
}

/** p pass, f fail, s suspect: results of a check in slots one after another, from slot `first` on. */
function results(checkId: string, letters: string, first = 1): ResultBatch {
  const codes = [...letters].map((letter) =>
    encodePointCode({
      outcome: letter === 'f' ? 'fail' : 'pass',
      reason: letter === 'f' ? 'connection-refused' : 'connected',
      suspect: letter === 's',
      missed: false,
      attempts: 1,
    }),
  );
  return {
    keys: codes.map(() => `shop/${checkId}`),
    slotMs: codes.map((_, index) => startMs + (first + index) * intervalMs),
    codes,
    values: new Array<number>(codes.length * checkColumns).fill(1_000),
    details: [],
    observed: [],
  };
}

class Rig implements AsyncDisposable {
  readonly dataDir: string;
  readonly told: string[] = [];
  readonly unrecorded: string[] = [];
  readonly recordedLate: string[] = [];
  readonly toldAgain: string[] = [];
  written = '';
  readonly aside: Aside = {
    write: (text) => {
      this.written = text;
    },
    read: () => this.written,
  };
  readonly clock = new ManualClock(startMs);
  store!: Store;
  recorder!: Recorder;
  /** Thrown inside the next transactions, after everything was written. */
  fault: Error | undefined;

  private constructor(dataDir: string) {
    this.dataDir = dataDir;
  }

  static async start(services: readonly WatchedService[]): Promise<Rig> {
    const rig = new Rig(await mkdtemp(join(tmpdir(), 'pitwall-recorder-')));
    await rig.restart(services);
    return rig;
  }

  /** What a kill leaves: the store, and nothing that was not committed. */
  async restart(services: readonly WatchedService[]): Promise<void> {
    await this.store?.close();
    this.store = await openSqliteStore({ dataDir: this.dataDir, clock: this.clock, ballastBytes: 0 });
    const textOf = ({ message }: OutgoingMessage): string => `${message.data.from} → ${message.data.to}`;
    const appendLedger: RecorderOptions['appendLedger'] = async (tx, notes) => {
      await appendToLedger(
        tx,
        notes.map((note) => ({ ...note, chain: 'pitwall' as const, actor: 'pitwall' })),
      );
      if (this.fault !== undefined) throw this.fault;
    };
    await restoreAside({
      store: this.store,
      aside: this.aside,
      enqueueAgain: async (_, messages) => {
        this.toldAgain.push(...messages.map(textOf));
      },
      appendLedger,
    });
    this.recorder = createRecorder({
      store: this.store,
      nowMs: () => this.clock.nowMs(),
      decisions: { judge, lapse, serviceStatus },
      messageOf: (change, service) => messageFor(change, service, { baseUrl: 'http://127.0.0.1:4400' }),
      enqueue: async (_, unsent, sent) => {
        if (this.fault !== undefined) return;
        this.told.push(...unsent.map(textOf));
        this.recordedLate.push(...sent.map(textOf));
      },
      appendLedger,
      aside: this.aside,
      sendUnrecorded: (messages) => this.unrecorded.push(...messages.map(textOf)),
      onCommitted: () => {},
      onFault: () => {},
    });
    await this.recorder.setServices(services);
  }

  async hear(batch: ResultBatch): Promise<void> {
    this.clock.set(Math.max(this.clock.nowMs(), (batch.slotMs.at(-1) ?? 0) + 100));
    this.recorder.take(batch);
    await this.recorder.flush().catch(() => {});
  }

  async changes(subject: string): Promise<string[]> {
    const rows = await this.store.read
      .selectFrom('transition')
      .selectAll()
      .where('subject', '=', subject)
      .orderBy('id')
      .execute();
    return rows.map((row) => `${row.to_status}@${(row.effective_at_ms - startMs) / intervalMs}`);
  }

  shown(): string {
    return this.recorder.live()[0]!.state.status;
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.store.close();
    await rm(this.dataDir, { recursive: true });
  }
}

test('an outage is stored with its entry in the ledger, shown, and told once', async () => {
  await using rig = await Rig.start(shop(check('port')));
  await rig.hear(results('port', 'pffff'));
  assert.deepEqual(await rig.changes('shop'), ['up@1', 'down@2']);
  assert.equal(rig.shown(), 'down');
  assert.deepEqual(rig.told, ['up → down']);
  const entries = await rig.store.read.selectFrom('ledger').select('meta').orderBy('seq').execute();
  assert.deepEqual(
    entries.map(({ meta }) => JSON.parse(meta).kind),
    ['check.changed', 'check.changed', 'service.changed', 'service.changed'],
  );
});

test('what could not be stored is neither shown nor lost, and told once, from memory', async () => {
  await using rig = await Rig.start(shop(check('port')));
  await rig.hear(results('port', 'p'));
  rig.fault = new Error('the disk is gone');
  await rig.hear(results('port', 'ff', 2));
  assert.equal(rig.shown(), 'up');
  assert.deepEqual(await rig.changes('shop'), ['up@1']);
  rig.fault = undefined;
  await rig.recorder.tick();
  assert.equal(rig.shown(), 'down');
  assert.deepEqual(await rig.changes('shop'), ['up@1', 'down@2']);
  assert.deepEqual([rig.told, rig.unrecorded, rig.recordedLate], [[], ['up → down'], ['up → down']]);
});

test('with a full disk people are told at once, and the message is not made twice when there is room', async () => {
  await using rig = await Rig.start(shop(check('port')));
  await rig.hear(results('port', 'p'));
  rig.fault = new PitwallError('store-full', 'The disk is full');
  await rig.hear(results('port', 'ff', 2));
  await rig.recorder.tick();
  assert.deepEqual(rig.unrecorded, ['up → down']);
  rig.fault = undefined;
  await rig.recorder.tick();
  assert.deepEqual([rig.told, rig.recordedLate], [[], ['up → down']]);
  assert.deepEqual(await rig.changes('shop'), ['up@1', 'down@2']);
});

test('what was told on a full disk is on record after a kill, and its end is told', async () => {
  await using rig = await Rig.start(shop(check('port')));
  await rig.hear(results('port', 'p'));
  rig.fault = new PitwallError('store-full', 'The disk is full');
  await rig.hear(results('port', 'ff', 2));
  rig.fault = undefined;
  await rig.restart(shop(check('port')));
  assert.deepEqual(rig.toldAgain, ['up → down']);
  assert.equal(rig.shown(), 'down');
  await rig.hear(results('port', 'pp', 4));
  const changes = await rig.changes('shop');
  assert.deepEqual([changes[1], changes.at(-1)], ['down@2', 'up@4']);
  assert.deepEqual(rig.told, ['down → up']);
  await rig.restart(shop(check('port')));
  assert.deepEqual(rig.toldAgain, ['up → down'], 'once');
});

test('a service that was first heard of on a full disk stays what was told of it after a kill', async () => {
  await using rig = await Rig.start(shop(check('port'), check('page')));
  await rig.hear(results('port', 'p'));
  rig.fault = new PitwallError('store-full', 'The disk is full');
  await rig.hear(results('page', 'ff', 2));
  rig.fault = undefined;
  await rig.restart(shop(check('port'), check('page')));
  assert.deepEqual([rig.toldAgain, rig.told], [['up → down'], []]);
  assert.equal(rig.shown(), 'down');
});

test('what was stored before the kill is not stored again from what was written aside', async () => {
  await using rig = await Rig.start(shop(check('port')));
  await rig.hear(results('port', 'p'));
  rig.fault = new PitwallError('store-full', 'The disk is full');
  await rig.hear(results('port', 'ff', 2));
  const { written } = rig;
  rig.fault = undefined;
  await rig.recorder.tick();
  assert.equal(rig.written, '');
  rig.written = written;
  await rig.restart(shop(check('port')));
  assert.deepEqual([await rig.changes('shop'), rig.toldAgain], [['up@1', 'down@2'], []]);
});

for (const sizes of [[1], [2, 3], [7], [1, 5, 2]]) {
  test(`the same results give the same changes in batches of ${sizes.join(', ')}`, async () => {
    const letters = 'ppfspffsspfpffpppsfffp';
    await using rig = await Rig.start(shop(check('port')));
    for (let from = 0, turn = 0; from < letters.length; turn += 1) {
      const some = letters.slice(from, from + sizes[turn % sizes.length]!);
      await rig.hear(results('port', some, from + 1));
      await rig.recorder.tick();
      from += some.length;
    }
    const expected = ['up@1', 'down@6', 'unknown@8', 'down@13', 'up@15', 'down@19'];
    assert.deepEqual(await rig.changes('shop/port'), expected);
  });
}

test('a run of failures goes on through doubtful slots and a restart', async () => {
  await using rig = await Rig.start(shop(check('port', 4)));
  await rig.hear(results('port', 'pfffsss'));
  await rig.restart(shop(check('port', 4)));
  await rig.hear(results('port', 'f', 8));
  assert.deepEqual(await rig.changes('shop/port'), ['up@1', 'down@2']);
});

test('who was told that a service is down hears it is over, also when the check was taken away', async () => {
  await using rig = await Rig.start(shop(check('port'), check('page')));
  await rig.hear(results('port', 'pp'));
  await rig.hear(results('page', 'pff'));
  await rig.recorder.setServices(shop(check('port')));
  assert.deepEqual(rig.told, ['up → down', 'down → up']);
  assert.equal(rig.shown(), 'up');
});

test('a new check counts from its first result on, even where that tells nothing', async () => {
  await using rig = await Rig.start(shop(check('port'), check('page')));
  await rig.hear(results('port', 'p'));
  assert.equal(rig.shown(), 'up');
  await rig.hear(results('page', 's'));
  assert.equal(rig.shown(), 'unknown');
  assert.deepEqual(rig.told, []);
});
