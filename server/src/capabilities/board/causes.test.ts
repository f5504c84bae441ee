import assert from 'node:assert/strict';
import { test } from 'node:test';
import { downService, shownService } from '../../../../testkit/live-services.ts';
import { causesOf, causeText } from './causes.ts';

const down = (serviceId: string) => downService({ serviceId, title: serviceId });
const up = (serviceId: string) => shownService({ serviceId, title: serviceId });
const slow = (serviceId: string) =>
  shownService({ serviceId, title: serviceId, status: 'degraded', word: 'Slow 5 min' });
const needs = (links: Readonly<Record<string, readonly string[]>>) =>
  Object.entries(links).map(([serviceId, dependsOn]) => ({ serviceId, dependsOn }));

for (const { why, views, links, causes } of [
  {
    why: 'what it needs is down too',
    views: [down('page'), down('redis')],
    links: { page: ['redis'] },
    causes: ['redis'],
  },
  { why: 'what it needs works', views: [down('page'), up('redis')], links: { page: ['redis'] }, causes: [] },
  {
    why: 'the furthest along explains them all',
    views: [down('page'), down('agent'), down('redis')],
    links: { page: ['agent'], agent: ['redis'] },
    causes: ['redis'],
  },
  {
    why: 'what is slow explains no outage',
    views: [down('page'), slow('redis')],
    links: { page: ['redis'] },
    causes: [],
  },
  { why: 'but slowness', views: [slow('page'), slow('redis')], links: { page: ['redis'] }, causes: ['redis'] },
  {
    why: 'what works needs no explanation',
    views: [up('page'), down('redis')],
    links: { page: ['redis'] },
    causes: [],
  },
  {
    why: 'a circle ends',
    views: [down('page'), down('agent')],
    links: { page: ['agent'], agent: ['page'] },
    causes: ['agent'],
  },
  { why: 'what is not watched says nothing', views: [down('page')], links: { page: ['gone'] }, causes: [] },
] as { why: string; views: ReturnType<typeof up>[]; links: Record<string, string[]>; causes: string[] }[]) {
  test(`causes: ${why}`, () => {
    const found = causesOf(views[0]!, views, needs(links));
    assert.deepEqual(
      found.map(({ serviceId }) => serviceId),
      causes,
    );
  });
}

test('of several causes the first is named; the others have their own lines', () => {
  const cause = { serviceId: 'redis', title: 'Redis', status: 'down', sentence: '' } as const;
  assert.equal(causeText([cause, cause]), ': Redis, which it needs, is down');
});
