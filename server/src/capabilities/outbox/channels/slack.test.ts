import assert from 'node:assert/strict';
import { test } from 'node:test';
import { sampleMessage, testChannel, testSeam } from '../../../../../testkit/channel-suite.ts';
import { SlackFixture } from '../../../../../testkit/slack-fixture.ts';
import { systemClock } from '../../../platform/clock.ts';
import { createNetwork } from '../../../platform/resolver.ts';
import { slackChannel } from './slack.ts';

const settings = (url: string, format?: 'blocks' | 'attachments') => slackChannel.schema.parse({ url, format });

testChannel({
  kind: slackChannel,
  settingsFor: (url) => settings(url),
  secrets: ['secret-path', 'secret-key'],
  keyOf: ({ headers }) => headers['webhook-id'],
});

testSeam({
  kind: slackChannel,
  settingsAt: (host, port) => settings(`http://${host}:${port}/hooks/secret-path`),
  secrets: ['secret-path'],
});

const network = createNetwork({ allowPrivate: true, allow: [] }, systemClock);
const context = { clock: systemClock, network, timeoutMs: 20_000 };

const send = (url: string, format: 'blocks' | 'attachments', change: Partial<typeof sampleMessage.data> = {}) => {
  const message = { ...sampleMessage, data: { ...sampleMessage.data, ...change } };
  return slackChannel.send(settings(url, format), { messageId: 'msg_1', message }, context);
};

for (const { why, to, colour } of [
  { why: 'down is red', to: 'down', colour: '#d3291f' },
  { why: 'degraded is amber', to: 'degraded', colour: '#b87503' },
  { why: 'up again is green', to: 'up', colour: '#1b7a48' },
] as const) {
  test(`Slack takes the message and shows all of it: ${why}`, async () => {
    await using slack = await SlackFixture.start();
    const result = await send(slack.url, 'blocks', { to });
    assert.deepEqual(result, { outcome: 'answered', status: 200 });
    const shown = slack.shown.at(-1)!;
    assert.equal(shown.colour, colour);
    assert.equal(shown.notification, sampleMessage.data.title);
    assert.deepEqual(shown.buttons, [{ text: 'Open in Pitwall', url: sampleMessage.data.link }]);
    for (const text of [sampleMessage.data.title, sampleMessage.data.sentence, '*Next*\nOpen the page', to]) {
      assert.ok(shown.text.includes(text), shown.text);
    }
    assert.match(shown.text, /<!date\^1791969240\^\{date_short_pretty\}, \{time\}\|2026-10-14 09:14 UTC>/);
    assert.doesNotMatch(shown.text, /Possible repeat/);
  });
}

for (const form of ['blocks', 'attachments'] as const) {
  test(`${form}: a possible repeat says so, and what a peer said calls nobody and fetches nothing`, async () => {
    await using slack = await SlackFixture.start();
    const sentence = 'Replied “<!channel> @all ![x](http://203.0.113.1/x.png) & more”';
    assert.equal((await send(slack.url, form, { possibleRepeat: true, sentence })).outcome, 'answered');
    const { text } = slack.shown[0]!;
    assert.match(text, /Possible repeat/);
    assert.ok(!text.includes('<!channel>') || form === 'attachments');
    if (form === 'blocks') assert.ok(text.includes('&lt;!channel&gt;') && text.includes('&amp; more'));
    else assert.ok(!text.includes('@all') && !text.includes('![x]('));
  });
}

test('a text that grows when it is escaped still fits into Slack’s 3,000 characters', async () => {
  await using slack = await SlackFixture.start();
  const result = await send(slack.url, 'blocks', { sentence: '&'.repeat(2_900), nextStep: 'x'.repeat(9_000) });
  assert.deepEqual(result, { outcome: 'answered', status: 200 });
});

test('another host gets attachments where nothing is said, since few know blocks', async () => {
  await using slack = await SlackFixture.start();
  await slackChannel.send(settings(slack.url), { messageId: 'msg_1', message: sampleMessage }, context);
  assert.equal(slack.shown[0]!.form, 'attachments');
});

for (const { why, answer, refusal, hint } of [
  {
    why: 'an archived channel',
    answer: { status: 410, body: 'channel_is_archived' },
    refusal: 'permanent',
    hint: /archived/,
  },
  {
    why: 'a message it cannot read',
    answer: { status: 400, body: 'invalid_payload' },
    refusal: 'permanent',
    hint: /format/,
  },
  {
    why: 'a webhook that was removed',
    answer: { status: 404, body: 'no_service' },
    refusal: 'mendable',
    hint: /removed or disabled/,
  },
  {
    why: 'a rule of an administrator',
    answer: { status: 403, body: 'action_prohibited' },
    refusal: 'mendable',
    hint: /administrator/,
  },
  {
    why: 'a channel that is gone',
    answer: { status: 404, body: 'channel_not_found' },
    refusal: 'mendable',
    hint: /gone or private/,
  },
  {
    why: 'trouble of its own',
    answer: { status: 500, body: 'rollup_error' },
    refusal: 'passing',
    hint: /its own side/,
  },
  {
    why: 'words that nobody knows',
    answer: { status: 500, body: 'T0-secret-of-mine' },
    refusal: undefined,
    hint: undefined,
  },
] as const) {
  test(`a refusal is told apart: ${why}`, async () => {
    await using slack = await SlackFixture.start();
    slack.answerNext(answer);
    const result = await send(slack.url, 'blocks');
    assert.ok(result.outcome === 'answered');
    assert.deepEqual([result.status, result.refusal], [answer.status, refusal]);
    if (hint !== undefined) assert.match(result.hint ?? '', hint);
    assert.ok(!JSON.stringify(result).includes(answer.body), 'its own words are not shown');
  });
}

test('too many messages: the time it names is handed on, and it passes', async () => {
  await using slack = await SlackFixture.start();
  slack.answerNext({ status: 429, headers: { 'retry-after': '30' }, body: 'rate_limited' });
  const result = await send(slack.url, 'blocks');
  assert.deepEqual(result, {
    outcome: 'answered',
    status: 429,
    retryAfterMs: 30_000,
    hint: 'too many messages',
    refusal: 'passing',
  });
});

for (const { why, url, shown } of [
  { why: 'a variable by its name', url: '${SLACK_URL}', shown: '${SLACK_URL}' },
  { why: 'an address by its host', url: 'https://hooks.slack.com/services/T0/B0/x', shown: 'https://hooks.slack.com' },
  { why: 'a file as a file', url: { file: 'slack.txt' }, shown: '{file: …}' },
]) {
  test(`what the page shows of it: ${why}`, () => assert.equal(slackChannel.shownTarget({ url }), shown));
}

test('the address of a workflow is refused where it is written, with what is needed', () => {
  const { error } = slackChannel.schema.safeParse({ url: 'https://hooks.slack.com/triggers/T0/1/x' });
  assert.match(error!.issues[0]!.message, /workflows and triggers/);
});
