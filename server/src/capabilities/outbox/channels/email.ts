/** Kind `email`: a mail through an SMTP server of one's own or of a provider. */
import { z } from 'zod';
import { reasonSentence } from '../../../../../contract/src/reasons.ts';
import { refuseUnseen } from '../../../../../contract/src/unseen.ts';
import { Secret } from '../../../core/secret.ts';
import { type SmtpEnd, type SmtpRefusal, sendMailOnce } from '../../../platform/smtp-send.ts';
import type { AttemptResult, Refusal } from '../domain.ts';
import { defineChannel } from './channel.ts';
import { htmlOf, plainOf, subjectOf, threadOf } from './email-message.ts';

const usualPort = { starttls: 587, tls: 465, none: 25 } as const;
const thisMachine = /^(localhost|127(\.\d{1,3}){3}|::1)$/;

const emailSchema = z
  .strictObject({
    host: z.string().min(1).max(253).superRefine(refuseUnseen).describe('The SMTP server, by name or address'),
    port: z.int().min(1).max(65_535).optional().describe('587 with starttls, 465 with tls, 25 with none'),
    security: z
      .enum(['starttls', 'tls', 'none'])
      .optional()
      .meta({ description: 'How the connection is encrypted; `none` only where nobody listens', default: 'starttls' }),
    user: z.string().min(1).max(320).optional().describe('Whom to log in as; nobody where left out'),
    password: z
      .string()
      .min(1)
      .transform((text) => new Secret(text))
      .optional()
      .describe('Its password'),
    from: z.email().max(254).describe('The address that mails come from'),
    to: z.array(z.email().max(254)).min(1).max(50).describe('Who is told'),
    ca: z
      .string()
      .includes('-----BEGIN CERTIFICATE-----')
      .optional()
      .describe('Certificate of an authority of your own, as PEM, trusted beside the system’s: {file: ca.pem}'),
  })
  .superRefine(({ host, security, user, password }, context) => {
    if ((user === undefined) !== (password === undefined)) {
      const [there, absent] = user === undefined ? ['password', 'user'] : ['user', 'password'];
      const message = `there is a \`${there}\` and no \`${absent}\``;
      context.addIssue({ code: 'custom', path: [there!], message, params: { fix: `add \`${absent}: …\`` } });
    }
    if (password === undefined || security !== 'none' || thisMachine.test(host)) return;
    const message = 'without encryption the password would be readable on its way';
    context.addIssue({ code: 'custom', path: ['security'], message, params: { fix: 'use starttls or tls' } });
  });
export type EmailSettings = z.output<typeof emailSchema>;

export const emailChannel = defineChannel<EmailSettings>({
  kind: 'email',
  title: 'A mail over SMTP',
  schema: emailSchema,
  secrets: { password: 'send mail as its user' },
  // Servers that delay strangers take some twenty seconds to greet (postscreen 6, greet pauses up to 30).
  timeoutMs: 40_000,
  shownTarget: ({ to, host }) => `${shownList(to)} through ${textOr(host)}`,
  async send(settings, { messageId, message }, { clock, network, timeoutMs, signal }) {
    const { host, security = 'starttls', port = usualPort[security], user, password, from, to, ca } = settings;
    const content = await mailOf({
      from: { name: 'Pitwall', address: from },
      to: [...to],
      subject: subjectOf(message),
      date: new Date(message.timestamp),
      ...threadOf(message, messageId, from),
      // So that no holiday notice comes back (RFC 3834).
      headers: { 'Auto-Submitted': 'auto-generated', 'X-Pitwall-Message': messageId },
      text: plainOf(message, messageId),
      html: htmlOf(message, messageId),
      disableFileAccess: true,
      disableUrlAccess: true,
    });
    const login = user === undefined || password === undefined ? undefined : { user, password: password.reveal() };
    const request = { host, port, security, ca, login, from, to, content, timeoutMs };
    return toResult(await sendMailOnce(signal === undefined ? request : { ...request, signal }, { clock, network }));
  },
});

async function mailOf(mail: object): Promise<Buffer> {
  // Loaded with the first mail: most never send one.
  const { default: MailComposer } = await import('nodemailer/lib/mail-composer');
  return new MailComposer(mail).compile().build();
}

function textOr(value: unknown): string {
  return typeof value === 'string' ? value : '{file: …}';
}

function shownList(value: unknown): string {
  return Array.isArray(value) ? value.map(textOr).join(', ') : textOr(value);
}

/** What was being done, as it reads after “it refused”. */
const doing = {
  greeting: 'the connection',
  encryption: 'the encryption',
  login: 'the login',
  sender: 'the sender',
  recipients: 'the recipients',
  content: 'the mail',
} as const;

/** Enhanced status codes (RFC 3463 and its registry) that say what to do; a server's own words may hold anything. */
const meanings: Readonly<Record<string, string>> = {
  '1.1': 'there is no such mailbox',
  '1.2': 'there is no such mail domain',
  '1.8': 'the sender’s domain does not exist',
  '2.1': 'the mailbox is disabled',
  '2.2': 'the mailbox is full',
  '3.4': 'the mail is too large',
  '7.0': 'its rules forbid it',
  '7.1': 'its rules forbid it: may this sender send there?',
  '7.8': 'user or password is wrong',
  '7.26': 'the sender’s domain is not authenticated (SPF, DKIM)',
};

function refusalText({ step, status, enhanced }: SmtpRefusal): string {
  const meaning = enhanced === undefined ? undefined : meanings[enhanced.slice(2)];
  const known = meaning ?? (step === 'login' && status === 535 ? 'user or password is wrong' : undefined);
  return `it refused ${doing[step]}${enhanced === undefined ? '' : ` with ${enhanced}`}${known === undefined ? '' : `: ${known}`}`;
}

/** 4xx passes by itself (RFC 5321, 4.2.1). A 5xx to the mail is for good; one to the server’s settings may be mended. */
function meaningOf({ step, status }: SmtpRefusal): Refusal {
  if (status < 500) return 'passing';
  return step === 'sender' || step === 'recipients' || step === 'content' ? 'permanent' : 'mendable';
}

function toResult(end: SmtpEnd): AttemptResult {
  if (end.outcome === 'broken') {
    const why = reasonSentence(end.fault.reason, end.fault.facts);
    return { outcome: end.handedOver ? 'unclear' : 'unsent', why };
  }
  if (end.outcome === 'refused') {
    return { outcome: 'answered', status: end.status, hint: refusalText(end), refusal: meaningOf(end) };
  }
  const later = end.refused.filter(({ status }) => status < 500);
  if (later.length === 0) return { outcome: 'answered', status: 250, ...remarkOf(end.refused) };
  // Each is owed the message: it is sent again to all, and says that it may be a repeat.
  const names = later.map(({ recipient, status }) => `${recipient} (${status})`).join(', ');
  return { outcome: 'unclear', why: `Taken for some; not yet for ${names}` };
}

function remarkOf(refused: readonly (SmtpRefusal & { readonly recipient: string })[]): { hint?: string } {
  if (refused.length === 0) return {};
  return { hint: refused.map((each) => `Not to ${each.recipient}: ${refusalText(each)}`).join('; ') };
}
