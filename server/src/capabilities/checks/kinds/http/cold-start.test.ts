/** Services that stop when idle: as a table of decisions, and as a real server whose slowness is the clock's. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { openNetwork } from '../../../../../../testkit/probe-once.ts';
import { afterRequest, page, ScriptedPeer } from '../../../../../../testkit/scripted-peer.ts';
import { systemClock } from '../../../../platform/clock.ts';
import type { ProbeResult } from '../../kind.ts';
import { type ColdState, type ColdVerdict, judgeColdStart, unknownYet } from './cold-start.ts';
import { httpKind } from './http.ts';

const settings = { upToMs: 10_000, idleAfterMs: 300_000, fromMs: 1_000, mayAskAgain: true };
const sec = 1_000_000;
const warmAt = (atSec: number): ColdState => ({ ...unknownYet, lastAnswerUs: atSec * sec });
const rows: readonly {
  why: string;
  state: ColdState;
  fromSec: number;
  toSec: number;
  answered?: boolean;
  right?: boolean;
  verdict: ColdVerdict;
}[] = [
  { why: 'a slow first answer ever', state: unknownYet, fromSec: 0, toSec: 2.2, verdict: 'cold' },
  { why: 'a fast first answer', state: unknownYet, fromSec: 0, toSec: 0.4, verdict: 'usual' },
  { why: 'a slow answer after idleness', state: warmAt(0), fromSec: 300, toSec: 309, verdict: 'cold' },
  {
    why: 'a slow answer of one that cannot have stopped',
    state: warmAt(0),
    fromSec: 299,
    toSec: 302,
    verdict: 'usual',
  },
  { why: 'slower than a start may be', state: warmAt(0), fromSec: 300, toSec: 310.1, verdict: 'usual' },
  { why: 'a wrong answer, however late', state: unknownYet, fromSec: 0, toSec: 3, right: false, verdict: 'usual' },
  {
    why: 'the second start in a row is doubted',
    state: { ...warmAt(0), lastWasCold: true },
    ...{ fromSec: 400, toSec: 403 },
    verdict: 'doubtful',
  },
  {
    why: 'a start that took longer than the attempt before',
    state: { ...warmAt(0), askedSinceUs: 400 * sec },
    ...{ fromSec: 405.5, toSec: 405.9 },
    verdict: 'cold',
  },
  {
    why: 'one that was asked in vain for longer than a start may take',
    state: { ...warmAt(0), askedSinceUs: 400 * sec },
    ...{ fromSec: 415, toSec: 415.2 },
    verdict: 'usual',
  },
  { why: 'no answer decides nothing', state: warmAt(0), fromSec: 400, toSec: 405, answered: false, verdict: 'usual' },
];
for (const { why, state, fromSec, toSec, answered = true, right = true, verdict } of rows) {
  test(`cold start: ${why}`, () => {
    const end = { startUs: fromSec * sec, endUs: toSec * sec, answered, rightAnswer: right };
    const decided = judgeColdStart(state, end, settings);
    assert.equal(decided.verdict, verdict);
    const { next } = decided;
    if (answered) assert.deepEqual([next.lastAnswerUs, next.askedSinceUs], [toSec * sec, undefined]);
    else assert.deepEqual([next.lastAnswerUs, next.askedSinceUs], [state.lastAnswerUs, fromSec * sec]);
  });
}

type Takes = number | 'for ever';

/** A service and its check, in a time of their own: an answer takes as long as it is told to. */
class Sleeper implements AsyncDisposable {
  readonly #peer: ScriptedPeer;
  readonly #spec: ReturnType<typeof httpKind.schema.parse>;
  readonly #takes: Takes[];
  readonly #time: { offsetUs: number; release: () => void };

  private constructor(
    peer: ScriptedPeer,
    takes: Takes[],
    time: { offsetUs: number; release: () => void },
    more: object,
  ) {
    this.#peer = peer;
    this.#takes = takes;
    this.#time = time;
    const limits = { expect: { latency: { total: '900ms' } }, coldStart: { upTo: '10s' } };
    this.#spec = httpKind.schema.parse({ url: peer.url(), ...limits, ...more });
  }

  static async start(more: object = {}): Promise<Sleeper> {
    const takes: Takes[] = [];
    const time = { offsetUs: 0, release: () => {} };
    const peer = await ScriptedPeer.start(
      afterRequest((connection) => {
        const takesMs = takes.shift()!;
        time.offsetUs += (takesMs === 'for ever' ? timeoutMs : takesMs) * 1_000;
        if (takesMs === 'for ever') time.release();
        else connection.say(page('hello'));
      }),
    );
    return new Sleeper(peer, takes, time, more);
  }

  get asked(): number {
    return this.#peer.heard.length;
  }

  /** One attempt, so many seconds later; each answer that it gets takes so many milliseconds. */
  probe(laterSec: number, ...takes: Takes[]): Promise<ProbeResult> {
    this.#takes.push(...takes);
    const time = this.#time;
    time.offsetUs += laterSec * sec;
    const clock = { ...systemClock, monotonicUs: () => systemClock.monotonicUs() + time.offsetUs };
    const onDeadline = (release: () => void) => {
      time.release = release;
    };
    return httpKind.probe(this.#spec, { clock, network: openNetwork, timeoutMs, secrets: [], onDeadline });
  }

  [Symbol.asyncDispose](): Promise<void> {
    return this.#peer[Symbol.asyncDispose]();
  }
}

const timeoutMs = 5_000;
const words = ({ outcome, reason, observed }: ProbeResult) =>
  `${outcome}: ${reason}${observed['coldStart'] === true ? ', marked' : ''}`;
const cold = 'pass: cold-start, marked';
const warm = 'pass: expectations-met';
const slow = 'degraded: too-slow';

test('the first answer after idleness may be slow; it passes, marked, and no sample is made of it', async () => {
  await using service = await Sleeper.start();
  const first = await service.probe(0, 2_200);
  assert.equal(words(first), cold);
  assert.ok(first.totalUs >= 2_200_000);
  assert.match(httpKind.describe(first.observed, first.totalUs), /^page 200 after a cold start, in 2\d{3} ms$/);
  assert.equal(words(await service.probe(60, 0)), warm);
  assert.equal(words(await service.probe(60, 2_200)), slow, 'a minute later it cannot have stopped');
  assert.equal(words(await service.probe(300, 9_000)), cold);
  assert.equal(words(await service.probe(300, 0)), warm);
  assert.equal(words(await service.probe(300, 10_500)), slow, 'beyond its limit');
  assert.equal(service.asked, 6);
});

test('a second start in a row is believed only of a service that then answers at once', async () => {
  await using service = await Sleeper.start();
  assert.equal(words(await service.probe(0, 3_000)), cold);
  assert.equal(words(await service.probe(600, 3_000, 0)), cold);
  assert.equal(words(await service.probe(600, 3_000, 3_000)), slow, 'it is slow for good');
  assert.equal(words(await service.probe(600, 3_000, 'for ever')), slow, 'the time was up meanwhile');
  assert.equal(words(await service.probe(600, 0)), warm);
  assert.equal(service.asked, 8);
});

test('what changes something is not asked twice', async () => {
  await using service = await Sleeper.start({ method: 'POST' });
  assert.equal(words(await service.probe(0, 3_000)), cold);
  assert.equal(words(await service.probe(600, 3_000)), slow);
  assert.equal(service.asked, 2);
});

test('a start that outlasts one attempt is seen in the next, as long as it is within its limit', async () => {
  await using service = await Sleeper.start();
  assert.equal(words(await service.probe(0, 'for ever')), 'fail: timeout');
  assert.equal(words(await service.probe(0.5, 0)), cold);
  assert.equal(words(await service.probe(300, 'for ever')), 'fail: timeout');
  assert.equal(words(await service.probe(6, 0)), warm, 'it took more than ten seconds in all');
});

test('without a declaration a slow first answer is slow', async () => {
  await using service = await Sleeper.start({ coldStart: undefined });
  assert.equal(words(await service.probe(0, 2_200)), slow);
});

test('settings are refused: a limit that leaves no room for a cold start', () => {
  const coldStart = { upTo: '1s' };
  assert.equal(httpKind.schema.safeParse({ url: 'http://a/', coldStart }).success, false);
  assert.equal(
    httpKind.schema.safeParse({ url: 'http://a/', coldStart: { ...coldStart, from: '500ms' } }).success,
    true,
  );
});
