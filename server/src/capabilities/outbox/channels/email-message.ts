/** A message as a mail: what is wrong in the first words, plain text and HTML that reads well on a phone at night. Pure. */
import type { WebhookMessage } from '../../../../../contract/src/webhook-message.ts';

type Data = WebhookMessage['data'];

const marks = { down: '#d3291f', degraded: '#b87503', up: '#1b7a48' } as const;
const neutral = '#3f74d6';

const words = { down: 'is DOWN', degraded: 'is degraded', up: 'is up again' } as const;

/** A phone shows some forty characters: the service and its status come first. */
export function subjectOf({ type, data }: WebhookMessage): string {
  if (type === 'channel.test') return inOneLine(data.title);
  const repeat = data.possibleRepeat ? ' (possible repeat)' : '';
  return inOneLine(`${data.service} ${wordOf(data)} since ${utcTime(data.effectiveAtMs)}${repeat}`);
}

/**
 * The mail's name is the idempotency key, so that a mailbox which sees it twice may show it once; all of a service's
 * mails answer to one that never was, so that they make one thread.
 */
export function threadOf({ data }: WebhookMessage, messageId: string, from: string) {
  const domain = from.slice(from.lastIndexOf('@') + 1).replace(/[^A-Za-z0-9.-]/g, '');
  const root = `<pitwall.${data.serviceId}@${domain}>`;
  return { messageId: `<${messageId}@${domain}>`, references: root, inReplyTo: root };
}

/** What stands under the sentence, in both forms. */
function factsOf(message: WebhookMessage): readonly (readonly [name: string, value: string])[] {
  const { data } = message;
  if (message.type === 'channel.test') return [];
  return [
    ['Since', utcTime(data.effectiveAtMs)],
    ['Was', `${data.from}, is ${data.to}`],
    ['Severity', data.criticality],
  ];
}

function notesOf({ possibleRepeat, unrecorded }: Data): string[] {
  return [
    ...(possibleRepeat ? ['Possible repeat: an earlier attempt ended without an answer.'] : []),
    ...(unrecorded ? ['Sent from memory: the disk is full, so it is not in the ledger yet.'] : []),
  ];
}

export function plainOf(message: WebhookMessage, messageId: string): string {
  const { data } = message;
  const facts = factsOf(message).map(([name, value]) => `${name}: ${value}`);
  const parts = [data.title, data.sentence, facts.join('\n'), `Next: ${data.nextStep}`, data.link];
  const notes = [...notesOf(data), `Pitwall, ${messageId}`];
  return `${[...parts, notes.join('\n')].filter((part) => part !== '').join('\n\n')}\n`;
}

/** Without pictures, scripts or anything fetched; the colours hold in a dark mail program too. */
export function htmlOf(message: WebhookMessage, messageId: string): string {
  const { type, data } = message;
  const mark = type === 'channel.test' || !(data.to in marks) ? neutral : marks[data.to as keyof typeof marks];
  const rows = factsOf(message).map(
    ([name, value]) =>
      `<tr><td style="padding:2px 16px 2px 0;opacity:.7">${html(name)}</td><td style="padding:2px 0">${html(value)}</td></tr>`,
  );
  const button = `display:inline-block;padding:14px 22px;background:${mark};color:#ffffff;text-decoration:none;border-radius:6px;font-weight:600`;
  return [
    '<!doctype html><html lang="en"><head><meta charset="utf-8">',
    '<meta name="viewport" content="width=device-width,initial-scale=1"><meta name="color-scheme" content="light dark">',
    `<title>${html(data.title)}</title></head>`,
    '<body style="margin:0;padding:20px;font:17px/1.45 -apple-system,Segoe UI,Roboto,Helvetica,Arial,sans-serif">',
    `<div style="max-width:34em;border-left:5px solid ${mark};padding-left:16px">`,
    `<p style="margin:0 0 12px;font-size:21px;line-height:1.3;font-weight:700">${html(data.title)}</p>`,
    `<p style="margin:0 0 12px">${html(data.sentence)}</p>`,
    rows.length === 0
      ? ''
      : `<table style="border-collapse:collapse;margin:0 0 12px;font-size:16px">${rows.join('')}</table>`,
    `<p style="margin:0 0 18px"><b>Next:</b> ${html(data.nextStep)}</p>`,
    `<p style="margin:0 0 18px"><a href="${html(data.link)}" style="${button}">Open in Pitwall</a></p>`,
    ...notesOf(data).map((note) => `<p style="margin:0 0 8px;font-size:14px"><b>${html(note)}</b></p>`),
    `<p style="margin:0;font-size:13px;opacity:.7">Pitwall, ${html(messageId)}</p>`,
    '</div></body></html>',
  ].join('\n');
}

function wordOf({ to }: Data): string {
  return to in words ? words[to as keyof typeof words] : `is ${to}`;
}

function utcTime(atMs: number): string {
  return `${new Date(atMs).toISOString().slice(0, 16).replace('T', ' ')} UTC`;
}

/** A line break would begin another header. */
function inOneLine(text: string): string {
  return text.replace(/[\p{Cc}\p{Zl}\p{Zp}]+/gu, ' ').trim();
}

const entities: Readonly<Record<string, string>> = {
  '&': '&amp;',
  '<': '&lt;',
  '>': '&gt;',
  '"': '&quot;',
  "'": '&#39;',
};

function html(text: string): string {
  return text.replace(/[&<>"']/g, (sign) => entities[sign]!);
}
