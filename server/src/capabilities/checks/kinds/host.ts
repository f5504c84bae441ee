/** Kind `host`: what this machine has left of disk and memory, and how loaded it is. */
import { z } from 'zod';
import { refuseUnseen } from '../../../../../contract/src/unseen.ts';
import { type HostReadings, hostReadings } from '../../../platform/host-readings.ts';
import { type Facts, makeEvidence } from '../evidence.ts';
import { defineKind, type ProbeContext, type ProbeResult } from '../kind.ts';

const percent = (description: string, fallback: number) =>
  z.number().min(0).max(100).optional().meta({ description, default: fallback });

const limits = {
  disk: { degraded: 10, fail: 5 },
  memory: { degraded: 10, fail: 5 },
} as const;

const hostSchema = z.strictObject({
  path: z
    .string()
    .min(1)
    .superRefine(refuseUnseen)
    .optional()
    .meta({ description: 'A folder on the disk that is watched', default: '/' }),
  expect: z
    .strictObject({
      diskFreePercent: z
        .strictObject({
          degraded: percent('Less free than this is degraded', limits.disk.degraded),
          fail: percent('Less free than this fails', limits.disk.fail),
        })
        .optional()
        .describe('How much of the disk must be free'),
      memoryAvailablePercent: z
        .strictObject({
          degraded: percent('Less available than this is degraded', limits.memory.degraded),
          fail: percent('Less available than this fails', limits.memory.fail),
        })
        .optional()
        .describe('How much memory must be available; inside a container, of its limit'),
      loadPerCpu: z
        .strictObject({
          degraded: z.number().positive().optional().describe('A higher load for each processor is degraded'),
        })
        .optional()
        .describe('The load of the last minute; no limit where left out'),
    })
    .optional()
    .describe('What must be true of this machine'),
});
type HostSpec = z.output<typeof hostSchema>;

interface Reading {
  readonly reading: string;
  readonly actual: string;
  /** How much more than the limits allow it is; positive where a limit is broken. */
  readonly degradedLimit: { readonly broken: boolean; readonly limit: string };
  readonly failLimit: { readonly broken: boolean; readonly limit: string } | undefined;
}

export const hostKind = defineKind<HostSpec>({
  kind: 'host',
  title: 'This machine',
  schema: hostSchema,
  secretPaths: [],
  describe(observed) {
    const share = (ratio: unknown) => (typeof ratio === 'number' ? `${Math.round(ratio * 100)} %` : '?');
    const load = `load ${observed['load1'] ?? '?'} of ${observed['cpus'] ?? '?'}`;
    return `disk ${share(observed['diskUsedRatio'])}, memory ${share(observed['memoryUsedRatio'])}, ${load}`;
  },
  probe: (spec, context) => probeHost(spec, context, hostReadings),
});

/** Reads and judges; the readings are given, so that a full disk can be had in a test. */
export async function probeHost(spec: HostSpec, context: ProbeContext, readings: HostReadings): Promise<ProbeResult> {
  const startUs = context.clock.monotonicUs();
  const path = spec.path ?? '/';
  const { promise: deadline, resolve: end } = Promise.withResolvers<undefined>();
  context.onDeadline(() => end(undefined));
  const read = Promise.allSettled([readings.disk(path), readings.memory()]);
  const settled = await Promise.race([read, deadline]);
  const base = { phases: {}, totalUs: context.clock.monotonicUs() - startUs, observed: {} };
  const unread = (reading: string, code: string): ProbeResult => ({
    ...base,
    outcome: 'unknown',
    reason: 'reading-failed',
    evidence: makeEvidence({ facts: { reading, code } }, context.secrets),
  });
  if (settled === undefined) return unread(`The disk of ${path}`, 'no answer in time');
  const [disk, memory] = settled;
  if (disk.status === 'rejected')
    return unread(`The disk of ${path}`, String((disk.reason as NodeJS.ErrnoException).code ?? disk.reason));
  if (memory.status === 'rejected')
    return unread('The memory', String((memory.reason as NodeJS.ErrnoException).code ?? memory.reason));
  const { load1, cpus } = readings.load();
  const diskFree = disk.value.freeBytes / Math.max(1, disk.value.totalBytes);
  const memoryFree = memory.value.availableBytes / Math.max(1, memory.value.totalBytes);
  const observed = {
    diskUsedRatio: rounded(1 - diskFree, 1_000),
    memoryUsedRatio: rounded(1 - memoryFree, 1_000),
    load1: rounded(load1, 10),
    cpus,
    diskFreeBytes: disk.value.freeBytes,
  };
  const verdict = judgeHost(spec, { path, diskFree, memoryFree, load1, cpus });
  if (verdict === undefined) return { ...base, observed, outcome: 'pass', reason: 'within-limits' };
  const evidence = makeEvidence({ facts: verdict.facts }, context.secrets);
  return { ...base, observed, outcome: verdict.outcome, reason: 'limit-exceeded', evidence };
}

interface HostFigures {
  readonly path: string;
  readonly diskFree: number;
  readonly memoryFree: number;
  readonly load1: number;
  readonly cpus: number;
}

/** The worst broken limit, or undefined. Pure. */
function judgeHost(spec: HostSpec, figures: HostFigures): { outcome: 'degraded' | 'fail'; facts: Facts } | undefined {
  const free = (reading: string, ratio: number, limit: { degraded: number; fail: number }): Reading => ({
    reading,
    actual: `${Math.round(ratio * 100)} %`,
    degradedLimit: { broken: ratio * 100 < limit.degraded, limit: `at least ${limit.degraded} %` },
    failLimit: { broken: ratio * 100 < limit.fail, limit: `at least ${limit.fail} %` },
  });
  const { expect = {} } = spec;
  const all: Reading[] = [
    free(`Free space at ${figures.path}`, figures.diskFree, withDefaults(expect.diskFreePercent, limits.disk)),
    free('Available memory', figures.memoryFree, withDefaults(expect.memoryAvailablePercent, limits.memory)),
  ];
  const loadLimit = expect.loadPerCpu?.degraded;
  if (loadLimit !== undefined) {
    const perCpu = figures.load1 / figures.cpus;
    const degradedLimit = { broken: perCpu > loadLimit, limit: `at most ${loadLimit}` };
    all.push({ reading: 'Load per processor', actual: perCpu.toFixed(1), degradedLimit, failLimit: undefined });
  }
  const failed = all.find(({ failLimit }) => failLimit?.broken === true);
  if (failed !== undefined) return { outcome: 'fail', facts: factsOf(failed, failed.failLimit!.limit) };
  const degraded = all.find(({ degradedLimit }) => degradedLimit.broken);
  return degraded && { outcome: 'degraded', facts: factsOf(degraded, degraded.degradedLimit.limit) };
}

function factsOf({ reading, actual }: Reading, limit: string): Facts {
  return { reading, actual, limit };
}

type Limit = { readonly degraded?: number | undefined; readonly fail?: number | undefined };
function withDefaults(
  written: Limit | undefined,
  defaults: { degraded: number; fail: number },
): { degraded: number; fail: number } {
  return { degraded: written?.degraded ?? defaults.degraded, fail: written?.fail ?? defaults.fail };
}

function rounded(value: number, parts: number): number {
  return Math.round(value * parts) / parts;
}
