import assert from 'node:assert/strict';
import { test } from 'node:test';
import { reasonSentence } from '../../../../../contract/src/reasons.ts';
import type { Status } from '../../../../../contract/src/vocabulary.ts';
import { groupKind } from './group.ts';

const { up, down, degraded, unknown, maintenance } = {
  up: 'up',
  down: 'down',
  degraded: 'degraded',
  unknown: 'unknown',
  maintenance: 'maintenance',
} as const satisfies Record<string, Status>;

function judge(settings: object, statuses: Readonly<Record<string, Status>>) {
  const spec = groupKind.schema.parse(settings);
  const statusOf = (subject: string) => {
    const status = statuses[subject];
    return status === undefined ? undefined : { title: `The ${subject}`, status };
  };
  const knowledge = { statusOf, jobOf: () => undefined };
  return groupKind.derive(spec, { key: 'shop/all', atMs: 0, watchedSinceMs: 0, knowledge });
}

const three = ['a', 'b', 'c'];
const weighed = [{ of: 'a', weight: 3 }, 'b', 'c'];

const table: readonly {
  why: string;
  settings: object;
  are: readonly Status[];
  is: readonly [string, string];
  sentence?: RegExp;
}[] = [
  { why: 'all of all', settings: { members: three }, are: [up, up, up], is: ['pass', 'members-well'] },
  {
    why: 'one of all is down',
    settings: { members: three },
    are: [up, down, up],
    is: ['fail', 'members-missing'],
    sentence: /2 of 3 are well, needed 3; not well: The b \(down\)/,
  },
  {
    why: 'one of all is degraded: it works, within limits',
    settings: { members: three },
    are: [up, degraded, up],
    is: ['degraded', 'members-degraded'],
  },
  {
    why: 'one of all is not known: it may be well',
    settings: { members: three },
    are: [up, unknown, up],
    is: ['unknown', 'members-missing'],
  },
  {
    why: 'one down outweighs one unknown',
    settings: { members: three },
    are: [up, unknown, down],
    is: ['fail', 'members-missing'],
  },
  {
    why: 'any: one is enough, and the rest is told',
    settings: { members: three, needs: 'any' },
    are: [down, down, up],
    is: ['degraded', 'members-degraded'],
  },
  {
    why: 'any: none',
    settings: { members: three, needs: 'any' },
    are: [down, down, down],
    is: ['fail', 'members-missing'],
    sentence: /0 of 3/,
  },
  {
    why: 'any: a member under maintenance is no trouble while another works',
    settings: { members: three, needs: 'any' },
    are: [maintenance, up, up],
    is: ['pass', 'members-well'],
  },
  {
    why: 'majority of three',
    settings: { members: three, needs: 'majority' },
    are: [up, up, down],
    is: ['degraded', 'members-degraded'],
  },
  {
    why: 'half is no majority',
    settings: { members: ['a', 'b'], needs: 'majority' },
    are: [up, down],
    is: ['fail', 'members-missing'],
  },
  {
    why: 'a quorum',
    settings: { members: three, needs: 2 },
    are: [down, up, up],
    is: ['degraded', 'members-degraded'],
  },
  {
    why: 'weights: the heavy one alone is enough',
    settings: { members: weighed, needs: 3 },
    are: [up, down, down],
    is: ['degraded', 'members-degraded'],
  },
  {
    why: 'weights: the light ones together are not',
    settings: { members: weighed, needs: 3 },
    are: [down, up, up],
    is: ['fail', 'members-missing'],
    sentence: /2 of 5 are well, needed 3/,
  },
];

for (const { why, settings, are, is, sentence } of table) {
  test(`group: ${why}`, () => {
    const result = judge(settings, Object.fromEntries(are.map((status, index) => [three[index]!, status])));
    assert.deepEqual([result.outcome, result.reason], is);
    const said = reasonSentence(result.reason, result.evidence?.facts);
    assert.doesNotMatch(said, /\?|undefined|e-/);
    if (sentence !== undefined) assert.match(said, sentence);
  });
}

test('group: a member that is not there is not known', () => {
  assert.equal(judge({ members: three }, { a: up, b: up }).outcome, 'unknown');
});

for (const [why, settings] of [
  ['nobody', { members: [] }],
  ['the same twice', { members: ['a', 'a'] }],
  ['more than there are', { members: three, needs: 4 }],
  ['a name that is none', { members: ['A service'] }],
  ['a key that does not exist', { members: three, need: 'any' }],
] as const) {
  test(`group: settings are refused: ${why}`, () => {
    assert.equal(groupKind.schema.safeParse(settings).success, false);
  });
}
