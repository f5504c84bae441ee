import assert from 'node:assert/strict';
import { test } from 'node:test';
import { StartTls, type StartTlsProtocol } from './start-tls.ts';

/** What is said and what comes of it, in order; `hears` are the pieces in which the server speaks. */
function converse(protocol: StartTlsProtocol, hears: readonly string[]): string[] {
  const conversation = new StartTls(protocol);
  const steps = [conversation.begin(), ...hears.map((text) => conversation.push(Buffer.from(text, 'latin1')))];
  return steps.flatMap((step) => {
    if (step.kind === 'more') return [];
    if (step.kind === 'say') return [`> ${step.bytes.toString('latin1').trim()}`];
    return [step.kind === 'ready' ? 'ready' : step.why];
  });
}

const hello = '220 mail.shop.example ESMTP\r\n';
const offers = '250-mail.shop.example\r\n250-SIZE 10240000\r\n250-STARTTLS\r\n250 HELP\r\n';
const ssl = '> \x00\x00\x00\b\x04Ò\x16/';
const rows: readonly { why: string; protocol: StartTlsProtocol; hears: readonly string[]; says: readonly string[] }[] =
  [
    {
      why: 'a mail server that offers it',
      ...{ protocol: 'smtp', hears: [hello, offers, '220 go ahead\r\n'] },
      says: ['> EHLO pitwall.invalid', '> STARTTLS', 'ready'],
    },
    {
      why: 'lines in pieces, without carriage returns, and a greeting of several lines',
      ...{ protocol: 'smtp', hears: ['220-a\n22', '0 b\n', '250-x\n250 startt', 'ls\n', '220', ' ok\n'] },
      says: ['> EHLO pitwall.invalid', '> STARTTLS', 'ready'],
    },
    {
      why: 'a mail server that does not offer it',
      ...{ protocol: 'smtp', hears: [hello, '250-mail\r\n250 SIZE\r\n'] },
      says: ['> EHLO pitwall.invalid', 'the server does not offer STARTTLS'],
    },
    {
      why: 'a greeting that speaks of it is no offer',
      ...{ protocol: 'smtp', hears: ['220 STARTTLS\r\n', '250 mail\r\n'] },
      says: ['> EHLO pitwall.invalid', 'the server does not offer STARTTLS'],
    },
    {
      why: 'a mail server that is full',
      protocol: 'smtp',
      hears: ['421 later\r\n'],
      says: ['the server greets with 421'],
    },
    {
      why: 'a mail server that offers it and then has none',
      ...{ protocol: 'smtp', hears: [hello, offers, '454 not now\r\n'] },
      says: ['> EHLO pitwall.invalid', '> STARTTLS', 'the server answers 454 to STARTTLS'],
    },
    {
      why: 'a mail server that does not like us',
      ...{ protocol: 'smtp', hears: [hello, '550 no\r\n'] },
      says: ['> EHLO pitwall.invalid', 'the server answers 550 to EHLO'],
    },
    {
      why: 'words slipped in after the go-ahead',
      ...{ protocol: 'smtp', hears: [hello, offers, '220 go\r\n250 evil\r\n'] },
      says: ['> EHLO pitwall.invalid', '> STARTTLS', 'the server said more before it was encrypted'],
    },
    { why: 'no mail server', protocol: 'smtp', hears: ['SSH-2.0\r\n'], says: ['the server does not speak SMTP'] },
    {
      why: 'a mail server that talks and never comes to the point',
      protocol: 'smtp',
      hears: ['220-x\r\n'.repeat(2_000)],
      says: ['the server does not speak SMTP'],
    },
    {
      why: 'no line at all, without end',
      protocol: 'imap',
      hears: ['x'.repeat(9_000)],
      says: ['the server does not speak IMAP'],
    },
    {
      why: 'a mailbox over IMAP, with news in between',
      ...{ protocol: 'imap', hears: ['* OK ready\r\n', '* 3 EXISTS\r\na OK begin\r\n'] },
      says: ['> a STARTTLS', 'ready'],
    },
    {
      why: 'a mailbox that has none',
      ...{ protocol: 'imap', hears: ['* OK ready\r\n', 'a BAD what\r\n'] },
      says: ['> a STARTTLS', 'the server does not offer STARTTLS'],
    },
    { why: 'no mailbox', protocol: 'imap', hears: ['+OK\r\n'], says: ['the server does not speak IMAP'] },
    { why: 'a mailbox over POP3', protocol: 'pop3', hears: ['+OK hi\r\n', '+OK go\r\n'], says: ['> STLS', 'ready'] },
    {
      why: 'a mailbox over POP3 that has none',
      protocol: 'pop3',
      hears: ['+OK hi\r\n', '-ERR\r\n'],
      says: ['> STLS', 'the server does not offer STARTTLS'],
    },
    { why: 'a database', protocol: 'postgres', hears: ['S'], says: [ssl, 'ready'] },
    {
      why: 'a database without encryption',
      protocol: 'postgres',
      hears: ['N'],
      says: [ssl, 'the server has encryption turned off'],
    },
    {
      why: 'a database too old to know',
      protocol: 'postgres',
      hears: ['E\0\0\0'],
      says: [ssl, 'the server does not speak the protocol of Postgres'],
    },
    {
      why: 'words slipped in before encryption (CVE-2021-23222)',
      protocol: 'postgres',
      hears: ['SE'],
      says: [ssl, 'the server said more before it was encrypted'],
    },
  ];
for (const { why, protocol, hears, says } of rows) {
  test(`turning to encryption: ${why}`, () => assert.deepEqual(converse(protocol, hears), says));
}
