/** Whether an answer is what was wanted, and if not, why not. Pure. A wrong status outranks everything after it. */
import type { ReasonCode } from '../../../../../../contract/src/reasons.ts';
import type { Outcome } from '../../../../../../contract/src/vocabulary.ts';
import { type Facts, opensDoors } from '../../evidence.ts';
import { slowness } from '../../limits.ts';
import { parseJsonPath, sameJson, valueAtPath } from './json-path.ts';
import type { HttpExpectations } from './spec.ts';

export interface Answer {
  readonly statusCode: number;
  /** All of that lower-case name. */
  readonly headers: (name: string) => readonly string[];
  readonly sizeBytes: number;
  /** Reading stopped at the limit. */
  readonly truncated: boolean;
  readonly bodyLimitBytes: number;
  /** Decoded; undefined where it grew larger than the limit. */
  readonly text: () => string | undefined;
}

/** Microseconds; undefined where the phase did not happen. */
export interface AnswerTimes {
  readonly totalUs: number;
  readonly dnsUs: number | undefined;
  readonly connectUs: number | undefined;
  readonly tlsUs: number | undefined;
  readonly waitUs: number | undefined;
  readonly transferUs: number | undefined;
}

export interface Verdict {
  readonly outcome: Outcome;
  readonly reason: ReasonCode;
  readonly facts: Facts;
}

const met: Verdict = { outcome: 'pass', reason: 'expectations-met', facts: {} };

export function judgeAnswer(expect: HttpExpectations, answer: Answer, times: AnswerTimes): Verdict {
  return (
    judgeStatus(expect, answer.statusCode) ??
    judgeHeaders(expect, answer) ??
    judgeSize(expect, answer) ??
    judgeBody(expect, answer) ??
    judgeLatency(expect, times) ??
    met
  );
}

function fail(reason: ReasonCode, facts: Facts): Verdict {
  return { outcome: 'fail', reason, facts };
}

function judgeStatus({ status = '2xx' }: HttpExpectations, actual: number): Verdict | undefined {
  const accepted = Array.isArray(status) ? status : [status];
  for (const item of accepted) {
    if (typeof item === 'number' ? item === actual : Number(item[0]) === Math.floor(actual / 100)) return undefined;
  }
  return fail('wrong-status', { actual, expected: accepted.join(', ') });
}

function judgeHeaders({ header }: HttpExpectations, answer: Answer): Verdict | undefined {
  if (header === undefined) return undefined;
  for (const [name, expected] of Object.entries(header)) {
    const all = answer.headers(name.toLowerCase());
    // A header that comes several times is the list of its values (RFC 9110 §5.3), or one of several cookies.
    if (all.includes(expected) || (all.length > 1 && all.join(', ') === expected)) continue;
    const actual = all.length === 0 ? 'absent' : opensDoors(name) ? 'another value' : all.join(', ');
    return fail('wrong-header', { name, actual, expected });
  }
  return undefined;
}

function judgeSize({ sizeBytes }: HttpExpectations, answer: Answer): Verdict | undefined {
  if (sizeBytes === undefined) return undefined;
  const { min = 0, max = Number.POSITIVE_INFINITY } = sizeBytes;
  if (answer.sizeBytes >= min && answer.sizeBytes <= max) return undefined;
  const expected =
    max === Number.POSITIVE_INFINITY ? `at least ${min}` : min === 0 ? `at most ${max}` : `${min} to ${max}`;
  return fail('size-out-of-range', { actual: answer.truncated ? `more than ${max}` : answer.sizeBytes, expected });
}

function judgeBody(expect: HttpExpectations, answer: Answer): Verdict | undefined {
  if (!needsBody(expect)) return undefined;
  const text = answer.truncated || answer.sizeBytes > answer.bodyLimitBytes ? undefined : answer.text();
  if (text === undefined) return fail('body-too-large', { limitBytes: answer.bodyLimitBytes });
  if (expect.text !== undefined && !text.includes(expect.text)) return fail('text-missing', { expected: expect.text });
  if (expect.notText !== undefined && text.includes(expect.notText))
    return fail('text-present', { unexpected: expect.notText });
  return expect.json === undefined ? undefined : judgeJson(expect.json, text);
}

function judgeJson(expected: NonNullable<HttpExpectations['json']>, text: string): Verdict | undefined {
  let value: unknown;
  try {
    // A byte-order mark is no JSON, but readers may pass over it (RFC 8259 §8.1).
    value = JSON.parse(text.startsWith('\ufeff') ? text.slice(1) : text);
  } catch {
    return fail('json-invalid', {});
  }
  for (const [path, wanted] of Object.entries(expected)) {
    const actual = valueAtPath(value, parseJsonPath(path)!);
    if (!sameJson(actual, wanted)) {
      return fail('json-mismatch', {
        path,
        actual: jsonWords(actual),
        expected: JSON.stringify(wanted),
      });
    }
  }
  return undefined;
}

/** JSON can be parsed far deeper than it can be written again: a million brackets must not become our own failure. */
function jsonWords(value: unknown): string {
  try {
    return JSON.stringify(value) ?? 'nothing';
  } catch {
    return 'something nested too deeply to be shown';
  }
}

function judgeLatency({ latency }: HttpExpectations, times: AnswerTimes): Verdict | undefined {
  if (latency === undefined) return undefined;
  const slow =
    slowness('The answer', times.totalUs, latency.total) ??
    slowness('Looking the name up', times.dnsUs ?? 0, latency.dns) ??
    slowness('Connecting', times.connectUs ?? 0, latency.connect) ??
    slowness('Agreeing on encryption', times.tlsUs ?? 0, latency.tls) ??
    slowness('Waiting for the answer', times.waitUs ?? 0, latency.wait) ??
    slowness('The transfer', times.transferUs ?? 0, latency.transfer);
  return slow === undefined ? undefined : { outcome: 'degraded', reason: 'too-slow', facts: slow };
}

/** Whether the text of the body must be had, and not its first bytes only. */
export function needsBody({ text, notText, json }: HttpExpectations): boolean {
  return text !== undefined || notText !== undefined || json !== undefined;
}
