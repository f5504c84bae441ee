/** Kind `tcp`: opens a port, may say something, and may wait for a text. */

import { isIP } from 'node:net';
import { z } from 'zod';
import { refuseUnseen } from '../../../../../contract/src/unseen.ts';
import { isWorthAnother } from '../../../platform/connection-faults.ts';
import { NetworkFault } from '../../../platform/network.ts';
import { startTcpExchange, type TcpEnd } from '../../../platform/tcp-exchange.ts';
import { evidenceBytes, makeEvidence } from '../evidence.ts';
import { defineKind, type ProbeContext, type ProbeResult } from '../kind.ts';
import { limitSchema, portSchema, slowness, wordsOfMs } from '../limits.ts';
import { resolveTarget } from '../resolve-target.ts';

const tcpSchema = z.strictObject({
  host: z
    .string()
    .min(1)
    .max(253)
    .regex(/^[^\s/?#@]+$/, 'a name or an address, without scheme or path')
    .superRefine(refuseUnseen)
    .describe('Name or address of the machine'),
  port: portSchema.describe('The port that is opened'),
  send: z.string().max(4_096).optional().describe('What is sent once it is open'),
  expect: z
    .strictObject({
      text: z.string().min(1).max(1_024).optional().describe('A text that must come within the first 4 KiB'),
      latency: z
        .strictObject({ total: limitSchema('From the name to the connection, or to the text waited for').optional() })
        .optional()
        .describe('Limits such as 100ms; what is slower is degraded, not failed'),
    })
    .optional()
    .describe('What must be true of the port'),
});
type TcpSpec = z.output<typeof tcpSchema>;

export const tcpKind = defineKind<TcpSpec>({
  kind: 'tcp',
  title: 'TCP port',
  schema: tcpSchema,
  secretPaths: ['send'],
  // Of a port that did not open the reason says all; “open in 1 ms” would be how fast it was refused.
  describe: ({ open }, totalUs) => (open === false ? '' : `port open in ${wordsOfMs(totalUs)} ms`),
  async probe(spec, context) {
    const startUs = context.clock.monotonicUs();
    try {
      const { end, dnsUs } = await exchange(spec, context);
      return judge(spec, end, dnsUs, context.clock.monotonicUs() - startUs, context);
    } catch (error) {
      if (!(error instanceof NetworkFault)) throw error;
      return {
        outcome: error.reason === 'address-not-allowed' ? 'unknown' : 'fail',
        reason: error.reason,
        phases: {},
        totalUs: context.clock.monotonicUs() - startUs,
        observed: {},
        evidence: makeEvidence({ facts: error.facts }, context.secrets),
      };
    }
  },
});

async function exchange(spec: TcpSpec, context: ProbeContext): Promise<{ end: TcpEnd; dnsUs: number | undefined }> {
  const host = spec.host.replace(/^\[(.*)\]$/, '$1');
  const numeric = isIP(host) !== 0;
  const resolved = numeric ? await context.network.resolve(host) : await resolveTarget(host, context);
  const ask = (address: string) =>
    new Promise<TcpEnd>((resolve) => {
      const request = {
        address,
        port: spec.port,
        send: spec.send,
        awaited: spec.expect?.text,
        readBytes: evidenceBytes,
      };
      context.onDeadline(startTcpExchange(request, context.clock, resolve));
    });
  let end = await ask(resolved.address);
  for (const address of resolved.others ?? []) {
    if (!isWorthAnother(end.fault)) break;
    end = await ask(address);
  }
  return { end, dnsUs: resolved.dnsUs };
}

function judge(
  spec: TcpSpec,
  end: TcpEnd,
  dnsUs: number | undefined,
  totalUs: number,
  { timeoutMs, secrets }: ProbeContext,
): ProbeResult {
  const phases = {
    ...(dnsUs === undefined ? {} : { dnsUs }),
    ...(end.connectUs < 0 ? {} : { connectUs: end.connectUs }),
    ...(end.waitUs < 0 ? {} : { waitUs: end.waitUs }),
    ...(end.transferUs < 0 ? {} : { transferUs: end.transferUs }),
  };
  const base = { phases, totalUs, observed: { open: end.connectUs >= 0 } };
  const replied = end.reply === '' ? {} : { body: end.reply };
  const expected = spec.expect?.text;
  // Something else came, and the connection stayed open: the answer is wrong rather than late.
  const waitedFor = end.fault?.reason === 'timeout' && expected !== undefined && end.reply !== '';
  if (end.fault !== undefined && !waitedFor) {
    const evidence = makeEvidence({ facts: { ...end.fault.facts, timeoutMs }, ...replied }, secrets);
    return { ...base, outcome: end.fault.ours === true ? 'unknown' : 'fail', reason: end.fault.reason, evidence };
  }
  if (expected !== undefined && !end.reply.includes(expected)) {
    const compared = waitedFor ? { expected, timeoutMs } : { expected };
    const { facts, body = '' } = makeEvidence({ facts: compared, ...replied }, secrets);
    // Shortened when the secrets are out: half a secret would not be recognised any more.
    const actual = body.slice(0, 80).trim();
    const evidence = { facts: { actual, ...facts }, ...(body === '' ? {} : { body }) };
    return { ...base, outcome: 'fail', reason: 'reply-mismatch', evidence };
  }
  const slow = slowness(expected === undefined ? 'The connection' : 'The reply', totalUs, spec.expect?.latency?.total);
  if (slow !== undefined)
    return { ...base, outcome: 'degraded', reason: 'too-slow', evidence: makeEvidence({ facts: slow }, secrets) };
  return { ...base, outcome: 'pass', reason: 'connected' };
}
