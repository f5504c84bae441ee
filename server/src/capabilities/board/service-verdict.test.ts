import assert from 'node:assert/strict';
import { test } from 'node:test';
import { downService, liveService, boardNowMs as nowMs, shownService } from '../../../../testkit/live-services.ts';
import { serviceNext } from './service-next.ts';
import { type ServiceVerdictInput, serviceVerdict } from './service-verdict.ts';

const calm = { nowMs, live: liveService(), told: undefined, channels: 1, failingChannels: 0, causes: [] };
const redis = { serviceId: 'redis', title: 'Redis', status: 'down', sentence: 'Nothing listens there' } as const;

function verdictOf(service: ServiceVerdictInput['service'], more: Partial<ServiceVerdictInput> = {}) {
  const verdict = serviceVerdict({ ...calm, service, ...more });
  const fact = (label: string) => verdict.facts.find((one) => one.label === label)!;
  return { verdict, says: verdict.parts.map(({ text }) => text).join(' '), fact };
}

for (const { why, service, says, costs } of [
  { why: 'up', service: shownService(), says: 'Parts shop works.', costs: 'Nothing now' },
  { why: 'down', service: downService(), says: 'Parts shop is down.', costs: 'Customers feel it' },
  {
    why: 'slow is its own word',
    service: shownService({ status: 'degraded', word: 'Slow 5 min' }),
    says: 'Parts shop is slow.',
    costs: 'Customers feel it',
  },
  {
    why: 'nobody outside sees it',
    service: downService({ facesCustomers: false }),
    says: 'Parts shop is down.',
    costs: 'No customer sees it',
  },
  {
    why: 'what is not known may cost anything',
    service: shownService({ status: 'unknown', word: 'Unknown since 09:14 UTC' }),
    says: 'Parts shop is not known.',
    costs: 'Not known',
  },
  {
    why: 'a variable that is not set is no outage',
    service: shownService({ status: 'unknown', word: 'Not configured' }),
    says: 'Parts shop is not configured.',
    costs: 'Not known',
  },
]) {
  test(`a service’s sentence: ${why}`, () => {
    const { says: said, fact } = verdictOf(service);
    assert.equal(said, says);
    assert.equal(fact('What it costs').strong, costs);
  });
}

test('uptime states beside it what is not known, once that is worth a word', () => {
  const { uptime } = shownService();
  const detail = (unknownMs: number) =>
    verdictOf(shownService({ uptime: { ...uptime, unknownMs } }))
      .fact('What it costs')
      .detail?.replaceAll('\u00a0', ' ');
  assert.equal(detail(7_000), 'up 99 % of the known time');
  assert.equal(detail(12 * 60_000), 'up 99 % of the known time; 12 min not known');
});

for (const { why, service, more, label } of [
  { why: 'its one check is run', service: downService(), more: {}, label: 'Run its check now' },
  {
    why: 'of several, the one that fails is named',
    service: downService(),
    more: { live: liveService({ checks: [{}, { status: 'down', title: 'Log-in' }] }) },
    label: 'Run “Log-in” now',
  },
  {
    why: 'what is not set is set',
    service: shownService({ status: 'unknown', word: 'Not configured' }),
    more: { live: liveService({ checks: [{ missing: ['SHOP_URL'] }] }) },
    label: 'Set SHOP_URL',
  },
  {
    why: 'where nobody would be told, somebody is chosen',
    service: shownService(),
    more: { channels: 0 },
    label: 'Choose who is told',
  },
  {
    why: 'what explains it is looked at before it is',
    service: downService(),
    more: { causes: [redis] },
    label: 'Look at Redis first',
  },
  {
    why: 'a channel that does not deliver is mended, not chosen again',
    service: shownService(),
    more: { channels: 0, failingChannels: 1 },
    label: 'Mend the way you are told',
  },
  { why: 'else there is none', service: shownService(), more: {}, label: undefined },
] satisfies {
  why: string;
  service: ServiceVerdictInput['service'];
  more: Partial<ServiceVerdictInput>;
  label: string | undefined;
}[]) {
  test(`a service’s next step: ${why}`, () => assert.equal(verdictOf(service, more).verdict.next?.label, label));
}

test('a dependency that is down too is named in the sentence and in the reason', () => {
  const { says, fact } = verdictOf(downService(), { causes: [redis] });
  assert.equal(says, 'Parts shop is down: Redis, which it needs, is down.');
  assert.equal(fact('Why').detail, 'Redis, which it needs: Nothing listens there');
  assert.deepEqual(fact('Why').evidence, { text: 'Redis', href: '/services/redis' });
});

test('what would be told leaves out what does not deliver, and says so', () => {
  const { fact } = verdictOf(shownService(), { channels: 2, failingChannels: 1 });
  const { detail, evidence } = fact('Who has it');
  assert.equal(
    `${detail} ${evidence?.text}`.replaceAll('\u00a0', ' '),
    '1 channel does not deliver; would be told: 2 channels',
  );
});

const advice = (service: ServiceVerdictInput['service'], more: Partial<ServiceVerdictInput> = {}) =>
  serviceNext({ ...calm, service, ...more }).map(({ title, why }) => `${title}: ${why}`.replaceAll('\u00a0', ' '));

test('what to do next of a service that is down: its cause, what came back, mend and ask again, tell somebody', () => {
  const told = { atMs: nowMs, channelId: 'owner', to: 'down' } as const;
  assert.deepEqual(advice(downService(), { causes: [redis], told, channels: 0 }), [
    'Look at Redis first: Parts shop needs it, and it is in trouble too: Nothing listens there.',
    'See what came back: Answered 502, expected 200, since 09:14 UTC.',
    'Mend it, then ask again: It counts as up after 2 good results, within 1 min. owner was told at 09:42 UTC.',
    'Tell somebody: Nobody hears of this but who opens this page.',
  ]);
});

test('of one that works there is nothing to do', () => assert.deepEqual(advice(shownService()), []));
