import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import { sql } from 'kysely';
import { openMemoryStore } from '../../../../testkit/memory-store.ts';
import type { Store } from '../../storage/store.ts';
import type { LedgerEntry } from './domain.ts';
import { listLedger } from './list.ts';
import { appendToLedger, eraseBody, verifyLedger } from './store.ts';

const chains = ['pitwall', 'person:manager', 'config'] as const;
const entry = (n: number): LedgerEntry => ({
  chain: chains[n % 3]!,
  kind: 'service.changed',
  atMs: 1_000 + n,
  actor: 'pitwall',
  subject: `service-${n}`,
  body: { n, note: 'x'.repeat(n % 5) },
});

async function filled(count: number): Promise<Store> {
  const store = openMemoryStore();
  await store.write((tx) =>
    appendToLedger(
      tx,
      Array.from({ length: count }, (_, n) => entry(n)),
    ),
  );
  return store;
}

test('chains verify, and go on where the last transaction left them', async () => {
  const store = await filled(7);
  await store.write((tx) => appendToLedger(tx, [entry(0), entry(3), entry(1)]));
  const verdict = await verifyLedger(store.read);
  assert.equal(verdict.fault, null);
  assert.deepEqual(
    verdict.chains.map(({ chain, entries }) => [chain, entries]),
    [
      ['config', 2],
      ['person:manager', 3],
      ['pitwall', 5],
    ],
  );
});

test('a rolled-back transaction leaves no trace in the chain', async () => {
  const store = await filled(3);
  await assert.rejects(
    store.write(async (tx) => {
      await appendToLedger(tx, [entry(3)]);
      throw new Error('the change itself failed');
    }),
  );
  await store.write((tx) => appendToLedger(tx, [entry(6)]));
  assert.equal((await verifyLedger(store.read)).fault, null);
});

test('more entries than one batch verify', async () => {
  const store = await filled(1_700);
  assert.equal((await verifyLedger(store.read)).fault, null);
});

test('an erased body leaves the chain verifiable and is shown as erased', async () => {
  const store = await filled(4);
  const { body_digest } = await store.read
    .selectFrom('ledger')
    .select('body_digest')
    .where('chain', '=', 'config')
    .executeTakeFirstOrThrow();
  assert.equal(await store.write((tx) => eraseBody(tx, body_digest)), true);
  assert.equal((await verifyLedger(store.read)).fault, null);
  const { entries } = await listLedger(store.read, { by: 'all', limit: 10 });
  assert.deepEqual(
    entries.map(({ chain, body }) => [chain, body === null]),
    [
      ['pitwall', false],
      ['config', true],
      ['person:manager', false],
      ['pitwall', false],
    ],
  );
});

test('pages run newest first over all chains, without a gap or a repeat', async () => {
  const store = await filled(10);
  const subjects: string[] = [];
  let beforeId: number | undefined;
  do {
    const page = await listLedger(store.read, { by: 'all', beforeId, limit: 4 });
    subjects.push(...page.entries.map(({ subject }) => subject));
    beforeId = page.nextBeforeId ?? undefined;
  } while (beforeId !== undefined);
  assert.deepEqual(
    subjects,
    Array.from({ length: 10 }, (_, n) => `service-${9 - n}`),
  );
});

test('what people did is found without what Pitwall itself noted between it, and paged without a gap', async () => {
  const store = await filled(12);
  const all = (await listLedger(store.read, { by: 'all', limit: 100 })).entries;
  const wanted = all.filter(({ chain }) => chain !== 'pitwall').map(({ id }) => id);
  const found: number[] = [];
  let beforeId: number | undefined;
  do {
    const page = await listLedger(store.read, { by: 'people', beforeId, limit: 2 });
    found.push(...page.entries.map(({ id }) => id));
    beforeId = page.nextBeforeId ?? undefined;
  } while (beforeId !== undefined);
  assert.ok(wanted.length > 2 && wanted.length < all.length);
  assert.deepEqual(found, wanted);
});

test('writing after the newest rows were cut off does not grow over the gap', async () => {
  const store = await filled(9);
  await store.write((tx) => tx.db.deleteFrom('ledger').where('chain', '=', 'pitwall').where('seq', '=', 3).execute());
  await store.write((tx) => appendToLedger(tx, [entry(0)]));
  const { fault } = await verifyLedger(store.read);
  assert.deepEqual([fault?.chain, fault?.seq], ['pitwall', 3]);
});

/** Any single change to any stored field, made with plain SQL as an intruder would. */
const tampering = fc.oneof(
  fc.record({
    table: fc.constant('ledger' as const),
    column: fc.constantFrom('chain', 'seq', 'prev', 'hash', 'meta', 'body_digest'),
    row: fc.nat(11),
    how: fc.constantFrom('flip', 'append', 'empty', 'copy'),
  }),
  fc.record({
    table: fc.constant('ledger_body' as const),
    column: fc.constantFrom('digest', 'body'),
    row: fc.nat(11),
    how: fc.constantFrom('flip', 'append', 'empty'),
  }),
);

test('any single change to any stored field is found', async () => {
  await fc.assert(
    fc.asyncProperty(tampering, fc.nat(), async ({ table, column, row, how }, place) => {
      const store = await filled(12);
      const key = sql.raw(table === 'ledger' ? `chain || ' ' || seq` : 'digest');
      const at = sql`(SELECT ${key} FROM ${sql.table(table)} ORDER BY 1 LIMIT 1 OFFSET ${row})`;
      const field = sql.ref(column);
      const read = sql<{
        value: string | number;
      }>`SELECT ${field} AS value FROM ${sql.table(table)} WHERE ${key} = ${at}`;
      const before = (await read.execute(store.read)).rows[0]!.value;
      const after = changed(before, how, place, row);
      if (after === before) return;
      try {
        await sql`UPDATE ${sql.table(table)} SET ${field} = ${after} WHERE ${key} = ${at}`.execute(store.read);
      } catch {
        return; // The primary key refused it.
      }
      const verdict = await verifyLedger(store.read);
      assert.equal(verdict.ok, false, `${table}.${column}: ${before} → ${after}`);
      assert.ok(verdict.fault!.seq > 0 && verdict.fault!.chain !== '', 'it names chain and entry');
    }),
    { numRuns: 300 },
  );
});

function changed(before: string | number, how: string, place: number, row: number): string | number {
  if (typeof before === 'number') return how === 'empty' ? 0 : how === 'flip' ? -before : before + 1 + (place % 9);
  if (how === 'append') return `${before} `;
  if (how === 'empty') return '';
  if (how === 'copy') return chains[row % 3]!;
  const index = place % before.length;
  return before.slice(0, index) + (before[index] === 'a' ? 'b' : 'a') + before.slice(index + 1);
}

test('any removed or swapped entry is found', async () => {
  await fc.assert(
    fc.asyncProperty(fc.nat(11), fc.boolean(), async (row, swap) => {
      const store = await filled(12);
      if (swap) {
        await sql`UPDATE ledger SET seq = 100 - seq WHERE chain = ${chains[row % 3]}`.execute(store.read);
        await sql`UPDATE ledger SET seq = seq - 95 WHERE seq > 90`.execute(store.read);
      } else {
        await sql`DELETE FROM ledger WHERE json_extract(meta, '$.place') = ${row + 1}`.execute(store.read);
      }
      assert.equal((await verifyLedger(store.read)).ok, false);
    }),
    { numRuns: 40 },
  );
});

test('a chain removed together with its note is missed, since places count over all chains', async () => {
  const store = await filled(5);
  await sql`DELETE FROM ledger WHERE chain = 'config'`.execute(store.read);
  await sql`DELETE FROM fact WHERE name = 'ledger-head:config'`.execute(store.read);
  assert.match((await verifyLedger(store.read)).fault!.what, /5 entries were written, 4 are left/);
});
