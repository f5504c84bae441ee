import assert from 'node:assert/strict';
import { test } from 'node:test';
import { startAiosmtpd } from '../../../../../testkit/aiosmtpd.ts';
import { makeCertificate } from '../../../../../testkit/certificates.ts';
import { sampleMessage, testSeam } from '../../../../../testkit/channel-suite.ts';
import { type SmtpMood, SmtpReceiver, type SmtpVerb } from '../../../../../testkit/smtp-receiver.ts';
import { systemClock } from '../../../platform/clock.ts';
import { createNetwork } from '../../../platform/resolver.ts';
import { emailChannel } from './email.ts';

const password = 'geheim-und-lang';
const login = { user: 'pitwall', password };
const addresses = { from: 'pitwall@shop.example', to: ['anna@shop.example', 'ben@shop.example'] };
const authority = makeCertificate({ subject: 'Pitwall test authority', authority: true });
const good = makeCertificate({ subject: 'localhost', names: ['localhost', '127.0.0.1'], issuer: authority });

testSeam({
  kind: emailChannel,
  settingsAt: (host, port) => emailChannel.schema.parse({ host, port, ...login, ...addresses }),
  secrets: [password, Buffer.from(password).toString('base64')],
});

const network = createNetwork({ allowPrivate: true, allow: [] }, systemClock);

interface Sending {
  readonly settings?: Record<string, unknown>;
  readonly change?: Partial<typeof sampleMessage.data>;
  readonly messageId?: string;
  readonly timeoutMs?: number;
}

async function send(
  port: number,
  { settings = {}, change = {}, messageId = 'msg_1', timeoutMs = 20_000 }: Sending = {},
) {
  const plain = { host: '127.0.0.1', port, security: 'none', ...addresses };
  const parsed = emailChannel.schema.parse({ ...plain, ...settings });
  const message = { ...sampleMessage, data: { ...sampleMessage.data, ...change } };
  const result = await emailChannel.send(parsed, { messageId, message }, { clock: systemClock, network, timeoutMs });
  assert.ok(!JSON.stringify(result).includes(password), 'the password is shown');
  return result;
}

const taken = { outcome: 'answered', status: 250 };

/** A header with its continuation lines, encoded words left as they are. */
function header(content: string, name: string): string {
  const found = new RegExp(`^${name}: (.*(?:\\r?\\n[ \\t].*)*)`, 'mi').exec(content);
  return (found?.[1] ?? '').replace(/\r?\n\s*/g, ' ');
}

test('a real server takes it, encrypted and logged in, and it says what matters', async () => {
  await using server = await startAiosmtpd({ ...login, certificate: good });
  const result = await send(server.port, {
    settings: { host: 'localhost', security: 'starttls', ca: authority.cert, ...login },
  });
  assert.deepEqual(result, taken);
  const mail = await server.mail();
  assert.match(header(mail, 'Subject'), /^Chatwoot worker is DOWN since 2026-10-14 09:14 UTC$/);
  assert.equal(header(mail, 'Message-ID'), '<msg_1@shop.example>');
  assert.equal(header(mail, 'References'), '<pitwall.chatwoot-worker@shop.example>');
  assert.equal(header(mail, 'Auto-Submitted'), 'auto-generated');
  assert.match(mail, /Content-Type: text\/plain/);
  assert.match(mail, /Content-Type: text\/html/);
  assert.ok(mail.includes('Next: Open the page'));
});

test('encrypted from the first byte', async () => {
  await using server = await SmtpReceiver.start({ certificate: good, implicitTls: true, ...login });
  const settings = { host: 'localhost', security: 'tls', ca: authority.cert, ...login };
  assert.deepEqual(await send(server.port, { settings }), taken);
  const [mail] = server.mails;
  assert.deepEqual([mail!.encrypted, mail!.user, mail!.to], [true, 'pitwall', addresses.to]);
  await server.allClosed();
});

test('attempts of one message have one name, its service’s mails one thread, and a repeat says so', async () => {
  await using server = await SmtpReceiver.start();
  await send(server.port);
  await send(server.port, { change: { possibleRepeat: true } });
  await send(server.port, { messageId: 'msg_2', change: { to: 'up' } });
  const [first, again, later] = server.mails.map(({ content }) => content);
  assert.equal(header(first!, 'Message-ID'), header(again!, 'Message-ID'));
  assert.notEqual(header(first!, 'Message-ID'), header(later!, 'Message-ID'));
  assert.equal(header(first!, 'References'), header(later!, 'References'));
  assert.match(header(again!, 'Subject'), /possible repeat/);
  assert.match(header(later!, 'Subject'), /^Chatwoot worker is up again/);
});

test('a peer’s words begin no header and no tag', async () => {
  await using server = await SmtpReceiver.start();
  const change = { service: 'Shop\r\nBcc: eve@evil.example', sentence: 'Replied “<img src=x>”' };
  assert.deepEqual(await send(server.port, { change }), taken);
  const { content } = server.mails[0]!;
  assert.equal(header(content, 'Bcc'), '');
  assert.ok(!content.slice(content.indexOf('text/html')).includes('<img'));
});

const at = (wanted: SmtpVerb, mood: SmtpMood) => (verb: SmtpVerb) => (verb === wanted ? mood : undefined);

for (const { why, mood, expected } of [
  {
    why: 'a mailbox that does not exist is refused for good',
    mood: at('rcpt', '550 5.1.1 <anna> unknown'),
    expected: {
      outcome: 'answered',
      status: 550,
      refusal: 'permanent',
      hint: 'it refused the recipients with 5.1.1: there is no such mailbox',
    },
  },
  {
    why: 'greylisting passes',
    mood: at('rcpt', '451 4.7.1 come back'),
    expected: {
      outcome: 'answered',
      status: 451,
      refusal: 'passing',
      hint: 'it refused the recipients with 4.7.1: its rules forbid it: may this sender send there?',
    },
  },
  {
    why: 'a content it will not have is refused for good',
    mood: at('content', '554 5.7.1 spam'),
    expected: { outcome: 'answered', status: 554, refusal: 'permanent' },
  },
  {
    why: 'a full disk of its own after the content passes',
    mood: at('content', '452 4.3.1 full'),
    expected: { outcome: 'answered', status: 452, refusal: 'passing' },
  },
  {
    why: '421 to the greeting passes',
    mood: at('connect', '421 4.3.2 shutting down'),
    expected: { outcome: 'answered', status: 421, refusal: 'passing' },
  },
  {
    why: '421 in the middle passes',
    mood: at('mail', '421 4.3.2 shutting down'),
    expected: { outcome: 'answered', status: 421, refusal: 'passing' },
  },
  {
    why: 'a server that does not want us may be mended',
    mood: at('connect', '554 no'),
    expected: { outcome: 'answered', status: 554, refusal: 'mendable' },
  },
  { why: 'dropped before the content handed nothing over', mood: at('rcpt', 'drop'), expected: { outcome: 'unsent' } },
  {
    why: 'dropped after the content may have been a delivery',
    mood: at('content', 'drop'),
    expected: { outcome: 'unclear' },
  },
  {
    why: 'reset after the content may have been a delivery',
    mood: at('content', 'reset'),
    expected: { outcome: 'unclear' },
  },
  { why: 'a greeting without an end is cut off', mood: at('connect', 'flood'), expected: { outcome: 'unsent' } },
  { why: 'an answer without an end is cut off', mood: at('ehlo', 'flood'), expected: { outcome: 'unsent' } },
  { why: 'no SMTP at all', mood: at('connect', 'SSH-2.0-OpenSSH_9.2'), expected: { outcome: 'unsent' } },
] as const) {
  test(`email: ${why}`, async () => {
    await using server = await SmtpReceiver.start();
    server.mood = mood;
    const result = await send(server.port);
    assert.deepEqual({ ...result, ...expected }, result);
    await server.allClosed();
  });
}

for (const { verb, outcome } of [
  { verb: 'connect', outcome: 'unsent' },
  { verb: 'mail', outcome: 'unsent' },
  { verb: 'content', outcome: 'unclear' },
] as const) {
  test(`email: silence at ${verb} is over when the time is, its socket freed`, async () => {
    await using server = await SmtpReceiver.start();
    server.mood = at(verb, 'hang');
    const result = await send(server.port, { timeoutMs: 700 });
    assert.equal(result.outcome, outcome);
    await server.allClosed();
  });
}

test('one of two is told later: both get it again, marked; one of two never: it is said whom it does not reach', async () => {
  await using server = await SmtpReceiver.start();
  server.mood = (verb, who) => (verb === 'rcpt' && who.startsWith('ben') ? '451 4.7.1 come back' : undefined);
  assert.deepEqual(await send(server.port), {
    outcome: 'unclear',
    why: 'Taken for some; not yet for ben@shop.example (451)',
  });
  server.mood = (verb, who) => (verb === 'rcpt' && who.startsWith('ben') ? '550 5.1.1 unknown' : undefined);
  const result = await send(server.port);
  assert.ok(result.outcome === 'answered' && result.status === 250);
  assert.match(result.hint ?? '', /^Not to ben@shop\.example: .*no such mailbox/);
});

test('a wrong password is named, never shown, and may be mended', async () => {
  await using server = await SmtpReceiver.start({ certificate: good, ...login });
  const settings = {
    host: 'localhost',
    security: 'starttls',
    ca: authority.cert,
    user: 'pitwall',
    password: `${password}!`,
  };
  const result = await send(server.port, { settings });
  assert.deepEqual(result, {
    outcome: 'answered',
    status: 535,
    hint: 'it refused the login with 5.7.8: user or password is wrong',
    refusal: 'mendable',
  });
});

const expired = makeCertificate({
  subject: 'localhost',
  names: ['localhost'],
  issuer: authority,
  notAfterMs: Date.now() - 60_000,
});
const foreign = makeCertificate({ subject: 'mx.example', names: ['mx.example'], issuer: authority });

for (const { why, certificate, ca, says } of [
  { why: 'of an authority that nobody knows', certificate: good, ca: undefined, says: /certificate is not accepted/ },
  { why: 'of another name', certificate: foreign, ca: authority.cert, says: /certificate is not accepted/ },
  { why: 'that has expired', certificate: expired, ca: authority.cert, says: /certificate is not accepted/ },
  { why: 'at all', certificate: undefined, ca: authority.cert, says: /./ },
]) {
  for (const implicitTls of [false, true]) {
    if (certificate === undefined && implicitTls) continue;
    const security = implicitTls ? 'tls' : 'starttls';
    test(`email over ${security}: a server without a certificate that counts (${why}) hears neither password nor mail`, async () => {
      await using server = await SmtpReceiver.start({
        ...(certificate === undefined ? {} : { certificate }),
        implicitTls,
        ...login,
      });
      const result = await send(server.port, { settings: { host: 'localhost', security, ca, ...login } });
      assert.ok(
        result.outcome === 'unsent' || (result.outcome === 'answered' && result.refusal === 'mendable'),
        JSON.stringify(result),
      );
      if (result.outcome === 'unsent') assert.match(result.why, says);
      assert.ok(!server.commands.some((line) => /^(AUTH|MAIL)/i.test(line)), server.commands.join('\n'));
      assert.equal(server.mails.length, 0);
    });
  }
}

for (const { why, change, says } of [
  {
    why: 'a password in the open',
    change: { security: 'none', host: 'mx.example', ...login },
    says: /would be readable/,
  },
  { why: 'a user without a password', change: { user: 'pitwall' }, says: /no `password`/ },
  { why: 'nobody to tell', change: { to: [] }, says: /./ },
]) {
  test(`refused where it is written: ${why}`, () => {
    const { error } = emailChannel.schema.safeParse({ host: 'mx.example', ...addresses, ...change });
    assert.match(error?.issues[0]?.message ?? '', says);
  });
}

test('the page shows whom it goes to and through which server', () => {
  assert.equal(
    emailChannel.shownTarget({ host: '${SMTP_HOST}', ...addresses }),
    'anna@shop.example, ben@shop.example through ${SMTP_HOST}',
  );
});
