import assert from 'node:assert/strict';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { test } from 'node:test';
import { Webhook } from 'standardwebhooks';
import { testChannel, testSeam } from '../../../../../testkit/channel-suite.ts';
import { verifySignature, WebhookReceiver } from '../../../../../testkit/webhook-receiver.ts';
import { Secret } from '../../../core/secret.ts';
import { systemClock } from '../../../platform/clock.ts';
import { createNetwork } from '../../../platform/resolver.ts';
import { testMessage } from '../messages.ts';
import { webhookChannel } from './webhook.ts';

const secret = `whsec_${Buffer.alloc(32, 7).toString('base64')}`;

testChannel({
  kind: webhookChannel,
  settingsFor: (url) => ({ url, secret: new Secret(secret) }),
  secrets: [secret, 'secret-path', 'secret-key'],
  keyOf: ({ headers }) => headers['webhook-id'],
});

testSeam({
  kind: webhookChannel,
  settingsAt: (host, port) => ({
    url: `http://${host}:${port}/hooks/secret-path?key=secret-key`,
    secret: new Secret(secret),
  }),
  secrets: [secret, 'secret-key'],
  sealed: [secret],
});

const network = createNetwork({ allowPrivate: true, allow: [] }, systemClock);
const { message, messageId } = testMessage('desk', 'abc', 1_791_969_240_000, { baseUrl: 'http://127.0.0.1:4400' });

async function sent(settings: { url: string; secret: Secret }, receiver: WebhookReceiver) {
  await webhookChannel.send(settings, { messageId, message }, { clock: systemClock, network, timeoutMs: 1_000 });
  return receiver.requests.at(-1)!;
}

test('the signature is the one of Standard Webhooks, over the bytes that were sent', async () => {
  await using receiver = await WebhookReceiver.start();
  const request = await sent({ url: receiver.url, secret: new Secret(secret) }, receiver);
  verifySignature(request, secret);
  assert.equal(request.headers['webhook-id'], messageId);
  assert.equal(request.headers['content-type'], 'application/json');
  assert.equal(request.method, 'POST');
  assert.throws(() => verifySignature({ ...request, body: request.body.replace('Pitwall', 'Pitfall') }, secret));
});

test('a secret that is plain text signs with its bytes', async () => {
  await using receiver = await WebhookReceiver.start();
  const text = 'sixteen letters ✓';
  const { body, headers } = await sent({ url: receiver.url, secret: new Secret(text) }, receiver);
  new Webhook(Buffer.from(text), { format: 'raw' }).verify(body, headers as Record<string, string>);
});

test('user and password of the address become a log-in and are not sent otherwise', async () => {
  await using receiver = await WebhookReceiver.start();
  const url = receiver.url.replace('http://', 'http://pit:w%40ll@');
  const request = await sent({ url, secret: new Secret(secret) }, receiver);
  assert.equal(request.headers.authorization, `Basic ${Buffer.from('pit:w@ll').toString('base64')}`);
  assert.equal(request.headers.host, `127.0.0.1:${receiver.port}`);
});

for (const { why, answer, hint } of [
  { why: 'Slack’s words', answer: 'invalid_payload', hint: /^Slack takes messages in its own format.*kind slack/ },
  { why: 'Discord’s', answer: '{"message": "Cannot send an empty message", "code": 50006}', hint: /^Discord takes/ },
  { why: 'anybody else’s', answer: 'no such hook', hint: undefined },
]) {
  test(`a refusal in ${why} says what the receiver needs, and nothing that it said`, async (t) => {
    const server = createServer((request, response) =>
      request.resume().on('end', () => response.writeHead(400).end(answer)),
    );
    await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
    t.after(() => server.close());
    const url = `http://127.0.0.1:${(server.address() as AddressInfo).port}/hook`;
    const settings = { url, secret: new Secret(secret) };
    const context = { clock: systemClock, network, timeoutMs: 1_000 };
    const result = await webhookChannel.send(settings, { messageId, message }, context);
    assert.ok(result.outcome === 'answered' && result.status === 400);
    if (hint === undefined) assert.equal(result.hint, undefined);
    else assert.match(result.hint ?? '', hint);
    assert.ok(!JSON.stringify(result).includes(answer));
  });
}
