import assert from 'node:assert/strict';
import { test } from 'node:test';
import { makeEvidence } from './evidence.ts';

const secret = 'Pa/ss"wörd&<4711>';

const spelled: readonly { why: string; text: string }[] = [
  { why: 'as it is', text: secret },
  { why: 'in an address', text: encodeURIComponent(secret) },
  { why: 'in JSON', text: JSON.stringify(secret) },
  { why: 'in JSON as PHP writes it', text: JSON.stringify(secret).replaceAll('/', '\\/') },
  { why: 'in JSON as Python writes it', text: JSON.stringify(secret).replace('ö', '\\u00f6') },
  { why: 'in HTML', text: 'Pa/ss&quot;wörd&amp;&lt;4711&gt;' },
  { why: 'in the query of an address that was sent', text: new URL(`http://h/?${encodeURI(secret)}`).search.slice(1) },
  { why: 'in the path of one, in small letters', text: 'pa/ss%22w%c3%b6rd&%3c4711%3e' },
  { why: 'in hexadecimal', text: Buffer.from(secret).toString('hex') },
  { why: 'in base64', text: Buffer.from(secret).toString('base64') },
  { why: 'in JSON that spells every sign', text: 'Pa\\u002fss\\u0022w\\u00F6rd\\u0026\\u003C4711\\u003e' },
  { why: 'in JSON within JSON', text: JSON.stringify(JSON.stringify(secret).slice(1, -1)).slice(1, -1) },
  { why: 'in HTML by numbers', text: 'Pa&#47;ss&#34;w&#xF6;rd&#38;&#060;4711&#x3e;' },
  { why: 'in an address, each letter of it', text: [...Buffer.from(secret)].map((b) => `%${b.toString(16)}`).join('') },
  { why: 'in an address within an address', text: encodeURIComponent(encodeURIComponent(secret)) },
  { why: 'in an address, in small and large letters mixed', text: 'Pa%2fss%22w%C3%b6rd%26%3C4711%3e' },
  { why: 'in two spellings at once', text: 'Pa/ss&quot;w\\u00f6rd%26<4711>' },
  { why: 'in base64 for addresses', text: Buffer.from(secret).toString('base64url') },
];
for (const { why, text } of spelled) {
  test(`a secret is hidden ${why}, wherever it stands`, () => {
    const raw = { facts: { actual: `a ${text} b`, count: 3 }, rawHeaders: ['X-A', `a ${text} b`], body: `a ${text} b` };
    const { facts, headers, body } = makeEvidence(raw, [secret]);
    for (const shown of [facts['actual'], headers![0]![1], body]) {
      assert.match(String(shown), /^a "?\[redacted\]=*"? b$/);
    }
    assert.equal(facts['count'], 3);
  });
}

for (const before of ['', 'u', 'us', 'use', 'user:']) {
  test(`in base64 a secret is hidden behind “${before}” too: it begins at another bit`, () => {
    const body = Buffer.from(`${before}${secret}, and more`).toString('base64');
    const shown = makeEvidence({ facts: {}, body }, [secret]).body!;
    assert.match(shown, /\[redacted\]/);
    const longest = Math.max(...shown.split('[redacted]').map((part) => Buffer.from(part, 'base64').toString().length));
    assert.ok(!shown.includes(body.slice(8, 20)) && longest <= ', and more'.length + 3, shown);
  });
}

test('a body that was cut inside a disguised secret loses the beginning of it, too', () => {
  for (const spelled of ['Pa%2Fss%22w%C3%B6rd', 'Pa\\/ss\\u0022w\\u00f6rd', 'Pa&#47;ss&quot;w&#xf6;rd']) {
    for (let kept = 8; kept < spelled.length; kept += 1) {
      const { body } = makeEvidence({ facts: {}, body: `text ${spelled.slice(0, kept)}` }, [secret]);
      assert.equal(body, 'text ', spelled.slice(0, kept));
    }
  }
});

test('a text that is sent whole is hidden whole, however long', () => {
  const sent = JSON.stringify({ note: 'x"y '.repeat(900) });
  for (const echoed of [sent, JSON.stringify(sent)]) {
    assert.match(makeEvidence({ facts: {}, body: `a ${echoed} b` }, [sent]).body!, /^a "?\[redacted\]"? b$/);
  }
});

test('what opens doors is left out, whoever sent it', () => {
  const rawHeaders = ['Set-Cookie', 'session=1', 'X-A', 'b', 'WWW-Authenticate', 'Basic', 'Authorization', 'Bearer x'];
  const { headers } = makeEvidence({ facts: {}, rawHeaders }, []);
  assert.deepEqual(headers, [
    ['x-a', 'b'],
    ['www-authenticate', 'Basic'],
  ]);
});

test('a body that was cut inside a secret loses the beginning of it, too', () => {
  for (let kept = 4; kept < secret.length; kept += 1) {
    const { body } = makeEvidence({ facts: {}, body: `text ${secret.slice(0, kept)}` }, [secret]);
    assert.equal(body, 'text ');
  }
});

test('a flood of headers and long values stays small', () => {
  const rawHeaders = Array.from({ length: 2_000 }, (_, index) => (index % 2 === 0 ? `X-${index}` : 'v'.repeat(5_000)));
  const evidence = makeEvidence({ facts: { actual: 'x'.repeat(10_000) }, rawHeaders, body: 'y'.repeat(10_000) }, []);
  assert.equal(evidence.headers!.length, 40);
  assert.ok(JSON.stringify(evidence).length < 22_000);
});

test('values too short to be secrets ruin nothing', () => {
  assert.equal(makeEvidence({ facts: {}, body: 'a cat sat' }, ['a', 'at', 'cat']).body, 'a cat sat');
});
