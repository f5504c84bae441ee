import assert from 'node:assert/strict';
import { test } from 'node:test';
import { secretTexts, showableText } from './secrets.ts';

const fromOutside = (text: string, key = 'token') => [
  { path: [key], from: 'environment' as const, missing: [], filled: [{ text, atStart: true }] },
];

for (const { why, spec, outside = [], hidden, open = [] } of [
  {
    why: 'each value of a cookie, as a peer may echo one alone',
    spec: { headers: { cookie: 'session=s3cr3t-one; theme=s3cr3t-two' } },
    hidden: ['s3cr3t-one', 's3cr3t-two'],
  },
  {
    why: 'what stands behind any scheme',
    spec: { headers: { authorization: 'ApiKey s3cr3t-key' } },
    hidden: ['s3cr3t-key'],
  },
  {
    why: 'the values of a JSON body',
    spec: { body: '{"user":{"pass":"s3cr3t-pass"}}' },
    hidden: ['s3cr3t-pass'],
    open: ['user'],
  },
  { why: 'the values of a form', spec: { body: 'user=me&pass=s3cr3t+form' }, hidden: ['s3cr3t form'] },
  {
    why: 'a text with blanks around it as HTTP sends it',
    spec: {},
    outside: fromOutside('  s3cr3t-x \n'),
    hidden: ['s3cr3t-x'],
  },
  {
    why: 'each line of a key',
    spec: {},
    outside: fromOutside('s3cr3t-line1\ns3cr3t-line2'),
    hidden: ['s3cr3t-line1', 's3cr3t-line2'],
  },
  {
    why: 'a certificate is for everybody to see',
    spec: {},
    outside: fromOutside('-----BEGIN CERTIFICATE-----\nMIIB-open-line\n-----END CERTIFICATE-----'),
    hidden: [],
    open: ['MIIB-open-line'],
  },
  {
    why: 'a key is not, beside its certificate either',
    spec: {},
    outside: fromOutside('-----BEGIN CERTIFICATE-----\nMIIB-open-line\n-----BEGIN PRIVATE KEY-----\ns3cr3t-line1'),
    hidden: ['s3cr3t-line1'],
  },
  {
    why: 'the key in the path of a chat’s address, and no word of an ordinary one',
    spec: {},
    outside: fromOutside('https://chat.example/products/T0K3N4711T0K3N4711', 'url'),
    hidden: ['T0K3N4711T0K3N4711'],
    open: ['products', 'https://chat.example/products/T0K3N4711T0K3N4711'],
  },
  {
    why: 'the password of a database’s address, in whatever way it is written',
    spec: { url: 'postgres://shop:s3cr3t/with@signs#@db.example/shop' },
    hidden: ['s3cr3t/with@signs#'],
  },
  {
    why: 'who logs in is no secret',
    spec: {},
    outside: fromOutside('shop_reader', 'user'),
    hidden: [],
    open: ['shop_reader'],
  },
]) {
  test(why, () => {
    const texts = secretTexts(spec, outside, ['headers.*', 'body']);
    for (const text of hidden) assert.ok(texts.includes(text), text);
    for (const text of open) assert.ok(!texts.includes(text), text);
  });
}

for (const { why, text, shown } of [
  { why: 'encoded', text: 'postgres://shop:s3c%40ret@db/shop', shown: 'postgres://shop:[redacted]@db/shop' },
  { why: 'with a sign for “at”', text: 'postgres://shop:s3c@ret@db/shop', shown: 'postgres://shop:[redacted]@db/shop' },
  { why: 'with a slash', text: 'mysql://shop:s3c/ret?x#y@db/shop', shown: 'mysql://shop:[redacted]@db/shop' },
  { why: 'without a user', text: 'redis://:s3cret@cache:6379/0', shown: 'redis://:[redacted]@cache:6379/0' },
  {
    why: 'of a page with “at” in its path',
    text: 'https://shop.example:8443/@us',
    shown: 'https://shop.example:8443/@us',
  },
  { why: 'none', text: 'postgres://shop@db:5432/shop', shown: 'postgres://shop@db:5432/shop' },
]) {
  test(`a password in an address is not shown: ${why}`, () => assert.equal(showableText(text, false), shown));
}
