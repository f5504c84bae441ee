import { test } from 'node:test';
import { entryWords } from '../src/ledger/entry-words.ts';
import { phaseOf } from '../src/live/phase.ts';
import { age, bytes, micros, percent, time } from '../src/parts/format.ts';
import { factLabel, factValue } from '../src/parts/observed.ts';
import { niceTicks } from '../src/service/scale.ts';

const plain = (text: string) => text.replaceAll('\u00a0', ' ');
const day = 86_400_000;
const now = Date.UTC(2025, 9, 14, 9, 42);

for (const { why, is, want } of [
  { why: 'something 59 s old is not a minute old', is: age(59_999), want: '59 s' },
  { why: 'hours keep their minutes', is: age(190 * 60_000), want: '3 h 10 min' },
  { why: 'two days on, hours no longer matter', is: age(6.9 * day), want: '6 d' },
  { why: 'today needs no date', is: time(now - 1_680_000, now), want: '09:14 UTC' },
  { why: 'yesterday does', is: time(now - 15.4 * 3_600_000, now), want: '13 Oct 18:18 UTC' },
  { why: 'under a tenth of a second is told in ms', is: micros(14_400), want: '14 ms' },
  { why: 'above it in s, as limits are', is: micros(620_000), want: '0.62 s' },
  { why: 'a page that was down is never 100 % up', is: percent(0.999_999_9), want: '99.99 %' },
  { why: 'one that was not is', is: percent(1), want: '100 %' },
  { why: 'a small store is not 0 GB', is: bytes(1_048_576), want: '1 MB' },
])
  test(why, (t) => t.assert.equal(plain(is), want));

for (const { why, silentMs, reachable, phase } of [
  { why: 'heartbeats come each 5 s, so one may be late', silentMs: 9_999, reachable: true, phase: 'live' },
  { why: 'after 10 s of silence values may be old', silentMs: 10_000, reachable: true, phase: 'stale' },
  { why: 'a line that is known to be cut need not wait for that', silentMs: 1_000, reachable: false, phase: 'stale' },
  { why: 'after a minute the verdict is no longer repeated', silentMs: 60_000, reachable: true, phase: 'unknown' },
])
  test(why, (t) => t.assert.equal(phaseOf(silentMs, reachable), phase));

test('the axis ends on a round value at or above the peak', (t) => {
  t.assert.deepEqual(niceTicks(1_310), [500, 1_000, 1_500]);
  t.assert.deepEqual(niceTicks(0), []);
});

for (const { name, value, reads } of [
  { name: 'sizeBytes', value: 5_120, reads: 'size 5.1 kB' },
  { name: 'timeoutMs', value: 1_000, reads: 'timeout 1,000 ms' },
  { name: 'timeoutMs', value: 15_000, reads: 'timeout 15 s' },
  { name: 'diskUsedRatio', value: 0.274, reads: 'disk used 27.4 %' },
  { name: 'address', value: '127.0.0.1:4701', reads: 'address 127.0.0.1:4701' },
  { name: 'open', value: true, reads: 'open yes' },
]) {
  test(`a fact named ${name} reads “${reads}”`, (t) => {
    t.assert.equal(plain(`${factLabel(name)} ${factValue(name, value)}`), reads);
  });
}

for (const { why, kind, body, reads } of [
  {
    why: 'a change says to what',
    kind: 'service.changed',
    body: { from: 'up', to: 'down' },
    reads: 'Service turned down',
  },
  {
    why: 'an erased body leaves the kind of change',
    kind: 'check.changed',
    body: null,
    reads: 'Check turned into something else',
  },
  { why: 'what people do is in their words', kind: 'proposals.ignore', body: {}, reads: 'Proposal ignored' },
  { why: 'what has no words yet keeps its name', kind: 'drill.started', body: {}, reads: 'drill.started' },
]) {
  test(`the ledger: ${why}`, (t) => t.assert.equal(entryWords(kind, body), reads));
}
