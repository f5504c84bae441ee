/** Kind `icmp`: a few echo requests, how many come back, how soon, and how evenly. */
import { isIP } from 'node:net';
import { z } from 'zod';
import type { ReasonCode } from '../../../../../contract/src/reasons.ts';
import type { Outcome } from '../../../../../contract/src/vocabulary.ts';
import { connectionFault } from '../../../platform/connection-faults.ts';
import { type EchoEnd, type EchoProgram, echoPrograms, startEcho } from '../../../platform/echo-request.ts';
import { NetworkFault } from '../../../platform/network.ts';
import { whyNoWay } from '../../../platform/way-out.ts';
import { type Facts, makeEvidence } from '../evidence.ts';
import { type CheckKind, defineKind, type ProbeContext, type ProbeResult } from '../kind.ts';
import { limitSchema, slowness, wordsOfMs } from '../limits.ts';
import { resolveTarget } from '../resolve-target.ts';

const lossDefaults = { degraded: 20, fail: 100 } as const;
const percent = (description: string, fallback: number) =>
  z.number().min(0).max(100).optional().meta({ description, default: fallback });
const defaultCount = 5;
const defaultPauseMs = 200;
/** What is sent faster than this is not watching any more. */
const shortestPauseMs = 50;

const icmpSchema = z.strictObject({
  host: z
    .string()
    .min(1)
    .max(253)
    .regex(/^[^\s/?#@-][^\s/?#@]*$/, 'a name or an address, without scheme or path')
    .describe('Name or address of the machine'),
  count: z.int().min(1).max(20).optional().meta({ description: 'How many requests are sent', default: defaultCount }),
  pause: limitSchema('The pause between two requests; shorter where the timeout needs it')
    .refine((pauseMs) => pauseMs >= shortestPauseMs, `shorter than ${shortestPauseMs}ms`)
    .optional()
    .meta({ description: 'The pause between two requests; shorter where the timeout needs it', default: '200ms' }),
  expect: z
    .strictObject({
      lossPercent: z
        .strictObject({
          degraded: percent('More lost than this is degraded', lossDefaults.degraded),
          fail: percent('More lost than this fails; none answered fails in any case', lossDefaults.fail),
        })
        .optional()
        .describe('How many of the requests may stay without an answer, in percent'),
      latency: z
        .strictObject({
          average: limitSchema('The mean time from a request to its answer').optional(),
          worst: limitSchema('The longest time from a request to its answer').optional(),
          jitter: limitSchema('How much that time differs from one answer to the next, on the mean').optional(),
        })
        .optional()
        .describe('Limits such as 50ms; what is slower is degraded, not failed'),
    })
    .optional()
    .describe('What must be true of the answers'),
});
type IcmpSpec = z.output<typeof icmpSchema>;

export const icmpKind = icmpKindWith(echoPrograms);

/** The programs are given, so that one that is missing or hangs can be had in a test. */
export function icmpKindWith(programs: readonly EchoProgram[]): CheckKind<IcmpSpec> {
  return defineKind<IcmpSpec>({
    kind: 'icmp',
    title: 'Ping',
    schema: icmpSchema,
    secretPaths: [],
    describe({ sent, lost }, totalUs) {
      if (typeof sent !== 'number' || typeof lost !== 'number') return 'not asked yet';
      if (lost === sent) return `none of ${sent} answered`;
      const answered = lost === 0 ? 'all' : `${sent - lost}`;
      return `${answered} of ${sent} answered, in ${wordsOfMs(totalUs)} ms`;
    },
    probe: (spec, context) => probe(spec, context, programs),
  });
}

async function probe(spec: IcmpSpec, context: ProbeContext, programs: readonly EchoProgram[]): Promise<ProbeResult> {
  const startUs = context.clock.monotonicUs();
  const count = spec.count ?? defaultCount;
  let verdict: Verdict;
  let trips: Trips | undefined;
  try {
    const host = spec.host.replace(/^\[(.*)\]$/, '$1');
    const { address } = isIP(host) === 0 ? await resolveTarget(host, context) : await context.network.resolve(host);
    const request = { address, count, ...timesOf(spec, count, context.timeoutMs) };
    const end = await new Promise<EchoEnd>((resolve) => context.onDeadline(startEcho(request, programs, resolve)));
    if (end.kind === 'sent') trips = measure(end.tripsUs);
    verdict = judge(spec, end, trips, address);
    if (verdict.reason === 'no-echo') verdict = (await noWay(address)) ?? verdict;
  } catch (error) {
    if (!(error instanceof NetworkFault)) throw error;
    const { reason, facts } = error;
    verdict = { outcome: reason === 'address-not-allowed' ? 'unknown' : 'fail', reason, facts };
  }
  const { outcome, reason, facts } = verdict;
  // What is remembered of the latency of a ping is the time of its echo, not how long we chose to go on asking.
  const echoUs = outcome === 'pass' || outcome === 'degraded' ? trips?.averageUs : undefined;
  const result = {
    outcome,
    reason,
    phases: echoUs === undefined ? {} : { waitUs: echoUs },
    totalUs: echoUs ?? context.clock.monotonicUs() - startUs,
    observed: trips === undefined ? {} : { ...trips },
  };
  return outcome === 'pass' ? result : { ...result, evidence: makeEvidence({ facts }, context.secrets) };
}

/** Pauses take at most 60 % of the time, so that also the last answer has a while to come. */
const pausesRatio = 0.6;
/** What takes longer than this is as good as lost, and a dead machine is known of sooner. */
const longestWaitMs = 2_000;
/** For the program to start and to end on a busy machine. */
const marginRatio = 0.2;

/** How the requests are spread over the time there is. */
export function timesOf(
  { pause = defaultPauseMs }: Pick<IcmpSpec, 'pause'>,
  count: number,
  timeoutMs: number,
): { pauseMs: number; waitMs: number } {
  const pauses = Math.max(1, count - 1);
  const pauseMs = Math.max(10, Math.min(pause, Math.floor((timeoutMs * pausesRatio) / pauses)));
  const leftMs = Math.floor(timeoutMs * (1 - marginRatio)) - (count - 1) * pauseMs;
  return { pauseMs, waitMs: Math.min(longestWaitMs, Math.max(50, leftMs)) };
}

interface Trips {
  readonly sent: number;
  readonly lost: number;
  /** Absent where none came back, jitter where fewer than two did. */
  readonly averageUs?: number;
  readonly worstUs?: number;
  readonly jitterUs?: number;
}

/** Jitter is the mean of the differences between each answer's time and that of the one before. */
export function measure(tripsUs: readonly (number | undefined)[]): Trips {
  const back = tripsUs.filter((tripUs) => tripUs !== undefined);
  const lost = { sent: tripsUs.length, lost: tripsUs.length - back.length };
  if (back.length === 0) return lost;
  const times = { ...lost, averageUs: mean(back), worstUs: Math.max(...back) };
  if (back.length === 1) return times;
  return { ...times, jitterUs: mean(back.slice(1).map((tripUs, index) => Math.abs(tripUs - back[index]!))) };
}

function mean(values: readonly number[]): number {
  return Math.round(values.reduce((sum, value) => sum + value, 0) / values.length);
}

interface Verdict {
  readonly outcome: Outcome;
  readonly reason: ReasonCode;
  readonly facts: Facts;
}

function judge(spec: IcmpSpec, end: EchoEnd, trips: Trips | undefined, address: string): Verdict {
  if (end.kind === 'failed') {
    const { program, what } = end;
    return { outcome: 'unknown', reason: 'program-failed', facts: { program, what } };
  }
  if (end.kind === 'short') {
    const { resource, code } = end;
    return { outcome: 'unknown', reason: 'out-of-resources', facts: { resource, code } };
  }
  const verdict = judgeTrips(spec.expect ?? {}, trips!);
  if (verdict.reason !== 'no-echo' || end.refusal === undefined) return verdict;
  return { outcome: 'fail', reason: 'host-unreachable', facts: { address, code: end.refusal } };
}

/** Where the machine has no route the programs may just say that nothing came back. Any port will do. */
async function noWay(address: string): Promise<Verdict | undefined> {
  const error = await whyNoWay(address, 9);
  if (error === undefined) return undefined;
  const { reason, facts, ours } = connectionFault(error, { doing: 'connecting', address });
  return { outcome: ours === true ? 'unknown' : 'fail', reason, facts };
}

/** Pure; the worst first. */
export function judgeTrips({ lossPercent, latency }: NonNullable<IcmpSpec['expect']>, trips: Trips): Verdict {
  const { sent, lost, averageUs = 0, worstUs = 0, jitterUs = 0 } = trips;
  if (lost === sent) return { outcome: 'fail', reason: 'no-echo', facts: { sent } };
  const lostPercent = (100 * lost) / sent;
  for (const outcome of ['fail', 'degraded'] as const) {
    const limitPercent = lossPercent?.[outcome] ?? lossDefaults[outcome];
    if (lostPercent <= limitPercent) continue;
    return { outcome, reason: 'packets-lost', facts: { sent, lossPercent: Math.round(lostPercent), limitPercent } };
  }
  const slow =
    slowness('The echo', averageUs, latency?.average) ?? slowness('The slowest echo', worstUs, latency?.worst);
  if (slow !== undefined) return { outcome: 'degraded', reason: 'too-slow', facts: slow };
  const uneven = slowness('Jitter', jitterUs, latency?.jitter);
  if (uneven === undefined) return { outcome: 'pass', reason: 'expectations-met', facts: {} };
  return {
    outcome: 'degraded',
    reason: 'too-much-jitter',
    facts: { actualMs: uneven.actualMs, limitMs: uneven.limitMs },
  };
}
