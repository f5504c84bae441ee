import assert from 'node:assert/strict';
import { test } from 'node:test';
import { reasonSentence } from '../../../../../../contract/src/reasons.ts';
import type { Outcome } from '../../../../../../contract/src/vocabulary.ts';
import { type Answer, type AnswerTimes, judgeAnswer } from './expectations.ts';
import { httpSchema } from './spec.ts';

const quick: AnswerTimes = {
  ...{ totalUs: 90_000, dnsUs: 10_000, connectUs: 10_000, tlsUs: 20_000 },
  ...{ waitUs: 30_000, transferUs: 20_000 },
};

interface Given {
  readonly status?: number;
  readonly headers?: Readonly<Record<string, readonly string[]>>;
  readonly text?: string | undefined;
  readonly sizeBytes?: number;
  readonly truncated?: boolean;
  readonly times?: Partial<AnswerTimes>;
}

function judge(expect: Readonly<Record<string, unknown>>, given: Given) {
  const spec = httpSchema.parse({ url: 'http://a/', expect });
  const text = 'text' in given ? given.text : '{}';
  const answer: Answer = {
    statusCode: given.status ?? 200,
    headers: (name) => given.headers?.[name] ?? [],
    sizeBytes: given.sizeBytes ?? Buffer.byteLength(text ?? ''),
    truncated: given.truncated ?? false,
    bodyLimitBytes: 1_000,
    text: () => text,
  };
  return judgeAnswer(spec.expect!, answer, { ...quick, ...given.times });
}

const deep = `${'['.repeat(200_000)}1${']'.repeat(200_000)}`;

const rows: readonly { why: string; expect: Record<string, unknown>; given: Given; outcome: Outcome; says?: string }[] =
  [
    // Status
    { why: 'without a word about the status 2xx is wanted', expect: {}, given: { status: 204 }, outcome: 'pass' },
    {
      why: 'a redirect is no 2xx',
      expect: {},
      given: { status: 301 },
      outcome: 'fail',
      says: 'Answered 301, expected 2xx',
    },
    { why: 'a status is that status', expect: { status: 404 }, given: { status: 404 }, outcome: 'pass' },
    {
      why: 'and no other',
      expect: { status: 404 },
      given: { status: 200 },
      outcome: 'fail',
      says: 'Answered 200, expected 404',
    },
    { why: 'a list takes any of it', expect: { status: ['2xx', 401] }, given: { status: 401 }, outcome: 'pass' },
    {
      why: 'a list names itself',
      expect: { status: ['2xx', 401] },
      given: { status: 403 },
      outcome: 'fail',
      says: 'Answered 403, expected 2xx, 401',
    },
    {
      why: 'a status beyond the classes is in none',
      expect: { status: ['1xx', '2xx', '3xx', '4xx', '5xx'] },
      given: { status: 999 },
      outcome: 'fail',
      says: 'Answered 999, expected 1xx, 2xx, 3xx, 4xx, 5xx',
    },
    {
      why: 'a wrong status outranks a header, a text, a size and a latency',
      expect: { header: { a: 'b' }, text: 'x', sizeBytes: { max: 0 }, latency: { total: '1ms' } },
      given: { status: 500, times: { totalUs: 9_000_000 } },
      outcome: 'fail',
      says: 'Answered 500, expected 2xx',
    },

    // Headers
    {
      why: 'a header is compared exactly, its name in any spelling',
      expect: { header: { 'X-Mode': 'live' } },
      given: { headers: { 'x-mode': ['live'] } },
      outcome: 'pass',
    },
    {
      why: 'another value fails',
      expect: { header: { 'X-Mode': 'live' } },
      given: { headers: { 'x-mode': ['Live'] } },
      outcome: 'fail',
      says: 'Header X-Mode is Live, expected live',
    },
    {
      why: 'no such header fails',
      expect: { header: { 'X-Mode': 'live' } },
      given: {},
      outcome: 'fail',
      says: 'Header X-Mode is absent, expected live',
    },
    {
      why: 'an empty header is not an absent one',
      expect: { header: { 'X-Mode': '' } },
      given: { headers: { 'x-mode': [''] } },
      outcome: 'pass',
    },
    {
      why: 'a header that comes twice is the list of its values',
      expect: { header: { Vary: 'a, b' } },
      given: { headers: { vary: ['a', 'b'] } },
      outcome: 'pass',
    },
    {
      why: 'one of several is enough',
      expect: { header: { Vary: 'b' } },
      given: { headers: { vary: ['a', 'b'] } },
      outcome: 'pass',
    },
    {
      why: 'a cookie that is not the one wanted is not shown',
      expect: { header: { 'Set-Cookie': 'a=1' } },
      given: { headers: { 'set-cookie': ['sid=canary'] } },
      outcome: 'fail',
      says: 'Header Set-Cookie is another value, expected a=1',
    },

    // Size
    {
      why: 'a size within its bounds, both included',
      expect: { sizeBytes: { min: 2, max: 2 } },
      given: { text: 'ab' },
      outcome: 'pass',
    },
    {
      why: 'an empty page is too small',
      expect: { sizeBytes: { min: 1 } },
      given: { text: '' },
      outcome: 'fail',
      says: 'The answer has 0 bytes, expected at least 1',
    },
    {
      why: 'one byte too many',
      expect: { sizeBytes: { max: 1 } },
      given: { text: 'ab' },
      outcome: 'fail',
      says: 'The answer has 2 bytes, expected at most 1',
    },
    {
      why: 'outside of both bounds',
      expect: { sizeBytes: { min: 1, max: 3 } },
      given: { sizeBytes: 4 },
      outcome: 'fail',
      says: 'The answer has 4 bytes, expected 1 to 3',
    },
    {
      why: 'what was not read to its end is larger than it seems',
      expect: { sizeBytes: { max: 9 } },
      given: { sizeBytes: 10, truncated: true },
      outcome: 'fail',
      says: 'The answer has more than 9 bytes, expected at most 9',
    },

    // Text
    { why: 'a text anywhere in the body', expect: { text: 'open' }, given: { text: 'we are open' }, outcome: 'pass' },
    {
      why: 'a text is compared with its case',
      expect: { text: 'Open' },
      given: { text: 'we are open' },
      outcome: 'fail',
      says: 'The text “Open” is not in the answer',
    },
    {
      why: 'a text that must not be there',
      expect: { notText: 'Fatal error' },
      given: { text: '<b>Fatal error</b>' },
      outcome: 'fail',
      says: 'The text “Fatal error” is in the answer and must not be',
    },
    { why: 'letters beyond ASCII', expect: { text: 'Größe ✓' }, given: { text: 'x Größe ✓ y' }, outcome: 'pass' },
    {
      why: 'what was cut off is not judged by its beginning',
      expect: { text: 'open' },
      given: { text: 'open', truncated: true },
      outcome: 'fail',
      says: 'The answer is larger than 1000 bytes',
    },
    {
      why: 'nor is a body that ended just beyond the limit',
      expect: { notText: 'x' },
      given: { text: 'open', sizeBytes: 1_001 },
      outcome: 'fail',
      says: 'The answer is larger than 1000 bytes',
    },
    {
      why: 'a body of exactly the limit is judged',
      expect: { text: 'open' },
      given: { text: 'open', sizeBytes: 1_000 },
      outcome: 'pass',
    },
    {
      why: 'what grew too large when unpacked is too large',
      expect: { text: 'open' },
      given: { text: undefined },
      outcome: 'fail',
      says: 'The answer is larger than 1000 bytes',
    },

    // JSON
    { why: 'a place in the JSON', expect: { json: { '$.a.b': 1 } }, given: { text: '{"a":{"b":1}}' }, outcome: 'pass' },
    {
      why: 'a number is no text',
      expect: { json: { '$.a': '1' } },
      given: { text: '{"a":1}' },
      outcome: 'fail',
      says: 'At $.a the answer has 1, expected "1"',
    },
    {
      why: 'nothing is not null',
      expect: { json: { '$.a': null } },
      given: { text: '{}' },
      outcome: 'fail',
      says: 'At $.a the answer has nothing, expected null',
    },
    { why: 'null is null', expect: { json: { '$.a': null } }, given: { text: '{"a":null}' }, outcome: 'pass' },
    {
      why: 'maps are compared whatever their order',
      expect: { json: { $: { a: 1, b: [1, 2] } } },
      given: { text: '{"b":[1,2],"a":1}' },
      outcome: 'pass',
    },
    {
      why: 'lists are compared in their order',
      expect: { json: { $: [1, 2] } },
      given: { text: '[2,1]' },
      outcome: 'fail',
      says: 'At $ the answer has [2,1], expected [1,2]',
    },
    {
      why: 'a page of errors is no JSON',
      expect: { json: { '$.a': 1 } },
      given: { text: '<html>' },
      outcome: 'fail',
      says: 'The answer is not JSON',
    },
    {
      why: 'an empty body is no JSON',
      expect: { json: { '$.a': 1 } },
      given: { text: '' },
      outcome: 'fail',
      says: 'The answer is not JSON',
    },
    {
      why: 'a byte-order mark is passed over',
      expect: { json: { '$.a': 1 } },
      given: { text: '\ufeff{"a":1}' },
      outcome: 'pass',
    },
    {
      why: 'nesting as deep as the body is long is a wrong answer, not our failure',
      expect: { json: { $: 1 } },
      given: { text: deep, sizeBytes: 1 },
      outcome: 'fail',
    },
    {
      why: 'the prototype of a map is not in the JSON',
      expect: { json: { '$.constructor.name': 'Object' } },
      given: { text: '{}' },
      outcome: 'fail',
      says: 'At $.constructor.name the answer has nothing, expected "Object"',
    },
    {
      why: 'a text outranks JSON',
      expect: { text: 'x', json: { $: 1 } },
      given: { text: '' },
      outcome: 'fail',
      says: 'The text “x” is not in the answer',
    },

    // Patterns
    {
      why: 'a pattern anywhere in the body',
      expect: { pattern: 'order-\\d+ (shipped|paid)' },
      given: { text: 'see order-17 paid today' },
      outcome: 'pass',
    },
    {
      why: 'a pattern that matches nothing',
      expect: { pattern: 'order-\\d+' },
      given: { text: 'order-x' },
      outcome: 'fail',
      says: 'Nothing in the answer matches order-\\d+',
    },
    {
      why: 'a pattern that must not match',
      expect: { notPattern: '(fatal|FATAL) error' },
      given: { text: 'a FATAL error' },
      outcome: 'fail',
      says: 'The answer matches (fatal|FATAL) error and must not',
    },
    {
      why: 'a pattern that takes others for ever is answered at once',
      expect: { pattern: '^(([a-z])+.)+[A-Z]([a-z])+$' },
      given: { text: 'a'.repeat(60_000), sizeBytes: 1 },
      outcome: 'fail',
    },
    {
      why: 'what was cut off is not judged by a pattern, either',
      expect: { pattern: 'a' },
      given: { text: 'a', truncated: true },
      outcome: 'fail',
      says: 'The answer is larger than 1000 bytes',
    },

    // JSON Schema
    {
      why: 'an answer that fits its schema',
      expect: { schema: { type: 'object', required: ['status'], properties: { status: { const: 'ok' } } } },
      given: { text: '{"status":"ok"}' },
      outcome: 'pass',
    },
    {
      why: 'the first violation is named by its place',
      expect: { schema: { properties: { queues: { items: { properties: { depth: { type: 'integer' } } } } } } },
      given: { text: '{"queues":[{"depth":1},{"depth":"5"}]}' },
      outcome: 'fail',
      says: 'At $.queues[1].depth the answer has "5", which must be integer',
    },
    {
      why: 'what is lacking is named',
      expect: { schema: { required: ['status'] } },
      given: { text: '{}' },
      outcome: 'fail',
      says: 'At $ the answer lacks status',
    },
    {
      why: 'what is too much is named',
      expect: { schema: { properties: { 'a b': { additionalProperties: false } } } },
      given: { text: '{"a b":{"c":1}}' },
      outcome: 'fail',
      says: "At $['a b'] the answer has c, which is not allowed",
    },
    {
      why: 'a schema from a file comes as text',
      expect: { schema: '{"type":"array"}' },
      given: { text: '{}' },
      outcome: 'fail',
      says: 'At $ the answer has a map, which must be array',
    },
    {
      why: 'none of several forms',
      expect: { schema: { anyOf: [{ type: 'string' }, { type: 'number' }] } },
      given: { text: 'null' },
      outcome: 'fail',
      says: 'At $ the answer has null, which must have one of the forms allowed, and has none',
    },
    {
      why: 'an item that comes twice, its keys in another order',
      expect: { schema: { uniqueItems: true } },
      given: { text: '[{"a":1,"b":2},{"b":2,"a":1}]' },
      outcome: 'fail',
      says: 'At $ the answer has an item twice',
    },
    {
      why: 'nesting deeper than the stack is a wrong answer, not our failure',
      expect: { schema: { items: { $ref: '#' } } },
      given: { text: `${'['.repeat(9_000)}${']'.repeat(9_000)}`, sizeBytes: 1 },
      outcome: 'fail',
      says: 'At $ the answer is nested too deeply',
    },
    {
      why: 'a pattern in a schema is in linear time, too',
      expect: { schema: { items: { pattern: '^(([a-z])+.)+[A-Z]([a-z])+$' } } },
      given: { text: JSON.stringify(['a'.repeat(60_000)]), sizeBytes: 1 },
      outcome: 'fail',
    },
    {
      why: 'a page of errors fits no schema',
      expect: { schema: {} },
      given: { text: '<html>' },
      outcome: 'fail',
      says: 'The answer is not JSON',
    },

    // Latency
    {
      why: 'within every limit',
      expect: { latency: { total: '90ms', dns: '10ms', connect: '10ms', tls: '20ms', wait: '30ms', transfer: '20ms' } },
      given: {},
      outcome: 'pass',
    },
    {
      why: 'a slow pass is degraded, not failed',
      expect: { latency: { total: '80ms' } },
      given: {},
      outcome: 'degraded',
      says: 'The answer took 90 ms, limit 80 ms',
    },
    {
      why: 'barely too slow still reads as too slow',
      expect: { latency: { total: '800ms' } },
      given: { times: { totalUs: 800_001 } },
      outcome: 'degraded',
      says: 'The answer took 810 ms, limit 800 ms',
    },
    {
      why: 'a slow name',
      expect: { latency: { dns: '5ms' } },
      given: {},
      outcome: 'degraded',
      says: 'Looking the name up took 10 ms, limit 5 ms',
    },
    {
      why: 'a slow connection',
      expect: { latency: { connect: '5ms' } },
      given: {},
      outcome: 'degraded',
      says: 'Connecting took 10 ms, limit 5 ms',
    },
    {
      why: 'slow encryption',
      expect: { latency: { tls: '5ms' } },
      given: {},
      outcome: 'degraded',
      says: 'Agreeing on encryption took 20 ms, limit 5 ms',
    },
    {
      why: 'a slow server',
      expect: { latency: { wait: '5ms' } },
      given: {},
      outcome: 'degraded',
      says: 'Waiting for the answer took 30 ms, limit 5 ms',
    },
    {
      why: 'a slow transfer',
      expect: { latency: { transfer: '5ms' } },
      given: {},
      outcome: 'degraded',
      says: 'The transfer took 20 ms, limit 5 ms',
    },
    {
      why: 'a phase that did not happen is not slow',
      expect: { latency: { tls: '1ms' } },
      given: { times: { tlsUs: undefined } },
      outcome: 'pass',
    },
    {
      why: 'a limit may be written in seconds',
      expect: { latency: { total: '1.5s' } },
      given: { times: { totalUs: 1_600_000 } },
      outcome: 'degraded',
      says: 'The answer took 1600 ms, limit 1500 ms',
    },
  ];

for (const { why, expect, given, outcome, says } of rows) {
  test(why, () => {
    const verdict = judge(expect, given);
    assert.equal(verdict.outcome, outcome, JSON.stringify(verdict).slice(0, 300));
    const sentence = reasonSentence(verdict.reason, verdict.facts);
    if (says !== undefined) assert.equal(sentence, says);
    assert.doesNotMatch(sentence, /\?|undefined/);
  });
}
