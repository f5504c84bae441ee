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
    return toResult(await postOnce(request, { clock, network }), target.hostname, nowMs);
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

/** Chats that take messages in a form of their own, by their host or by the words with which they refuse another. */
const chats: readonly { readonly name: string; readonly host: RegExp; readonly words: RegExp }[] = [
  {
    name: 'Slack',
    host: /(^|\.)slack\.com$/,
    words: /invalid_payload|no_text|missing_text|no_service|invalid_attachments/,
  },
  { name: 'Discord', host: /(^|\.)discord(app)?\.com$/, words: /"code":\s*50006|empty message/i },
  { name: 'Mattermost', host: /(^|\.)mattermost\./, words: /unable to parse incoming data|no text specified/i },
  {
    name: 'Teams',
    host: /\.(webhook\.office|logic\.azure)\.com$/,
    words: /bad payload received|summary or text is required/i,
  },
  { name: 'Google Chat', host: /^chat\.googleapis\.com$/, words: /message cannot be empty/i },
];

/** A chat's refusal says little to who does not know its format; what it needs is known here. */
function chatHint(host: string, said: string): string | undefined {
  const chat = chats.find((one) => one.host.test(host) || one.words.test(said));
  if (chat === undefined) return undefined;
  const next =
    chat.name === 'Slack' ? 'a channel for it comes with the next release; until then put a relay' : 'put a relay';
  return `${chat.name} takes messages in its own format, not as Standard Webhooks: ${next} between that rewrites them`;
}

function toResult(end: PostEnd, host: string, nowMs: number): AttemptResult {
  const { status, retryAfter, fault, handedOver, said } = end;
  if (status !== undefined) {
    const retryAfterMs = parseRetryAfterMs(retryAfter, nowMs);
    return { outcome: 'answered', status, retryAfterMs, hint: status < 400 ? undefined : chatHint(host, said) };
  }
  const why = fault === undefined ? 'No answer' : reasonSentence(fault.reason, fault.facts);
  return { outcome: handedOver ? 'unclear' : 'unsent', why };
}
