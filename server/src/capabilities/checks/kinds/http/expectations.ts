/** Whether an answer is what was wanted, and if not, why not. Pure. A wrong status outranks everything after it. */
import type { ReasonCode } from '../../../../../../contract/src/reasons.ts';
import type { Outcome } from '../../../../../../contract/src/vocabulary.ts';
import { type Facts, opensDoors } from '../../evidence.ts';
import { slowness } from '../../limits.ts';
import { jsonWords, parseJsonPath, sameJson, valueAtPath } from './json-path.ts';
import { type AnswerSchema, compileSchema } from './json-schema.ts';
import { compilePattern, type Pattern } from './pattern.ts';
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

/** `certificate` is what is wrong with that, where something is. */
export function judgeAnswer(
  expect: HttpExpectations,
  answer: Answer,
  times: AnswerTimes,
  certificate?: Verdict | undefined,
): Verdict {
  return (
    judgeStatus(expect, answer.statusCode) ??
    judgeHeaders(expect, answer) ??
    judgeSize(expect, answer) ??
    judgeBody(expect, answer) ??
    certificate ??
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
  const { pattern, notPattern } = compiledOf(expect);
  if (pattern !== undefined && !pattern.test(text)) return fail('pattern-missing', { pattern: expect.pattern! });
  if (notPattern?.test(text) === true) return fail('pattern-present', { pattern: expect.notPattern! });
  return expect.json === undefined && expect.schema === undefined ? undefined : judgeJson(expect, text);
}

function judgeJson(expect: HttpExpectations, text: string): Verdict | undefined {
  let value: unknown;
  try {
    // A byte-order mark is no JSON, but readers may pass over it (RFC 8259 §8.1).
    value = JSON.parse(text.startsWith('\ufeff') ? text.slice(1) : text);
  } catch {
    return fail('json-invalid', {});
  }
  for (const [path, wanted] of Object.entries(expect.json ?? {})) {
    const actual = valueAtPath(value, parseJsonPath(path)!);
    if (!sameJson(actual, wanted)) {
      return fail('json-mismatch', {
        path,
        actual: jsonWords(actual),
        expected: JSON.stringify(wanted),
      });
    }
  }
  const violation = compiledOf(expect).schema?.violation(value);
  return violation === undefined ? undefined : fail('schema-mismatch', { ...violation });
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
export function needsBody({ text, notText, pattern, notPattern, json, schema }: HttpExpectations): boolean {
  return [text, notText, pattern, notPattern, json, schema].some((expected) => expected !== undefined);
}

interface Compiled {
  readonly pattern: Pattern | undefined;
  readonly notPattern: Pattern | undefined;
  readonly schema: AnswerSchema | undefined;
}

const compiled = new WeakMap<HttpExpectations, Compiled>();

/** What has to be compiled, once for each check. Asked for before an attempt begins, for its time is not the target's. */
export function compiledOf(expect: HttpExpectations): Compiled {
  const known = compiled.get(expect);
  if (known !== undefined) return known;
  const { pattern, notPattern, schema } = expect;
  const made = {
    pattern: pattern === undefined ? undefined : compilePattern(pattern),
    notPattern: notPattern === undefined ? undefined : compilePattern(notPattern),
    schema: schema === undefined ? undefined : compileSchema(schema),
  };
  compiled.set(expect, made);
  return made;
}
