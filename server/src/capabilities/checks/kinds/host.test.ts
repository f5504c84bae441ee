import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { Outcome } from '../../../../../contract/src/vocabulary.ts';
import { testKind } from '../../../../../testkit/kind-suite.ts';
import { probeKind } from '../../../../../testkit/probe-once.ts';
import type { HostReadings } from '../../../platform/host-readings.ts';
import { type CheckKind, defineKind } from '../kind.ts';
import { hostKind, probeHost } from './host.ts';

const gibibyte = 2 ** 30;
const calm: HostReadings = {
  disk: async () => ({ totalBytes: 100 * gibibyte, freeBytes: 40 * gibibyte }),
  memory: async () => ({ totalBytes: 16 * gibibyte, availableBytes: 8 * gibibyte }),
  load: () => ({ load1: 0.5, cpus: 2 }),
};
const diskFree = (ratio: number): Partial<HostReadings> => ({
  disk: async () => ({ totalBytes: 1_000_000, freeBytes: Math.round(ratio * 1_000_000) }),
});
const memoryFree = (ratio: number): Partial<HostReadings> => ({
  memory: async () => ({ totalBytes: 1_000_000, availableBytes: Math.round(ratio * 1_000_000) }),
});
const failing = (code: string) => () => Promise.reject(Object.assign(new Error('never shown'), { code }));

/** The kind on a machine whose readings are made up. */
function on(readings: Partial<HostReadings>): CheckKind {
  const kind = {
    ...hostKind,
    probe: (spec: never, context: never) => probeHost(spec, context, { ...calm, ...readings }),
  };
  return defineKind(kind) as CheckKind;
}

testKind({
  kind: hostKind as CheckKind,
  passes: async () => ({ kind: on({}), settings: {} }),
  fails: [
    { why: 'a full disk fails', scene: async () => ({ kind: on(diskFree(0.01)), settings: {} }) },
    { why: 'a path that is not there tells nothing', scene: async () => ({ settings: { path: '/no/such/folder' } }) },
  ],
  stuck: async () => ({ kind: on({ disk: () => new Promise(() => {}) }), settings: {} }),
  wrong: [
    { why: 'an empty path', settings: { path: '' } },
    { why: 'more than all of it', settings: { expect: { diskFreePercent: { fail: 101 } } } },
    { why: 'a load of nothing', settings: { expect: { loadPerCpu: { degraded: 0 } } } },
  ],
});

const rows: readonly {
  why: string;
  readings: Partial<HostReadings>;
  expect?: unknown;
  outcome: Outcome;
  says: string;
}[] = [
  { why: 'all is well', readings: {}, outcome: 'pass', says: 'All readings are within their limits' },
  {
    why: 'little space left is degraded',
    readings: diskFree(0.08),
    outcome: 'degraded',
    says: 'Free space at / is 8 %, limit at least 10 %',
  },
  {
    why: 'hardly any space left fails',
    readings: diskFree(0.04),
    outcome: 'fail',
    says: 'Free space at / is 4 %, limit at least 5 %',
  },
  {
    why: 'exactly the limit is within it',
    readings: diskFree(0.1),
    outcome: 'pass',
    says: 'All readings are within their limits',
  },
  {
    why: 'a failure outranks what is only degraded',
    readings: { ...diskFree(0.08), ...memoryFree(0.01) },
    outcome: 'fail',
    says: 'Available memory is 1 %, limit at least 5 %',
  },
  {
    why: 'limits can be set',
    readings: diskFree(0.25),
    expect: { diskFreePercent: { degraded: 30 } },
    outcome: 'degraded',
    says: 'Free space at / is 25 %, limit at least 30 %',
  },
  {
    why: 'load has no limit of its own',
    readings: { load: () => ({ load1: 99, cpus: 1 }) },
    outcome: 'pass',
    says: 'All readings are within their limits',
  },
  {
    why: 'load counts for each processor',
    readings: { load: () => ({ load1: 9, cpus: 2 }) },
    expect: { loadPerCpu: { degraded: 4 } },
    outcome: 'degraded',
    says: 'Load per processor is 4.5, limit at most 4',
  },
  {
    why: 'a disk that cannot be read says nothing about its space',
    readings: { disk: failing('EACCES') },
    outcome: 'unknown',
    says: 'The disk of / could not be read: this machine forbids it (EACCES)',
  },
  {
    why: 'nor does memory',
    readings: { memory: failing('EIO') },
    outcome: 'unknown',
    says: 'The memory could not be read: EIO',
  },
  {
    why: 'a disk of no size is full, not a division by zero',
    readings: { disk: async () => ({ totalBytes: 0, freeBytes: 0 }) },
    outcome: 'fail',
    says: 'Free space at / is 0 %, limit at least 5 %',
  },
];
for (const { why, readings, expect, outcome, says } of rows) {
  test(`host: ${why}`, async () => {
    const result = await probeKind(on(readings), expect === undefined ? {} : { expect });
    assert.deepEqual([result.outcome, result.sentence], [outcome, says]);
  });
}

test('host: this very machine is read', async () => {
  const result = await probeKind(hostKind as CheckKind, {});
  assert.ok(['pass', 'degraded', 'fail'].includes(result.outcome), result.sentence);
  assert.ok((result.observed['cpus'] as number) >= 1);
  assert.match(hostKind.describe(result.observed, 0), /^disk \d+ %, memory \d+ %, load [\d.]+ of \d+$/);
});
