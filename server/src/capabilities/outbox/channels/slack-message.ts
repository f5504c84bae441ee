/** A message as Slack's Block Kit shows it, and as attachments, which Mattermost and others know. Pure. */
import type { WebhookMessage } from '../../../../../contract/src/webhook-message.ts';

type Data = WebhookMessage['data'];

/** Slack refuses a message with a longer text in one section. */
const longestSection = 2_900;

/** As the page colours them. */
const colours = { down: '#d3291f', degraded: '#b87503', up: '#1b7a48' } as const;
const neutral = '#3f74d6';

export function slackPayload(message: WebhookMessage, messageId: string, form: 'blocks' | 'attachments') {
  return form === 'blocks' ? blocksOf(message, messageId) : attachmentsOf(message, messageId);
}

function blocksOf({ type, data }: WebhookMessage, messageId: string) {
  const section = (text: string) => ({ type: 'section', text: { type: 'mrkdwn', text } });
  return {
    // What a notification and a screen reader say.
    text: mrkdwn(data.title),
    blocks: [section(`*${mrkdwn(data.title)}*`)],
    // Only an attachment has a coloured edge.
    attachments: [
      {
        color: colourOf(type, data),
        fallback: mrkdwn(data.title),
        blocks: [
          section(mrkdwn(data.sentence)),
          {
            type: 'section',
            fields: [
              { type: 'mrkdwn', text: `*Since*\n${localTime(data.effectiveAtMs)}` },
              { type: 'mrkdwn', text: `*Severity*\n${severityOf(data)}` },
            ],
          },
          section(`*Next*\n${mrkdwn(data.nextStep)}`),
          {
            type: 'actions',
            elements: [
              {
                type: 'button',
                text: { type: 'plain_text', text: 'Open in Pitwall' },
                url: data.link,
                action_id: 'open',
              },
            ],
          },
          {
            type: 'context',
            elements: notesOf(data, messageId).map((text) => ({ type: 'mrkdwn', text: mrkdwn(text) })),
          },
        ],
      },
    ],
  };
}

function attachmentsOf({ type, data }: WebhookMessage, messageId: string) {
  return {
    text: markdown(data.title),
    username: 'Pitwall',
    attachments: [
      {
        color: colourOf(type, data),
        fallback: data.title,
        title: 'Open in Pitwall',
        title_link: data.link,
        text: markdown(data.sentence),
        fields: [
          { title: 'Since', value: utcTime(data.effectiveAtMs), short: true },
          { title: 'Severity', value: severityOf(data), short: true },
          { title: 'Next', value: markdown(data.nextStep), short: false },
        ],
        footer: notesOf(data, messageId).join(' · '),
      },
    ],
  };
}

function colourOf(type: WebhookMessage['type'], { to }: Data): string {
  if (type === 'channel.test') return neutral;
  return to in colours ? colours[to as keyof typeof colours] : neutral;
}

function severityOf({ to, criticality }: Data): string {
  return `${to}, ${criticality}`;
}

/** What the reader must know of the message itself; its id last, to find it in the ledger. */
function notesOf({ possibleRepeat, unrecorded }: Data, messageId: string): string[] {
  return [
    ...(possibleRepeat ? ['Possible repeat: an earlier attempt ended without an answer'] : []),
    ...(unrecorded ? ['Sent from memory: the disk is full, so it is not in the ledger yet'] : []),
    messageId,
  ];
}

function utcTime(atMs: number): string {
  return `${new Date(atMs).toISOString().slice(0, 16).replace('T', ' ')} UTC`;
}

/** In the reader's own zone; UTC where the client cannot. */
function localTime(atMs: number): string {
  return `<!date^${Math.floor(atMs / 1_000)}^{date_short_pretty}, {time}|${utcTime(atMs)}>`;
}

/** These three are all that Slack's format wants escaped; it also keeps `<!channel>` in a peer's words from calling anybody. */
function mrkdwn(text: string): string {
  const escaped = text.replaceAll('&', '&amp;').replaceAll('<', '&lt;').replaceAll('>', '&gt;');
  // A text of nothing but `&` grows fivefold.
  return escaped.length <= longestSection ? escaped : `${mrkdwn(text.slice(0, longestSection / 5))}…`;
}

/** Markdown shows a peer's words as they are, fetches no image of theirs, and `@all` in them calls nobody. */
function markdown(text: string): string {
  return text
    .slice(0, longestSection)
    .replace(/[\\`*_[\]<>#|~!]/g, (sign) => `\\${sign}`)
    .replace(/@(?=\w)/g, '@\u200b');
}
