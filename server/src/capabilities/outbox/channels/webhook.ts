/** Kind `webhook`: a signed POST as Standard Webhooks describes it. */
import { Webhook } from 'standardwebhooks';
import { z } from 'zod';
import { reasonSentence } from '../../../../../contract/src/reasons.ts';
import { Secret } from '../../../core/secret.ts';
import { type PostEnd, postOnce } from '../../../platform/http-post.ts';
import { type AttemptResult, parseRetryAfterMs } from '../domain.ts';
import { defineChannel } from './channel.ts';

const webhookSchema = z.strictObject({
  url: z.url({ protocol: /^https?$/ }).max(2_000),
  /** `whsec_` and base64, or any text, whose bytes are then the key. */
  secret: z.instanceof(Secret),
});
export type WebhookSettings = z.output<typeof webhookSchema>;

export const webhookChannel = defineChannel<WebhookSettings>({
  kind: 'webhook',
  title: 'Webhook',
  schema: webhookSchema,
  async send({ url, secret }, { messageId, message }, { clock, network, timeoutMs, signal }) {
    const target = new URL(url);
    const body = JSON.stringify(message);
    const nowMs = clock.nowMs();
    const headers: [string, string][] = [
      ['content-type', 'application/json'],
      ['user-agent', 'Pitwall'],
      ['webhook-id', messageId],
      ['webhook-timestamp', String(Math.floor(nowMs / 1_000))],
      ['webhook-signature', signerOf(secret).sign(messageId, new Date(nowMs), body)],
    ];
    const login = basicLogin(target);
    if (login !== undefined) headers.push(['authorization', login]);
    const request = { url: target, headers, body, timeoutMs, ...(signal === undefined ? {} : { signal }) };
    return toResult(await postOnce(request, { clock, network }), nowMs);
  },
});

function signerOf(secret: Secret): Webhook {
  const text = secret.reveal();
  return text.startsWith('whsec_') ? new Webhook(text) : new Webhook(Buffer.from(text, 'utf8'), { format: 'raw' });
}

/** `https://user:password@host/` is a log-in, as everywhere else. */
function basicLogin({ username, password }: URL): string | undefined {
  if (username === '' && password === '') return undefined;
  const pair = `${decodeURIComponent(username)}:${decodeURIComponent(password)}`;
  return `Basic ${Buffer.from(pair, 'utf8').toString('base64')}`;
}

function toResult({ status, retryAfter, fault, handedOver }: PostEnd, nowMs: number): AttemptResult {
  if (status !== undefined) return { outcome: 'answered', status, retryAfterMs: parseRetryAfterMs(retryAfter, nowMs) };
  const why = fault === undefined ? 'No answer' : reasonSentence(fault.reason, fault.facts);
  return { outcome: handedOver ? 'unclear' : 'unsent', why };
}
