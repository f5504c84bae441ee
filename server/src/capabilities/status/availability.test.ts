import { test } from 'node:test';
import fc from 'fast-check';
import { statuses } from '../../../../contract/src/vocabulary.ts';
import { availabilityOf, foldTimelines, type Timeline, uptimeRatio } from './availability.ts';
import { worseStatus } from './domain.ts';

const spanMs = 60;
const timeline: fc.Arbitrary<Timeline> = fc.record({
  changes: fc
    .array(fc.record({ atMs: fc.integer({ min: 0, max: spanMs }), status: fc.constantFrom(...statuses) }), {
      maxLength: 6,
    })
    .map((changes) => changes.sort((a, b) => a.atMs - b.atMs)),
  covers: fc.array(
    fc
      .tuple(fc.integer({ min: 0, max: spanMs }), fc.integer({ min: 1, max: 9 }))
      .map(([fromMs, length]) => ({ fromMs, toMs: fromMs + length })),
    { maxLength: 4 },
  ),
});

/** The status at one instant, looked up with no cleverness at all. */
function statusAt({ changes, covers }: Timeline, atMs: number) {
  const status = changes.filter((change) => change.atMs <= atMs).at(-1)?.status;
  const covered = covers.some((cover) => cover.fromMs <= atMs && atMs < cover.toMs);
  return status !== undefined && status !== 'maintenance' && covered ? 'unknown' : status;
}

test('uptime equals a recount of every single millisecond', (t) => {
  fc.assert(
    fc.property(fc.array(timeline, { minLength: 1, maxLength: 4 }), (timelines) => {
      const counted = { upMs: 0, degradedMs: 0, downMs: 0, unknownMs: 0, maintenanceMs: 0 };
      for (let atMs = 0; atMs < spanMs; atMs += 1) {
        const present = timelines.map((line) => statusAt(line, atMs)).filter((status) => status !== undefined);
        if (present.length > 0) counted[`${present.reduce(worseStatus)}Ms`] += 1;
      }
      t.assert.deepEqual(availabilityOf(foldTimelines(timelines, 0, spanMs)), counted);
    }),
    { numRuns: 500 },
  );
});

test('nothing known is no uptime, rather than a perfect one', (t) => {
  const unknown = { upMs: 0, degradedMs: 0, downMs: 0, unknownMs: 1_000, maintenanceMs: 0 };
  t.assert.equal(uptimeRatio(unknown), null);
});
