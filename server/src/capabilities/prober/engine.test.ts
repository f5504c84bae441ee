import assert from 'node:assert/strict';
import { test } from 'node:test';
import { EngineRig, type Plan, plannedCheck, startMs } from '../../../../testkit/engine-rig.ts';
import { isTelling } from '../../core/point-code.ts';
import { toJudgedResult } from '../recording/domain.ts';
import { initialCheckState, judge } from '../status/api.ts';
import { phaseMs, slotAtOrAfter } from './slots.ts';

const quick: Plan = () => ({ takesMs: 5, outcome: 'pass' });
const hourMs = 3_600_000;
const a = plannedCheck('shop/a');
const firstSlotMs = slotAtOrAfter(a, startMs);
/** From the start to a while after the check's first slot. */
const untilAfterFirst = firstSlotMs - startMs + 500;

const slotsOf = (rig: EngineRig, key = a.key) => rig.of(key).map(({ slotMs }) => (slotMs - firstSlotMs) / 10_000);
const meanings = (rig: EngineRig, key = a.key) => rig.of(key).map(({ reason }) => reason);

test('each slot is run once, at its time, and an hour later still is: no drift', async () => {
  const rig = new EngineRig(quick);
  const checks = Array.from({ length: 20 }, (_, index) => plannedCheck(`shop/${index}`));
  rig.watch(checks);
  await rig.clock.advance(hourMs);
  for (const { key, intervalMs } of checks) {
    const slots = rig.of(key).map(({ slotMs }) => slotMs);
    const first = slotAtOrAfter({ key, intervalMs }, startMs);
    assert.deepEqual(
      slots,
      slots.map((_, index) => first + index * intervalMs),
    );
    assert.ok(slots.length >= 359 && slots.length <= 360);
    assert.equal((slots[0]! - phaseMs(key, intervalMs)) % intervalMs, 0);
  }
  // Every attempt begins at its slot or within one tick and a half after it, the last as the first.
  for (const { key, atMs } of rig.begun) {
    const lateMs = (atMs - phaseMs(key, 10_000)) % 10_000;
    assert.ok(lateMs >= 0 && lateMs <= 9, `${key} began ${lateMs} ms after its slot`);
  }
  const { late, missed, suspect, worstDeviationMs } = rig.engine.stats();
  assert.deepEqual([late, missed, suspect], [0, 0, 0]);
  assert.ok(worstDeviationMs <= 9);
});

test('a restart changes no slot: they hang on the key alone', async () => {
  const [before, after] = [new EngineRig(quick), new EngineRig(quick)];
  before.watch([a]);
  await before.clock.advance(60_000);
  await after.clock.advance(33_333);
  after.watch([a]);
  await after.clock.advance(60_000);
  const phases = new Set([...before.rows, ...after.rows].map(({ slotMs }) => slotMs % 10_000));
  assert.equal(phases.size, 1);
});

test('a check still running when its next slot comes misses that one, told after its own result', async () => {
  // Does not heed its deadline: only a kind that is broken runs so long.
  const rig = new EngineRig((_, attempt) => (attempt === 1 ? 'never' : { takesMs: 5, outcome: 'pass' }));
  rig.watch([plannedCheck(a.key, { timeoutMs: 9_500 })]);
  await rig.clock.advance(untilAfterFirst + 25_000);
  assert.deepEqual(slotsOf(rig), [0, 1, 2]);
  assert.deepEqual(meanings(rig), ['internal-error', 'missed-still-running', 'expectations-met']);
  assert.deepEqual(
    rig.of(a.key).map(({ missed, outcome }) => [missed, outcome]),
    [
      [false, 'unknown'],
      [true, 'unknown'],
      [false, 'pass'],
    ],
  );
});

test('a kind that never comes back is left behind, and its place is free again', async () => {
  const rig = new EngineRig((key) => (key === 'shop/never' ? 'never' : { takesMs: 5, outcome: 'pass' }), 1);
  rig.watch([plannedCheck('shop/never', { intervalMs: 60_000 }), plannedCheck('shop/other')]);
  await rig.clock.advance(120_000);
  assert.ok(rig.of('shop/never').some(({ reason }) => reason === 'internal-error'));
  assert.ok(rig.of('shop/other').filter(({ outcome }) => outcome === 'pass').length >= 10);
  assert.equal(rig.engine.stats().inFlight, 0);
});

test('a kind that throws is our failure and not the target’s', async () => {
  const rig = new EngineRig(() => 'throw');
  rig.watch([a]);
  await rig.clock.advance(untilAfterFirst);
  assert.deepEqual(meanings(rig), ['internal-error']);
  assert.equal(rig.rows[0]!.outcome, 'unknown');
});

test('what finds no place in time is missed for overload, never run late or in a burst', async () => {
  const rig = new EngineRig(() => ({ takesMs: 1_900, outcome: 'pass' }), 3);
  rig.watch(Array.from({ length: 40 }, (_, index) => plannedCheck(`shop/${index}`)));
  await rig.clock.advance(60_000);
  assert.equal(rig.mostRunning, 3);
  const missed = rig.rows.filter((row) => row.missed);
  assert.ok(missed.length > 50, `${missed.length} missed`);
  assert.ok(missed.every(({ reason, totalUs }) => reason === 'missed-overload' && totalUs === -1));
  // Three at a time of 1.9 s each: what could be run was run, and every slot that is over is told of.
  const run = rig.rows.length - missed.length;
  assert.ok(run >= 85 && run <= 95, `${run} run`);
  for (let index = 0; index < 40; index += 1) {
    const slots = rig.of(`shop/${index}`).map(({ slotMs }) => slotMs);
    assert.deepEqual(
      slots,
      slots.map((_, place) => slots[0]! + place * 10_000),
      'a slot is left out or told twice',
    );
  }
  assert.ok(rig.engine.stats().worstDeviationMs <= 2_000 + 9);
});

test('after a stall of the whole prober the slots of that time are missed, and the rest begins in steps', async () => {
  const rig = new EngineRig(quick, 1_000);
  const checks = Array.from({ length: 400 }, (_, index) => plannedCheck(`shop/${index}`));
  rig.watch(checks);
  await rig.clock.advance(20_000);
  const [rowsBefore, begunBefore] = [rig.rows.length, rig.begun.length];
  rig.clock.stall(25_000);
  await rig.clock.advance(200);
  const rows = rig.rows.slice(rowsBefore);
  const missed = rows.filter(({ reason }) => reason === 'missed-prober-late');
  // 25 s of 40 slots a second, without the last 2 s, which may still be run.
  assert.ok(missed.length > 880 && missed.length < 960, `${missed.length} missed`);
  assert.ok(missed.every((row) => row.missed && row.outcome === 'unknown'));
  // No more than 48 begin at once.
  const starts = new Map<number, number>();
  for (const { atMs } of rig.begun.slice(begunBefore)) starts.set(atMs, (starts.get(atMs) ?? 0) + 1);
  assert.ok(Math.max(...starts.values()) <= 48);
  await rig.clock.advance(20_000);
  for (const { key } of checks) {
    const slots = rig.of(key).map(({ slotMs }) => slotMs);
    assert.deepEqual(
      slots,
      slots.map((_, place) => slots[0]! + place * 10_000),
    );
  }
});

test('a night without a turn is a hundred rows a check and one event for the rest', async () => {
  const rig = new EngineRig(quick);
  rig.watch([a]);
  await rig.clock.advance(untilAfterFirst);
  rig.clock.stall(8 * hourMs);
  await rig.clock.advance(1_000);
  const missed = rig.of(a.key).filter(({ reason }) => reason === 'missed-prober-late');
  assert.equal(missed.length, 100);
  const event = rig.events.find(({ kind }) => kind === 'slots-missed');
  assert.ok(event?.kind === 'slots-missed');
  assert.equal(event.fromMs, missed.at(-1)!.slotMs + 10_000);
  assert.equal(event.count, (event.toMs - event.fromMs) / 10_000);
  assert.ok(Math.abs(event.count + 100 - 8 * 360) <= 1, `${event.count} in the event`);
  await rig.clock.advance(10_000);
  assert.ok(rig.of(a.key).at(-1)!.slotMs >= event.toMs);
});

test('retries are attempts inside one slot; one result is stored, and the last attempt decides', async () => {
  for (const { why, plan, attempts, outcome } of [
    { why: 'the second passes', plan: [false, true], attempts: 2, outcome: 'pass' },
    { why: 'the third passes', plan: [false, false, true], attempts: 3, outcome: 'pass' },
    { why: 'none passes', plan: [false, false, false], attempts: 3, outcome: 'fail' },
    { why: 'the first passes', plan: [true], attempts: 1, outcome: 'pass' },
  ]) {
    const rig = new EngineRig((_, attempt) => ({ takesMs: 20, outcome: plan[attempt - 1] === true ? 'pass' : 'fail' }));
    rig.watch([plannedCheck(a.key, { retries: 2 })]);
    await rig.clock.advance(untilAfterFirst + 3_000);
    assert.equal(rig.rows.length, 1, why);
    const [row] = rig.rows;
    assert.deepEqual([row!.attempts, row!.outcome, row!.slotMs], [attempts, outcome, firstSlotMs], why);
    assert.equal(rig.begun.length, attempts, why);
  }
});

/** Fails until its slots say otherwise; each letter is an attempt: f, p. */
const scripted =
  (letters: string): Plan =>
  (_, attempt) => ({
    takesMs: 5,
    outcome: (letters[attempt - 1] ?? 'p') === 'p' ? 'pass' : 'fail',
  });

test('a pass of a check that is down is confirmed within its slot, a second apart, and its point says so', async () => {
  const rig = new EngineRig(scripted('pffppp'));
  rig.watch([plannedCheck(a.key, { downAfter: 2, upAfter: 3 })]);
  await rig.clock.advance(untilAfterFirst + 35_000);
  assert.deepEqual(
    rig.rows.map(({ outcome, reason, attempts }) => [outcome, reason, attempts]),
    [
      ['pass', 'expectations-met', 1],
      ['fail', 'wrong-status', 1],
      ['fail', 'wrong-status', 1],
      ['pass', 'passed-in-a-row', 3],
    ],
  );
  const [, , , fourth, fifth, sixth] = rig.begun.map(({ atMs }) => atMs);
  for (const gapMs of [fifth! - fourth!, sixth! - fifth!]) assert.ok(gapMs >= 1_000 && gapMs < 1_100, `${gapMs} ms`);
  // What the store holds says the same as what was decided when it came, and once is enough for both.
  const settings = { intervalMs: 10_000, timeoutMs: 2_000, graceMs: 3_000, downAfter: 2, upAfter: 3 };
  const statuses: string[] = [];
  let state = initialCheckState;
  for (const { slotMs, code } of rig.rows) {
    state = judge(state, toJudgedResult(slotMs, code, {}), settings, slotMs).next;
    statuses.push(state.status);
  }
  assert.deepEqual(statuses, ['up', 'up', 'down', 'up']);
});

for (const { why, letters, upAfter, isDown, expected } of [
  {
    why: 'one that is up is asked once',
    letters: 'pp',
    upAfter: 3,
    isDown: false,
    expected: ['expectations-met 1', 'expectations-met 1'],
  },
  {
    why: 'after a start it is known to be down',
    letters: 'pp',
    upAfter: 2,
    isDown: true,
    expected: ['passed-in-a-row 2', 'expectations-met 1'],
  },
  {
    why: 'where one pass is enough there is nothing to confirm',
    letters: 'p',
    upAfter: 1,
    isDown: true,
    expected: ['expectations-met 1', 'expectations-met 1'],
  },
  {
    why: 'a pass that is not confirmed is a failure',
    letters: 'pfp',
    upAfter: 2,
    isDown: true,
    expected: ['wrong-status 2', 'passed-in-a-row 2'],
  },
  {
    why: 'what will not fit into the slot is left to the next ones',
    letters: 'pppp',
    upAfter: 100,
    isDown: true,
    expected: ['expectations-met 1', 'expectations-met 1'],
  },
] as readonly { why: string; letters: string; upAfter: number; isDown: boolean; expected: string[] }[]) {
  test(`fast recovery: ${why}`, async () => {
    const rig = new EngineRig(scripted(letters));
    rig.watch([plannedCheck(a.key, { upAfter })], isDown);
    await rig.clock.advance(untilAfterFirst + 15_000);
    assert.deepEqual(
      rig.rows.map(({ reason, attempts }) => `${reason} ${attempts}`),
      expected,
    );
  });
}

test('retries never reach into the next slot', async () => {
  const rig = new EngineRig(() => 'hang');
  rig.watch([plannedCheck(a.key, { retries: 10, timeoutMs: 4_000 })]);
  await rig.clock.advance(untilAfterFirst + 120_000);
  assert.ok(rig.rows.length >= 12);
  assert.ok(rig.rows.every(({ missed, reason, attempts }) => !missed && reason === 'timeout' && attempts === 2));
});

test('a deadline ends an attempt within one bucket of the ring', async () => {
  const rig = new EngineRig(() => 'hang');
  rig.watch([a]);
  await rig.clock.advance(untilAfterFirst + 3_000);
  const [row] = rig.rows;
  assert.equal(row!.reason, 'timeout');
  // The ring is looked at every 20 ms while something runs.
  assert.ok(row!.totalUs >= 2_000_000 && row!.totalUs <= 2_040_000, `${row!.totalUs} µs`);
  assert.equal(rig.running, 0);
});

for (const { why, stallMs, takesMs, suspect } of [
  { why: 'a loop that stood still for 200 ms makes a quick result suspect', stallMs: 200, takesMs: 100, suspect: true },
  { why: '30 ms matter to a result of 100 ms', stallMs: 30, takesMs: 100, suspect: true },
  { why: 'and not to one of a second', stallMs: 30, takesMs: 1_000, suspect: false },
  { why: 'the grain of timers is no lateness', stallMs: 10, takesMs: 100, suspect: false },
]) {
  test(`${why}`, async () => {
    const rig = new EngineRig(() => ({ takesMs, outcome: 'fail' }));
    rig.watch([a]);
    await rig.clock.advance(firstSlotMs - startMs + 50);
    assert.equal(rig.running, 1);
    rig.clock.stall(stallMs);
    await rig.clock.advance(1_500);
    assert.deepEqual([rig.rows.length, rig.rows[0]!.suspect], [1, suspect]);
    assert.equal(rig.engine.stats().suspect, suspect ? 1 : 0);
  });
}

test('new checks that arrive after a stall do not make it forgotten', async () => {
  const rig = new EngineRig(() => ({ takesMs: 100, outcome: 'fail' }));
  rig.watch([a]);
  await rig.clock.advance(firstSlotMs - startMs + 50);
  rig.clock.stall(200);
  // The message is handled before the overdue tick has its turn.
  rig.watch([a, plannedCheck('shop/b')]);
  await rig.clock.advance(500);
  assert.equal(rig.of(a.key)[0]!.suspect, true);
});

test('a suspect failure is not the one that turns a status, a plain one is', async () => {
  const states = [];
  for (const stallMs of [300, 0]) {
    const rig = new EngineRig((_, attempt) => (attempt === 1 ? { takesMs: 5, outcome: 'pass' } : 'hang'));
    rig.watch([a]);
    await rig.clock.advance(untilAfterFirst + 20_000);
    rig.clock.stall(stallMs);
    await rig.clock.advance(3_000);
    const settings = { intervalMs: 10_000, timeoutMs: 2_000, graceMs: 0, downAfter: 2, upAfter: 1 };
    let state = initialCheckState;
    for (const { slotMs, code } of rig.rows) {
      state = judge(state, toJudgedResult(slotMs, code, {}), settings, slotMs).next;
    }
    assert.deepEqual(
      rig.rows.map(({ outcome, code }) => [outcome, isTelling(code)]),
      [
        ['pass', true],
        ['fail', true],
        ['fail', stallMs === 0],
      ],
    );
    states.push(state.status);
  }
  assert.deepEqual(states, ['up', 'down']);
});

for (const { why, stepMs } of [
  { why: 'an hour forward', stepMs: hourMs },
  { why: 'an hour back', stepMs: -hourMs },
]) {
  test(`the machine’s clock is set ${why}: slots go on as before, the step is told once`, async () => {
    const rig = new EngineRig(quick);
    rig.watch([a]);
    await rig.clock.advance(untilAfterFirst + 60_000);
    rig.clock.stepWall(stepMs);
    await rig.clock.advance(2 * hourMs);
    const slots = slotsOf(rig);
    assert.deepEqual(
      slots,
      slots.map((_, index) => index),
      'slots keep their numbers: none twice, none left out',
    );
    assert.equal(slots.length, 7 + 720);
    assert.ok(rig.rows.every(({ outcome, missed, suspect }) => outcome === 'pass' && !missed && !suspect));
    assert.equal(rig.events.length, 1);
    const [event] = rig.events;
    assert.ok(event?.kind === 'clock-step');
    assert.deepEqual([event.stepMs, event.offsetMs], [stepMs, stepMs]);
    // Never two of them closer than an interval: no burst.
    for (const [index, { atMs }] of rig.begun.entries()) {
      if (index > 0) assert.ok(Math.abs(atMs - rig.begun[index - 1]!.atMs - 10_000) <= 9);
    }
  });
}

test('a clock that is set back again says so, with how far it is now', async () => {
  const rig = new EngineRig(quick);
  rig.watch([a]);
  for (const stepMs of [hourMs, -hourMs, 1_500]) {
    await rig.clock.advance(20_000);
    rig.clock.stepWall(stepMs);
  }
  await rig.clock.advance(20_000);
  assert.deepEqual(
    rig.events.map((event) => event.kind === 'clock-step' && [event.stepMs, event.offsetMs]),
    [
      [hourMs, hourMs],
      [-hourMs, 0],
    ],
    'less than two seconds are NTP at work',
  );
});

test('a check that is no longer watched ends at once and is not recorded', async () => {
  const rig = new EngineRig(() => 'hang');
  rig.watch([a, plannedCheck('shop/b')]);
  await rig.clock.advance(untilAfterFirst);
  rig.watch([plannedCheck('shop/b')]);
  await rig.clock.advance(15_000);
  assert.equal(rig.of(a.key).length, 0);
  assert.ok(rig.of('shop/b').length > 0);
});

test('a change of settings takes effect at the next slot; another interval is another series of slots', async () => {
  const rig = new EngineRig(quick);
  rig.watch([a]);
  await rig.clock.advance(untilAfterFirst);
  rig.watch([plannedCheck(a.key, { spec: 'shop/other-spec' })]);
  await rig.clock.advance(10_000);
  assert.deepEqual(slotsOf(rig), [0, 1]);
  assert.equal(rig.begun.at(-1)!.key, 'shop/other-spec');
  rig.watch([plannedCheck(a.key, { intervalMs: 5_000 })]);
  await rig.clock.advance(20_000);
  const added = rig.of(a.key).slice(2);
  assert.equal(added.length, 4);
  assert.ok(added.every(({ slotMs }) => (slotMs - phaseMs(a.key, 5_000)) % 5_000 === 0));
});

test('a check that is not configured is unknown at each slot, and never run', async () => {
  const rig = new EngineRig(quick);
  rig.watch([plannedCheck(a.key, { missing: ['SHOP_URL'] })]);
  await rig.clock.advance(untilAfterFirst + 10_000);
  assert.deepEqual(meanings(rig), ['not-configured', 'not-configured']);
  assert.equal(rig.begun.length, 0);
});

test('stopping ends what runs, hands over what is finished and nothing after it', async () => {
  const rig = new EngineRig((key) => (key === a.key ? { takesMs: 5, outcome: 'pass' } : 'hang'));
  rig.watch([a, plannedCheck('shop/b')]);
  await rig.clock.advance(9_999);
  const started = rig.begun.length;
  rig.engine.stop();
  await rig.clock.advance(60_000);
  assert.equal(rig.running, 0);
  assert.equal(rig.begun.length, started);
  assert.ok(rig.of(a.key).length <= 1);
});
