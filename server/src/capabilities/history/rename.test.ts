import assert from 'node:assert/strict';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { test } from 'node:test';
import { systemClock } from '../../platform/clock.ts';
import { openSqliteStore } from '../../storage/sqlite/sqlite-store.ts';
import { checkColumns, type WriteTransaction } from '../../storage/store.ts';
import { type Rename, renameHistory } from './rename.ts';
import { insertTransition, listTransitions, writeDay } from './transitions.ts';

const atMs = 1_791_969_240_000;
const noDay = { upMs: 0, degradedMs: 0, downMs: 0, unknownMs: 0, maintenanceMs: 0 };

async function folder() {
  const dataDir = await mkdtemp(`${tmpdir()}/pitwall-rename-`);
  const open = () => openSqliteStore({ dataDir, clock: { ...systemClock, nowMs: () => atMs }, ballastBytes: 0 });
  return { open, [Symbol.asyncDispose]: () => rm(dataDir, { recursive: true }) };
}

/** A service with some checks, each with a point, a change of status and a day. */
async function live(tx: WriteTransaction, serviceId: string, checkIds: readonly string[]): Promise<void> {
  const change = { from: 'unknown', to: 'up', reason: 'first-result', evidence: {} } as const;
  const at = { effectiveAtMs: atMs, decidedAtMs: atMs };
  for (const checkId of checkIds) {
    const key = `${serviceId}/${checkId}`;
    const ids = await tx.series.register([{ kind: 'check', key, unit: 's', scale: 1_000_000 }], atMs);
    const values = [1_000, -1, -1, -1, -1, -1];
    await tx.series.append({ columns: checkColumns, seriesIds: [ids.get(key)!], atMs: [atMs], codes: [0], values });
    await insertTransition(tx.db, 'check', key, { ...change, ...at });
  }
  await insertTransition(tx.db, 'service', serviceId, { ...change, ...at });
  await writeDay(tx.db, atMs - (atMs % 86_400_000), serviceId, { ...noDay, upMs: 60_000 });
}

const service = (from: string, to: string): Rename => ({ kind: 'service', from, to });
const check = (from: string, to: string): Rename => ({ kind: 'check', from, to });

for (const { why, renames, moved, keptApart, subjects } of [
  {
    why: 'a service takes its checks along',
    renames: [service('old', 'new')],
    moved: ['new'],
    keptApart: [],
    subjects: ['new', 'new/page', 'new/port'],
  },
  {
    why: 'a check moves within its service',
    renames: [check('old/page', 'old/home')],
    moved: ['old/home'],
    keptApart: [],
    subjects: ['old', 'old/home', 'old/port'],
  },
  {
    why: 'both at once, told in any order',
    renames: [check('new/page', 'new/home'), service('old', 'new')],
    moved: ['new', 'new/home'],
    keptApart: [],
    subjects: ['new', 'new/home', 'new/port'],
  },
  {
    why: 'two histories are not mixed',
    renames: [check('old/page', 'old/port'), service('old', 'other')],
    moved: [],
    keptApart: ['other', 'old/port'],
    subjects: ['old', 'old/page', 'old/port'],
  },
  {
    why: 'a name that was never stored moves nothing',
    renames: [service('ol', 'new'), check('old/pag', 'old/home')],
    moved: [],
    keptApart: [],
    subjects: ['old', 'old/page', 'old/port'],
  },
]) {
  test(why, async () => {
    await using at = await folder();
    const store = await at.open();
    await store.write(async (tx) => {
      await live(tx, 'old', ['page', 'port']);
      await live(tx, 'other', ['page']);
    });
    const outcome = await store.write((tx) => renameHistory(tx, renames));
    const names = (list: readonly Rename[]) => list.map(({ to }) => to);
    assert.deepEqual([names(outcome.moved), names(outcome.keptApart)], [moved, keptApart]);
    const again = await store.write((tx) => renameHistory(tx, renames));
    assert.deepEqual(again.moved, [], 'the second start has nothing to move');
    await store.close();
    const reopened = await at.open();
    const rows = await listTransitions(reopened.read, { subject: undefined, beforeId: undefined, limit: 50 });
    const own = new Set(rows.map(({ subject }) => subject).filter((subject) => !subject.startsWith('other')));
    assert.deepEqual([...own].sort(), subjects);
    const keys = subjects.filter((subject) => subject.includes('/'));
    const definitions = keys.map((key) => ({ kind: 'check' as const, key, unit: 's', scale: 1_000_000 }));
    const ids = await reopened.write((tx) => tx.series.register(definitions, atMs));
    for (const key of keys) {
      const points = reopened.series.scan({ seriesId: ids.get(key)!, fromMs: 0, toMs: atMs + 1 });
      assert.deepEqual(points.atMs, [atMs], key);
    }
    await reopened.close();
  });
}

test('a rename that is rolled back leaves the old name', async () => {
  await using at = await folder();
  const store = await at.open();
  await store.write((tx) => live(tx, 'old', ['page']));
  const failing = store.write(async (tx) => {
    await renameHistory(tx, [service('old', 'new')]);
    throw new Error('no');
  });
  await assert.rejects(failing, /no/);
  const { moved } = await store.write((tx) => renameHistory(tx, [service('old', 'new')]));
  assert.equal(moved.length, 1);
  await store.close();
});
