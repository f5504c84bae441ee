import assert from 'node:assert/strict';
import { test } from 'node:test';
import { openMemoryStore } from '../../../../testkit/memory-store.ts';
import { insertCover } from './transitions.ts';

type Span = readonly [fromMs: number, toMs: number];

for (const { why, spans, stored } of [
  {
    why: 'slots that touch are one doubt',
    spans: [
      [0, 10],
      [10, 20],
      [20, 30],
    ],
    stored: [[0, 30]],
  },
  {
    why: 'a slot in between that told something parts them',
    spans: [
      [0, 10],
      [20, 30],
    ],
    stored: [
      [0, 10],
      [20, 30],
    ],
  },
  {
    why: 'an absence found again after a kill is kept once',
    spans: [
      [0, 10],
      [10, 20],
      [0, 10],
      [10, 20],
    ],
    stored: [[0, 20]],
  },
  {
    why: 'the same slot under a longer interval reaches further',
    spans: [
      [0, 10],
      [0, 30],
    ],
    stored: [[0, 30]],
  },
  {
    why: 'one that comes late stands before the others',
    spans: [
      [20, 30],
      [0, 10],
    ],
    stored: [
      [0, 10],
      [20, 30],
    ],
  },
] satisfies { why: string; spans: Span[]; stored: Span[] }[]) {
  test(why, async () => {
    const store = openMemoryStore();
    for (const [fromMs, toMs] of spans) {
      await store.write((tx) => insertCover(tx.db, 'shop/page', { fromMs, toMs, reason: 'missed-not-running' }));
    }
    const rows = await store.read.selectFrom('unknown_cover').selectAll().orderBy('from_ms').execute();
    assert.deepEqual(
      rows.map((row) => [row.from_ms, row.to_ms]),
      stored,
    );
    await store.close();
  });
}
