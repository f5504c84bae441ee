/** Kind `webhook`: a signed POST as Standard Webhooks describes it. */
import { Webhook } from 'standardwebhooks';
import { z } from 'zod';
import { reasonSentence } from '../../../../../contract/src/reasons.ts';
import { refuseUnseen } from '../../../../../contract/src/unseen.ts';
import { Secret } from '../../../core/secret.ts';
import { shownAddress } from '../../../core/secret-address.ts';
import { type PostEnd, postOnce } from '../../../platform/http-post.ts';
import { type AttemptResult, parseRetryAfterMs } from '../domain.ts';
import { defineChannel } from './channel.ts';

/** `whsec_` and base64 of 24 to 64 bytes is what Standard Webhooks makes; any other text is used as its bytes. */
const signingSecret = z.string().superRefine((text, context) => {
  const fix = `use whsec_ and 24 to 64 bytes in base64, or any text of at least 16 characters, best as \${NAME}`;
  if (text.startsWith('whsec_')) {
    const base64 = text.slice('whsec_'.length);
    const bytes = Math.floor((base64.replace(/=+$/, '').length * 3) / 4);
    if (/^[A-Za-z0-9+/]+={0,2}$/.test(base64) && bytes >= 24 && bytes <= 64) return;
    context.addIssue({ code: 'custom', message: 'not a valid whsec_ secret', params: { fix } });
  } else if (text.length < 16) {
    context.addIssue({ code: 'custom', message: 'the secret is shorter than 16 characters', params: { fix } });
  }
});

const webhookSchema = z.strictObject({
  url: z
    .url({ protocol: /^https?$/ })
    .max(2_000)
    .superRefine(refuseUnseen)
    .describe('Where messages are posted (http or https)'),
  secret: signingSecret
    .describe('Signs the messages: whsec_…, or at least 16 characters')
    .transform((text) => new Secret(text)),
});
export type WebhookSettings = z.output<typeof webhookSchema>;

export const webhookChannel = defineChannel<WebhookSettings>({
  kind: 'webhook',
  title: 'A signed POST, as Standard Webhooks describes it',
  schema: webhookSchema,
  secrets: { secret: 'sign messages' },
  shownTarget: ({ url }) => (typeof url === 'string' ? shownAddress(url) : '{file: …}'),
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
const chats: readonly {
  readonly name: string;
  readonly kind?: string;
  readonly host: RegExp;
  readonly words: RegExp;
}[] = [
  {
    name: 'Slack',
    kind: 'slack',
    host: /(^|\.)slack\.com$/,
    words: /invalid_payload|no_text|missing_text|no_service|invalid_attachments/,
  },
  { name: 'Discord', host: /(^|\.)discord(app)?\.com$/, words: /"code":\s*50006|empty message/i },
  {
    name: 'Mattermost',
    kind: 'slack',
    host: /(^|\.)mattermost\./,
    words: /unable to parse incoming data|no text specified/i,
  },
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
  const format = `${chat.name} takes messages in its own format, not as Standard Webhooks`;
  const next =
    chat.kind === undefined ? 'put a relay between that rewrites them' : `make it a channel of kind ${chat.kind}`;
  return `${format}: ${next}`;
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
