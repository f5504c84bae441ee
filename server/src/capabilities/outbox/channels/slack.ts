/** Kind `slack`: an incoming webhook of Slack, or of a chat that takes the same messages, such as Mattermost. */
import { z } from 'zod';
import { reasonSentence } from '../../../../../contract/src/reasons.ts';
import { refuseUnseen } from '../../../../../contract/src/unseen.ts';
import { Secret } from '../../../core/secret.ts';
import { type PostEnd, postOnce } from '../../../platform/http-post.ts';
import { type AttemptResult, parseRetryAfterMs, type Refusal } from '../domain.ts';
import { defineChannel } from './channel.ts';
import { slackPayload } from './slack-message.ts';

const slackHost = /(^|\.)slack(-gov)?\.com$/;

export function isSlack(hostname: string): boolean {
  return slackHost.test(hostname);
}

const webhookUrl = z
  .url({ protocol: /^https?$/ })
  .max(2_000)
  .superRefine(refuseUnseen)
  .superRefine((text, context) => {
    if (!URL.canParse(text)) return;
    const { hostname, pathname } = new URL(text);
    if (!isSlack(hostname) || pathname.startsWith('/services/')) return;
    const message = 'not an incoming webhook of Slack: workflows and triggers take variables of their own';
    const fix = 'make an “Incoming Webhook” in Slack; its address begins with https://hooks.slack.com/services/';
    context.addIssue({ code: 'custom', message, params: { fix } });
  });

const slackSchema = z.strictObject({
  url: webhookUrl
    .describe('The address of the incoming webhook, whole: who knows it can post')
    .transform((text) => new Secret(text)),
  format: z
    .enum(['blocks', 'attachments'])
    .optional()
    .describe('`blocks` for Slack, `attachments` for Mattermost and others; by the host where left out'),
});
export type SlackSettings = z.output<typeof slackSchema>;

export const slackChannel = defineChannel<SlackSettings>({
  kind: 'slack',
  title: 'Slack, or a chat that takes its messages (Mattermost, Rocket.Chat)',
  schema: slackSchema,
  secrets: { url: 'post to the chat' },
  shownTarget: ({ url }) => shownChat(url),
  async send({ url, format }, { messageId, message }, { clock, network, timeoutMs, signal }) {
    const target = new URL(url.reveal());
    const form = format ?? (isSlack(target.hostname) ? 'blocks' : 'attachments');
    const body = JSON.stringify(slackPayload(message, messageId, form));
    const headers = [
      ['content-type', 'application/json; charset=utf-8'],
      ['user-agent', 'Pitwall'],
      // Slack does not look at it; whoever relays can tell a repeat by it.
      ['webhook-id', messageId],
    ] as const;
    const request = { url: target, headers, body, timeoutMs, ...(signal === undefined ? {} : { signal }) };
    const end = await postOnce(request, { clock, network });
    return toResult(end, clock.nowMs());
  },
});

/** The path is the secret, so the host alone; a variable has no host yet. */
function shownChat(url: unknown): string {
  if (typeof url !== 'string') return '{file: …}';
  const variables = [...url.matchAll(/\$\{([A-Za-z_]\w*)[^}]*\}/g)].map(([, name]) => `\${${name}}`);
  if (variables.length > 0) return variables.join('');
  return URL.canParse(url) ? new URL(url).origin : '[redacted]';
}

/** Slack's own words (docs.slack.dev, “Sending messages using incoming webhooks”) and Mattermost's ids, in ours. */
const refusals: readonly { readonly words: RegExp; readonly refusal: Refusal; readonly hint: string }[] = [
  {
    words: /channel_is_archived/,
    refusal: 'permanent',
    hint: 'the channel is archived: make a webhook for another, or unarchive it',
  },
  {
    words: /no_service|no_active_hooks|invalid_token|webhook.*(disabled|not.?found)|web_hook\.invalid/i,
    refusal: 'mendable',
    hint: 'the webhook was removed or disabled: make a new one and put its address into the configuration',
  },
  { words: /no_team|team_disabled/, refusal: 'mendable', hint: 'the workspace is gone or disabled' },
  {
    words: /channel_not_found|channel_not_exists/,
    refusal: 'mendable',
    hint: 'the channel is gone or private: make a webhook for another',
  },
  {
    words: /action_prohibited|posting_to_(general|.*)_channel_denied|channel_locked/,
    refusal: 'mendable',
    hint: 'an administrator restricts who may post there',
  },
  {
    words:
      /invalid_payload|invalid_attachments|invalid_blocks|too_many_attachments|no_text|msg_too_long|unable to parse/i,
    refusal: 'permanent',
    hint: 'it does not take this form of message: set `format` to the other (blocks or attachments)',
  },
  { words: /rollup_error/, refusal: 'passing', hint: 'it failed on its own side' },
];

function toResult({ status, retryAfter, fault, handedOver, said }: PostEnd, nowMs: number): AttemptResult {
  if (status === undefined) {
    const why = fault === undefined ? 'No answer' : reasonSentence(fault.reason, fault.facts);
    return { outcome: handedOver ? 'unclear' : 'unsent', why };
  }
  if (status >= 200 && status < 300) return { outcome: 'answered', status };
  if (status === 429) {
    const retryAfterMs = parseRetryAfterMs(retryAfter, nowMs);
    return { outcome: 'answered', status, retryAfterMs, hint: 'too many messages', refusal: 'passing' };
  }
  const retryAfterMs = parseRetryAfterMs(retryAfter, nowMs);
  const known = refusals.find(({ words }) => words.test(said));
  return { outcome: 'answered', status, retryAfterMs, hint: known?.hint, refusal: known?.refusal };
}
