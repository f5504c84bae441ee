/** What went wrong in the demonstration shop over ninety days, two of them still under way. */
import type { Mishap } from './history.ts';

const minute = 60_000;
const hour = 60 * minute;
const day = 24 * hour;

type When = Pick<Mishap, 'key' | 'beforeMs' | 'lastedMs'>;

const answered = (status: number, expected: string, when: When): Mishap => ({
  ...when,
  outcome: 'fail',
  reason: 'wrong-status',
  evidence: {
    facts: { actual: status, expected },
    statusCode: status,
    headers: [['content-type', 'text/html']],
    body: `<h1>${status}</h1><p>upstream connect error or disconnect before headers</p>`,
  },
});

const refused = (address: string, when: When): Mishap => ({
  ...when,
  outcome: 'fail',
  reason: 'connection-refused',
  evidence: { facts: { address } },
});

const slow = (actualMs: number, limitMs: number, when: When): Mishap => ({
  ...when,
  outcome: 'degraded',
  reason: 'too-slow',
  evidence: { facts: { phase: 'The answer', actualMs, limitMs } },
});

const notKnown = (when: When): Mishap => ({
  ...when,
  outcome: 'unknown',
  reason: 'missed-not-running',
  evidence: { facts: {} },
});

/** `agentAddress` is where the agent service listened before it stopped. */
export function demoMishaps(agentAddress: string, broken: boolean): Mishap[] {
  const past = [
    answered(502, '200', { key: 'storefront/page', beforeMs: 33 * day, lastedMs: 21 * minute }),
    slow(1_240, 800, { key: 'storefront/page', beforeMs: 60 * day, lastedMs: 34 * minute }),
    answered(503, '200', { key: 'checkout/page', beforeMs: 71 * day, lastedMs: 12 * minute }),
    slow(820, 500, { key: 'checkout/page', beforeMs: 18 * day, lastedMs: 50 * minute }),
    slow(1_640, 1_000, { key: 'agent/health', beforeMs: 76 * day, lastedMs: 40 * minute }),
    refused(agentAddress, { key: 'agent/health', beforeMs: 44 * day, lastedMs: 3 * hour }),
    refused(agentAddress, { key: 'agent/health', beforeMs: 11 * day, lastedMs: 47 * minute }),
    slow(460, 300, { key: 'search/index', beforeMs: 52 * day, lastedMs: 90 * minute }),
    slow(470, 300, { key: 'search/index', beforeMs: 51 * day, lastedMs: 30 * minute }),
    answered(500, '200', { key: 'staff/page', beforeMs: 38 * day, lastedMs: 65 * minute }),
    slow(610, 400, { key: 'staff/page', beforeMs: 25 * day, lastedMs: 2 * hour }),
    answered(404, '2xx', { key: 'images/sample', beforeMs: 64 * day, lastedMs: 26 * minute }),
    notKnown({ key: 'images/sample', beforeMs: 30 * day, lastedMs: 15 * hour }),
    notKnown({ key: 'images/sample', beforeMs: 29 * day, lastedMs: 14 * hour }),
    refused('127.0.0.1:5432', { key: 'postgres/port', beforeMs: 71 * day + minute, lastedMs: 13 * minute }),
  ];
  if (!broken) return past;
  return [
    ...past,
    refused(agentAddress, { key: 'agent/health', beforeMs: 28 * minute, lastedMs: day }),
    slow(620, 400, { key: 'staff/page', beforeMs: 22 * minute, lastedMs: day }),
  ];
}
