import assert from 'node:assert/strict';
import { createSocket, type Socket } from 'node:dgram';
import { readdirSync } from 'node:fs';
import { after, test } from 'node:test';
import { testKind } from '../../../../../testkit/kind-suite.ts';
import { Knot } from '../../../../../testkit/knot.ts';
import { probeOnce } from '../../../../../testkit/probe-once.ts';
import { systemClock } from '../../../platform/clock.ts';
import { createNetwork } from '../../../platform/resolver.ts';
import type { CheckKind } from '../kind.ts';
import { dnsKind } from './dns.ts';

const knot = await Knot.start();
after(() => knot[Symbol.asyncDispose]());

/** A name server that answers each question as it is told, or not at all. */
class NameServer implements AsyncDisposable {
  readonly #socket: Socket;
  questions = 0;
  private constructor(answer: (question: Buffer) => Buffer | undefined, repeats: number) {
    this.#socket = createSocket('udp4');
    this.#socket.on('message', (question, { port, address }) => {
      this.questions += 1;
      const bytes = answer(question);
      if (bytes !== undefined) for (let sent = 0; sent < repeats; sent += 1) this.#socket.send(bytes, port, address);
    });
  }

  static async start(answer: (question: Buffer) => Buffer | undefined, repeats = 1): Promise<NameServer> {
    const server = new NameServer(answer, repeats);
    await new Promise<void>((resolve) => server.#socket.bind(0, '127.0.0.1', resolve));
    return server;
  }

  get resolver(): string {
    return `127.0.0.1:${this.#socket.address().port}`;
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await new Promise<void>((resolve) => this.#socket.close(resolve));
  }
}

const silent = await NameServer.start(() => undefined);
after(() => silent[Symbol.asyncDispose]());

testKind({
  kind: dnsKind as CheckKind,
  async passes() {
    const expect = { answers: { exactly: ['203.0.113.7'] }, latency: { total: '5s' } };
    return { settings: { name: 'shop.test', type: 'A', resolver: knot.resolver, expect } };
  },
  fails: [
    {
      why: 'another answer fails',
      async scene() {
        const expect = { answers: { exactly: ['203.0.113.8'] } };
        return { settings: { name: 'shop.test', resolver: knot.resolver, expect } };
      },
    },
  ],
  stuck: async () => ({ settings: { name: 'shop.test', resolver: silent.resolver } }),
  wrong: [
    { why: 'an address of a page', settings: { name: 'https://shop.test/' } },
    { why: 'a type that nobody asks for', settings: { name: 'shop.test', type: 'HINFO' } },
    { why: 'a type in small letters', settings: { name: 'shop.test', type: 'mx' } },
    { why: 'a resolver with a scheme', settings: { name: 'shop.test', resolver: 'udp://9.9.9.9' } },
    { why: 'a resolver on a port beyond the last', settings: { name: 'shop.test', resolver: '9.9.9.9:65536' } },
    { why: 'a resolver by name in brackets', settings: { name: 'shop.test', resolver: '[ns1.example]:53' } },
    {
      why: 'a name as the record of an address',
      settings: { name: 'a', expect: { answers: { exactly: ['b.example'] } } },
    },
    {
      why: 'IPv4 where IPv6 is asked for',
      settings: { name: 'a', type: 'AAAA', expect: { answers: { anyOf: ['1.2.3.4'] } } },
    },
    { why: 'no record at all', settings: { name: 'a', expect: { answers: { exactly: [] } } } },
    {
      why: 'records of what is absent',
      settings: { name: 'a', expect: { absent: true, answers: { anyOf: ['1.2.3.4'] } } },
    },
  ],
});

interface Asked {
  readonly why: string;
  readonly name: string;
  readonly type?: string;
  readonly expect?: unknown;
  readonly says: string;
}
const met = 'pass: Everything asked for was there';
const asked: readonly Asked[] = [
  {
    why: 'an address of IPv6, however it is written',
    name: 'shop.test',
    type: 'AAAA',
    expect: { answers: { exactly: ['2001:0DB8:0:0::0007'] } },
    says: met,
  },
  {
    why: 'a name that is another name',
    name: 'www.shop.test',
    type: 'CNAME',
    expect: { answers: { exactly: ['Shop.Test.'] } },
    says: met,
  },
  {
    why: 'an address behind another name',
    name: 'www.shop.test',
    expect: { answers: { exactly: ['203.0.113.7'] } },
    says: met,
  },
  {
    why: 'who takes mail, in any order and case',
    name: 'shop.test.',
    type: 'MX',
    expect: { answers: { exactly: ['10 mail.shop.test.', '5  mail2.elsewhere.EXAMPLE'] } },
    says: met,
  },
  {
    why: 'one more than written',
    name: 'shop.test',
    type: 'MX',
    expect: { answers: { exactly: ['10 mail.shop.test'] } },
    says: 'fail: The MX records of shop.test are 5 mail2.elsewhere.example, 10 mail.shop.test, expected exactly 10 mail.shop.test',
  },
  {
    why: 'one more than written, and there may be',
    name: 'shop.test',
    type: 'MX',
    expect: { answers: { contains: ['10 mail.shop.test'] } },
    says: met,
  },
  {
    why: 'one that is not among them',
    name: 'many.shop.test',
    expect: { answers: { contains: ['203.0.113.1', '203.0.113.9'] } },
    says: 'fail: The A records of many.shop.test are 203.0.113.1, 203.0.113.2, 203.0.113.10, expected 203.0.113.1, 203.0.113.9 among them',
  },
  {
    why: 'one of two',
    name: 'many.shop.test',
    expect: { answers: { anyOf: ['203.0.113.9', '203.0.113.10'] } },
    says: met,
  },
  {
    why: 'neither of two',
    name: 'shop.test',
    expect: { answers: { anyOf: ['203.0.113.9', '203.0.113.10'] } },
    says: 'fail: The A records of shop.test are 203.0.113.7, expected 203.0.113.9 or 203.0.113.10 among them',
  },
  {
    why: 'name servers',
    name: 'shop.test',
    type: 'NS',
    expect: { answers: { exactly: ['ns2.shop.test', 'ns1.shop.test'] } },
    says: met,
  },
  {
    why: 'texts, of one part and of two',
    name: 'shop.test',
    type: 'TXT',
    expect: { answers: { exactly: ['v=spf1 -all', 'a text of two parts'] } },
    says: met,
  },
  {
    why: 'texts keep their case',
    name: 'shop.test',
    type: 'TXT',
    expect: { answers: { contains: ['V=SPF1 -all'] } },
    says: 'fail: The TXT records of shop.test are a text of two parts, v=spf1 -all, expected V=SPF1 -all among them',
  },
  {
    why: 'who may issue certificates, quoted or not',
    name: 'shop.test',
    type: 'CAA',
    expect: { answers: { exactly: ['0 issue "letsencrypt.org"', '0 iodef mailto:Ops@shop.test'] } },
    says: met,
  },
  {
    why: 'where a service is',
    name: '_imaps._tcp.shop.test',
    type: 'SRV',
    expect: { answers: { exactly: ['0 5 993 mail.shop.test'] } },
    says: met,
  },
  {
    why: 'the start of a zone',
    name: 'shop.test',
    type: 'SOA',
    expect: { answers: { exactly: ['ns1.shop.test. hostmaster.shop.test. 2026010101 7200 3600 1209600 300'] } },
    says: met,
  },
  {
    why: 'whose an address is',
    name: '203.0.113.7',
    type: 'PTR',
    expect: { answers: { exactly: ['shop.test'] } },
    says: met,
  },
  { why: 'whose an address is, asked by the long name', name: '7.113.0.203.in-addr.arpa', type: 'PTR', says: met },
  {
    why: 'an answer too large for a datagram is fetched over TCP',
    name: 'big.shop.test',
    type: 'TXT',
    expect: { answers: { contains: ['x'.repeat(250)] } },
    says: met,
  },
  { why: 'a name that does not exist', name: 'none.shop.test', says: 'fail: The name none.shop.test does not exist' },
  { why: 'a name that does not exist, as it should be', name: 'none.shop.test', expect: { absent: true }, says: met },
  {
    why: 'a name that exists and should not',
    name: 'shop.test',
    expect: { absent: true },
    says: 'fail: The A records of shop.test are 203.0.113.7, expected none',
  },
  {
    why: 'a name without such a record',
    name: 'ns1.shop.test',
    type: 'AAAA',
    says: 'fail: The name ns1.shop.test has no AAAA record',
  },
  {
    why: 'a name without such a record, as it should be',
    name: 'ns1.shop.test',
    type: 'AAAA',
    expect: { absent: true },
    says: met,
  },
  {
    why: 'a zone that is broken',
    name: 'broken.test',
    says: `fail: The resolver ${knot.resolver} answered that it could not find out (SERVFAIL)`,
  },
  {
    why: 'a broken zone does not prove that a name is absent',
    name: 'broken.test',
    expect: { absent: true },
    says: `fail: The resolver ${knot.resolver} answered that it could not find out (SERVFAIL)`,
  },
  {
    why: 'a zone that is none of its business',
    name: 'shop.example',
    says: `fail: The resolver ${knot.resolver} refuses to answer (REFUSED)`,
  },
];
for (const { why, says, ...settings } of asked) {
  test(`dns: a real name server tells ${why}`, async () => {
    const result = await probeOnce('dns', { ...settings, resolver: knot.resolver }, { timeoutMs: 3_000 });
    assert.equal(`${result.outcome}: ${result.sentence}`, says);
    assert.ok(result.phases.waitUs! > 0);
  });
}

test('dns: the sentence for the page says what was found, sorted', async () => {
  const ask = (settings: object) => probeOnce('dns', { resolver: knot.resolver, ...settings });
  const mail = await ask({ name: 'shop.test', type: 'MX' });
  assert.deepEqual(mail.observed, { type: 'MX', answers: '5 mail2.elsewhere.example, 10 mail.shop.test', count: 2 });
  assert.equal(dnsKind.describe(mail.observed, 1_500), 'MX 5 mail2.elsewhere.example, 10 mail.shop.test, in 1.5 ms');
  const none = await ask({ name: 'none.shop.test', expect: { absent: true } });
  assert.equal(dnsKind.describe(none.observed, 1_500), 'no A record, in 1.5 ms');
});

/** Head and question given back, with this code and number of answers. */
function reply(question: Buffer, code: number, answers: number, ...records: readonly Buffer[]): Buffer {
  const end = question.indexOf(0, 12) + 5;
  const head = Buffer.from([question[0]!, question[1]!, 0x81, 0x80 | code, 0, 1, 0, answers, 0, 0, 0, 0]);
  return Buffer.concat([head, question.subarray(12, end), ...records]);
}
/** The name again, type A, class IN, a minute, four bytes. */
const record = Buffer.from([192, 12, 0, 1, 0, 1, 0, 0, 0, 60, 0, 4, 203, 0, 113, 7]);
/** Somebody else’s answer: the number of the question is wrong. */
function forged(question: Buffer): Buffer {
  const bytes = reply(question, 0, 1, record);
  bytes[0]! ^= 255;
  return bytes;
}

const tooLate = /^fail: Looking up shop\.test took longer than 300 ms$/;
const noDns = /^fail: The resolver 127\.0\.0\.1:\d+ answered what is no DNS \(EBADRESP\)$/;
const badServers: readonly {
  why: string;
  answer: (question: Buffer) => Buffer | undefined;
  repeats?: number;
  says: RegExp;
}[] = [
  { why: 'never answers', answer: () => undefined, says: tooLate },
  { why: 'answers somebody else’s question', answer: forged, says: tooLate },
  { why: 'floods forged answers', answer: forged, repeats: 5_000, says: tooLate },
  { why: 'answers in prose', answer: () => Buffer.from('what an odd question this is, really'), says: noDns },
  {
    why: 'stops in the middle of a record',
    answer: (question) => reply(question, 0, 1, record.subarray(0, 9)),
    says: noDns,
  },
  { why: 'announces more than it sends', answer: (question) => reply(question, 0, 9, record), says: noDns },
  {
    why: 'names itself in a circle',
    answer: (question) => Buffer.concat([reply(question, 0, 1), Buffer.from([192, question.length, 0, 1])]),
    says: noDns,
  },
  {
    why: 'does not understand',
    answer: (question) => reply(question, 1, 0),
    says: /^fail: The resolver 127\.0\.0\.1:\d+ did not understand the question \(FORMERR\)$/,
  },
  {
    why: 'cannot do what is asked',
    answer: (question) => reply(question, 4, 0),
    says: /^fail: The resolver 127\.0\.0\.1:\d+ cannot answer such a question \(NOTIMP\)$/,
  },
  {
    why: 'says yes and nothing else',
    answer: (question) => reply(question, 0, 0),
    says: /^fail: The name shop\.test has no A record$/,
  },
];
for (const { why, answer, repeats, says } of badServers) {
  test(`dns: a name server that ${why}`, async () => {
    await using server = await NameServer.start(answer, repeats);
    const timeoutMs = says === tooLate ? 300 : 5_000;
    const result = await probeOnce('dns', { name: 'shop.test', resolver: server.resolver }, { timeoutMs });
    assert.match(`${result.outcome}: ${result.sentence}`, says);
  });
}

test('dns: a datagram that is lost is asked for again within the time', async () => {
  const server: NameServer = await NameServer.start((question) =>
    server.questions === 1 ? undefined : reply(question, 0, 1, record),
  );
  await using _ = server;
  const result = await probeOnce('dns', { name: 'shop.test', resolver: server.resolver }, { timeoutMs: 3_000 });
  assert.deepEqual([result.outcome, server.questions], ['pass', 2]);
});

test('dns: a slow answer is degraded, not failed', async () => {
  const late: NameServer = await NameServer.start((question) =>
    late.questions === 1 ? undefined : reply(question, 0, 1, record),
  );
  await using _ = late;
  const settings = { name: 'shop.test', resolver: late.resolver, expect: { latency: { total: '50ms' } } };
  const result = await probeOnce('dns', settings, { timeoutMs: 3_000 });
  assert.deepEqual([result.outcome, result.reason], ['degraded', 'too-slow']);
  assert.match(result.sentence, /^The resolver 127\.0\.0\.1:\d+ took \d+ ms, limit 50 ms$/);
});

test('dns: nobody listens where the resolver should be', async () => {
  const gone = await NameServer.start(() => undefined);
  const { resolver } = gone;
  await gone[Symbol.asyncDispose]();
  const result = await probeOnce('dns', { name: 'shop.test', resolver });
  assert.equal(
    `${result.outcome}: ${result.sentence}`,
    `fail: The resolver ${resolver} does not listen (ECONNREFUSED)`,
  );
});

test('dns: the resolver may be a name; looking that up has its own phase', async () => {
  const resolver = knot.resolver.replace('127.0.0.1', 'localhost');
  const result = await probeOnce('dns', { name: 'shop.test', resolver }, { timeoutMs: 3_000 });
  assert.equal(result.outcome, 'pass', result.sentence);
  assert.ok(result.phases.dnsUs! > 0 && result.phases.waitUs! > 0);
  const nobody = await probeOnce('dns', { name: 'shop.test', resolver: 'no-such-host.invalid' });
  assert.equal(nobody.outcome, 'fail');
  assert.match(nobody.sentence, /no-such-host\.invalid/);
});

test('dns: a resolver that the policy forbids is not asked, and that says nothing about the name', async () => {
  await using server = await NameServer.start(() => undefined);
  const network = createNetwork({ allowPrivate: false, allow: [] }, systemClock);
  const closed = await probeOnce('dns', { name: 'shop.test', resolver: server.resolver }, { network });
  const metadata = await probeOnce('dns', { name: 'shop.test', resolver: '169.254.169.254' });
  for (const result of [closed, metadata])
    assert.deepEqual([result.outcome, result.reason], ['unknown', 'address-not-allowed']);
  assert.equal(server.questions, 0);
});

test('dns: a hundred questions that were given up leave no socket behind', async () => {
  const ask = () => probeOnce('dns', { name: 'shop.test', resolver: silent.resolver }, { timeoutMs: 100 });
  await ask();
  const before = readdirSync('/proc/self/fd').length;
  await Promise.all(Array.from({ length: 100 }, ask));
  assert.ok(readdirSync('/proc/self/fd').length <= before + 1);
});
