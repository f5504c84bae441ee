import assert from 'node:assert/strict';
import { test } from 'node:test';
import { builtIn, downService, shownService } from '../../../../testkit/live-services.ts';
import { type WhatNextInput, whatNext } from './what-next.ts';

const calm: WhatNextInput = {
  services: [builtIn('pitwall', 'Pitwall'), shownService()],
  channels: 1,
  failingChannels: 0,
  failedMessages: 0,
  proposals: 0,
  configFile: 'pitwall.yaml',
  configFaults: 0,
  demo: false,
};
const titles = (more: Partial<WhatNextInput>) =>
  whatNext({ ...calm, ...more }).map(({ title }) => title.replaceAll('\u00a0', ' '));
const troubles = Array.from({ length: 7 }, (_, i) => downService({ serviceId: `s${i}`, title: `Service ${i}` }));

for (const { why, more, first } of [
  { why: 'on a calm day nothing needs doing', more: {}, first: [] },
  {
    why: 'a mistake in the file comes first: nothing else can be changed',
    more: { configFaults: 2 },
    first: ['Mend 2 mistakes in the configuration'],
  },
  {
    why: 'what is down, then what is not known',
    more: { services: [shownService({ title: 'Images', status: 'unknown', word: 'Not configured' }), downService()] },
    first: ['Mend Parts shop', 'Find out about Images'],
  },
  {
    why: 'what was never heard is no work for anybody',
    more: { services: [shownService(), shownService({ status: 'unknown', word: 'Not heard yet' })] },
    first: [],
  },
  {
    why: 'that nobody is told stays on the list, however much is broken',
    more: { services: troubles, channels: 0 },
    first: ['Mend Service 0', 'Mend Service 1', 'Mend Service 2', 'Mend Service 3', 'Choose who is told'],
  },
  {
    why: 'what explains another comes before it, though it matters less by itself',
    more: {
      services: [
        downService({
          criticality: 'P0',
          causes: [{ serviceId: 'redis', title: 'Redis', status: 'down', sentence: '' }],
        }),
        downService({ serviceId: 'redis', title: 'Redis', criticality: 'P3' }),
      ],
    },
    first: ['Mend Redis', 'Mend Parts shop'],
  },
  {
    why: 'a channel that does not deliver is mended, not chosen again',
    more: { channels: 0, failingChannels: 1 },
    first: ['Mend the way you are told'],
  },
  { why: 'messages that do not arrive', more: { failedMessages: 3 }, first: ['Mend the way you are told'] },
  {
    why: 'a first start: who is told, what customers see, what was found, a file',
    more: { services: [builtIn('pitwall', 'Pitwall')], channels: 0, proposals: 4, configFile: undefined },
    first: ['Choose who is told', 'Watch what customers see', 'Say what of this machine matters', 'Keep it in a file'],
  },
  {
    why: 'what was found is offered after a calm day began',
    more: { proposals: 1 },
    first: ['Say what of this machine matters'],
  },
]) {
  test(why, () => assert.deepEqual(titles(more), first));
}

test('each thing to do has its button, and a reason in one sentence', () => {
  const everything = [
    ...whatNext({ ...calm, configFaults: 1, failedMessages: 1, services: troubles.slice(0, 1) }),
    ...whatNext({ ...calm, channels: 0, services: [], proposals: 2, configFile: undefined }),
  ];
  assert.equal(everything.length, 7);
  for (const { title, why, next } of everything) {
    assert.notEqual(why, '', title);
    assert.match(next.target, next.kind === 'focus' ? /^(?:add-address|add-channel|found)$/ : /\S/, title);
  }
});
