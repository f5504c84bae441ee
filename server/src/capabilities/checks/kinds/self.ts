/** Kind `self`: Pitwall's own page, whether its store can write, and how long it takes. */
import { z } from 'zod';
import { type ExchangeEnd, startExchange } from '../../../platform/http-exchange.ts';
import { NetworkFault } from '../../../platform/network.ts';
import { evidenceBytes, type Facts, makeEvidence } from '../evidence.ts';
import { defineKind, type ProbeContext, type ProbeResult } from '../kind.ts';
import { limitSchema, slowness, wordsOfMs } from '../limits.ts';
import { resolveTarget } from '../resolve-target.ts';
import { decodeBody } from './http/body.ts';
import { valueAtPath } from './http/json-path.ts';
import { planOf } from './http/plan.ts';

const mostBytes = 65_536;

const selfSchema = z.strictObject({
  url: z.url({ protocol: /^https?$/ }).describe('The address of Pitwall’s own /healthz'),
  expect: z
    .strictObject({
      latency: z
        .strictObject({ total: limitSchema('The whole answer').optional() })
        .optional()
        .describe('Limits such as 500ms; what is slower is degraded, not failed'),
    })
    .optional()
    .describe('What must be true of Pitwall'),
});
type SelfSpec = z.output<typeof selfSchema>;

export const selfKind = defineKind<SelfSpec>({
  kind: 'self',
  title: 'Pitwall itself',
  schema: selfSchema,
  secretPaths: [],
  describe: (observed) => `page ${observed['pageMs'] ?? '?'} ms, store ${observed['storeMs'] ?? '?'} ms`,
  probe: probeSelf,
});

async function probeSelf(spec: SelfSpec, context: ProbeContext): Promise<ProbeResult> {
  const startUs = context.clock.monotonicUs();
  const result = (
    outcome: 'pass' | 'degraded' | 'fail' | 'unknown',
    reason: ProbeResult['reason'],
    facts: Facts,
    end?: ExchangeEnd,
  ) => {
    const totalUs = context.clock.monotonicUs() - startUs;
    const observed = { pageMs: Number(wordsOfMs(totalUs)), ...storeMsOf(end) };
    const base = { outcome, reason, phases: phasesOf(end), totalUs, observed };
    if (outcome === 'pass') return base;
    const { answer } = end ?? {};
    const body = answer && Buffer.concat(answer.kept).subarray(0, evidenceBytes).toString('utf8');
    const seen = answer && { statusCode: answer.statusCode, rawHeaders: answer.rawHeaders, body: body ?? '' };
    return { ...base, evidence: makeEvidence({ facts, ...seen }, context.secrets) };
  };
  let end: ExchangeEnd;
  try {
    end = await ask(spec, context);
  } catch (error) {
    if (!(error instanceof NetworkFault)) throw error;
    return result(error.reason === 'address-not-allowed' ? 'unknown' : 'fail', error.reason, error.facts);
  }
  if (end.fault !== undefined) {
    const facts = { ...end.fault.facts, timeoutMs: context.timeoutMs };
    return result(end.fault.ours === true ? 'unknown' : 'fail', end.fault.reason, facts, end);
  }
  const { statusCode } = end.answer!;
  if (statusCode !== 200) return result('fail', 'wrong-status', { actual: statusCode, expected: '200' }, end);
  // It still watches and tells, so it is not down.
  const state = said(end, 'state');
  if (typeof state === 'string' && state !== 'ok')
    return result('degraded', 'json-mismatch', { path: 'store.state', actual: state, expected: 'ok' }, end);
  const slow = slowness('The answer', context.clock.monotonicUs() - startUs, spec.expect?.latency?.total);
  if (slow !== undefined) return result('degraded', 'too-slow', slow, end);
  return result('pass', 'expectations-met', {}, end);
}

async function ask(spec: SelfSpec, context: ProbeContext): Promise<ExchangeEnd> {
  const { target, method, headers } = planOf(spec);
  const { address } = target.numeric
    ? await context.network.resolve(target.host)
    : await resolveTarget(target.host, context);
  return new Promise((resolve) => {
    const { port, tls, path } = target;
    const limits = { keepBytes: mostBytes, readBytes: mostBytes, endlessStreams: 'read' } as const;
    const request = { address, port, tls, path, method, headers, body: undefined, ...limits };
    context.onDeadline(startExchange(request, context.clock, resolve));
  });
}

function storeMsOf(end: ExchangeEnd | undefined): Facts {
  const writeMs = said(end, 'writeMs');
  return typeof writeMs === 'number' ? { storeMs: Number(wordsOfMs(writeMs * 1_000)) } : {};
}

/** Of its store, where the answer says it. */
function said(end: ExchangeEnd | undefined, name: 'state' | 'writeMs'): unknown {
  if (end?.answer === undefined) return undefined;
  try {
    const page: unknown = JSON.parse(decodeBody({ kept: end.answer.kept, encoding: undefined }, mostBytes) ?? '');
    return valueAtPath(page, ['store', name]);
  } catch {
    return undefined;
  }
}

function phasesOf(end: ExchangeEnd | undefined): ProbeResult['phases'] {
  const { connectUs = -1, waitUs = -1, transferUs = -1 } = end?.times ?? {};
  return {
    ...(connectUs < 0 ? {} : { connectUs }),
    ...(waitUs < 0 ? {} : { waitUs }),
    ...(transferUs < 0 ? {} : { transferUs }),
  };
}
