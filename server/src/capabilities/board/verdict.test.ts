import assert from 'node:assert/strict';
import { test } from 'node:test';
import {
  builtIn,
  downService,
  boardNowMs as nowMs,
  type ShownService,
  shownService,
} from '../../../../testkit/live-services.ts';
import { byUrgency, judgeBoard, type VerdictInput } from './verdict.ts';

const own = [builtIn('pitwall', 'Pitwall'), builtIn('host', 'This host')];
const slow = (more: Partial<ShownService> = {}) =>
  shownService({ status: 'degraded', word: 'Slow 5 min', sentence: 'The answer took 900 ms, limit 300 ms', ...more });
const unknown = (more: Partial<ShownService> = {}) =>
  shownService({
    title: 'Images',
    status: 'unknown',
    word: 'Not configured',
    sentence: 'IMAGES_URL is not set: set it and restart Pitwall',
    ...more,
  });
const unheard = (more: Partial<ShownService> = {}) =>
  shownService({ status: 'unknown', sinceMs: null, word: 'Not heard yet', ...more });

function judge(services: readonly ShownService[], more: Partial<VerdictInput> = {}) {
  const verdict = judgeBoard({
    nowMs,
    startedAtMs: nowMs - 3_600_000,
    services,
    firstRun: false,
    channels: 1,
    failingChannels: 0,
    proposals: 0,
    told: new Map(),
    ...more,
  });
  const fact = (label: string) => verdict.facts.find((one) => one.label === label)!;
  return {
    verdict,
    says: verdict.parts
      .map(({ text }) => text)
      .join(' ')
      .replaceAll('\u00a0', ' '),
    fact,
  };
}

for (const { why, services, more, says } of [
  { why: 'a calm day is one short sentence', services: [...own, shownService()], says: 'Everything works.' },
  {
    why: 'the first minute of a first start',
    services: own,
    more: { firstRun: true, channels: 0 },
    says: 'This machine is well. Nobody would be told if it were not.',
  },
  {
    why: 'what stopped leads, and what it needs and is down too is named, not counted',
    services: [
      downService({ serviceId: 'redis', title: 'Redis', sinceMs: nowMs - 3_600_000 }),
      downService({ causes: [{ serviceId: 'redis', title: 'Redis', status: 'down', sentence: 'refused' }] }),
    ],
    says: 'Parts shop is down: Redis, which it needs, is down.',
  },
  {
    why: 'before the first result nothing is claimed',
    services: [unheard({ title: 'Pitwall' }), unheard()],
    says: 'The first results are on the way.',
  },
  {
    why: 'one service that was not heard yet is no doubt, and no “everything” either',
    services: [...own, unheard()],
    says: 'All that was heard works.',
  },
  {
    why: 'what is not known is named, never counted as well',
    services: [...own, unknown()],
    says: 'All that is known works. Images is not known.',
  },
  {
    why: 'not known is said also when nobody would be told',
    services: [...own, unknown()],
    more: { channels: 0 },
    says: 'All that is known works. Images is not known. Nobody would be told if it were not.',
  },
  {
    why: 'trouble is told in shop words, after what still works',
    services: [...own, shownService(), downService({ ability: 'Chat replies' })],
    says: '1 service works. Chat replies stopped.',
  },
  {
    why: 'the worst is named, the rest counted',
    services: [...own, slow({ title: 'Search' }), downService({ title: 'Chat' }), slow()],
    says: 'Chat is down. 2 more are in trouble.',
  },
  { why: 'slow is no outage', services: [slow({ ability: 'Staff tiles' })], says: 'Staff tiles are slow.' },
] satisfies { why: string; services: ShownService[]; more?: Partial<VerdictInput>; says: string }[]) {
  test(`the sentence: ${why}`, () => assert.equal(judge(services, more).says, says));
}

for (const { why, worse, better } of [
  {
    why: 'down before slow, however little depends on it',
    worse: downService({ criticality: 'P4' }),
    better: slow({ criticality: 'P0' }),
  },
  {
    why: 'then what the shop depends on most',
    worse: downService({ criticality: 'P0' }),
    better: downService({ criticality: 'P2' }),
  },
  {
    why: 'then what has been so for longest',
    worse: downService({ sinceMs: nowMs - 9_000 }),
    better: downService({ sinceMs: nowMs - 1_000 }),
  },
  {
    why: 'not known before what is well',
    worse: unknown({ criticality: 'P5' }),
    better: shownService({ criticality: 'P0' }),
  },
]) {
  test(`urgency: ${why}`, () => assert.deepEqual([better, worse].sort(byUrgency), [worse, better]));
}

const down = downService({ ability: 'Chat replies' });
const toldAt = (atMs: number, to: 'down' | 'up') => ({ told: new Map([['shop', { atMs, channelId: 'owner', to }]]) });

for (const { why, more, strong } of [
  { why: 'without a channel nobody was', more: { channels: 0 }, strong: 'Nobody was told' },
  { why: 'the message may be on its way', more: {}, strong: 'Nobody yet' },
  {
    why: 'the message about the end of the trouble before says nothing about this one',
    more: toldAt(nowMs - 3_600_000, 'up'),
    strong: 'Nobody yet',
  },
  { why: 'a message since then did', more: toldAt(nowMs - 60_000, 'down'), strong: 'Told: owner' },
  {
    why: 'a moment of not knowing in between tells nobody again',
    more: toldAt(nowMs - 3_600_000, 'down'),
    strong: 'Told: owner',
  },
] satisfies { why: string; more: Partial<VerdictInput>; strong: string }[]) {
  test(`who has it: ${why}`, () => assert.equal(judge([down], more).fact('Who has it').strong, strong));
}

for (const { why, service, strong, detail } of [
  {
    why: 'customers go without what is down',
    service: down,
    strong: 'Customers go without',
    detail: /^for 28\smin now/,
  },
  { why: 'they wait for what is slow', service: slow(), strong: 'Customers wait', detail: /^for 28\smin now/ },
  {
    why: 'what no customer sees says by what that is known',
    service: downService({ facesCustomers: false }),
    strong: 'No customer sees it',
    detail: /facesCustomers/,
  },
]) {
  test(`what it costs: ${why}`, () => {
    const fact = judge([service]).fact('What it costs');
    assert.equal(fact.strong, strong);
    assert.match(fact.detail ?? '', detail);
  });
}

test('what is not known costs nobody knows what, and is the next step', () => {
  const { verdict, fact } = judge([...own, unknown()]);
  assert.equal(fact('What it costs').strong, 'Not known');
  assert.deepEqual(verdict.next, { label: 'Look at Images', kind: 'open', target: '/services/shop' });
});

for (const { why, services, more, next } of [
  { why: 'trouble is looked at', services: [down], more: { channels: 0 }, next: 'Look at Parts shop' },
  { why: 'then somebody is told', services: own, more: { channels: 0 }, next: 'Choose who is told' },
  { why: 'on a calm day there is none', services: [shownService()], more: {}, next: undefined },
] satisfies { why: string; services: ShownService[]; more: Partial<VerdictInput>; next: string | undefined }[]) {
  test(`the next step: ${why}`, () => assert.equal(judge(services, more).verdict.next?.label, next));
}
