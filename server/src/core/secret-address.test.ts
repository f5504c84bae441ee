import assert from 'node:assert/strict';
import { test } from 'node:test';
import { secretsInAddress, shownAddress } from './secret-address.ts';

for (const { why, address, shown, secrets } of [
  { why: 'a token', address: 'https://h/a?token=abc', shown: 'https://h/a?token=[redacted]', secrets: ['abc'] },
  {
    why: 'a token among others, with its own way of writing',
    address: 'https://h/?page=3&Access_Token=a%2Fb&lang=en',
    shown: 'https://h/?page=3&Access_Token=[redacted]&lang=en',
    secrets: ['a%2Fb', 'a/b'],
  },
  {
    why: 'a name that is encoded',
    address: 'https://h/?%74oken=abc',
    shown: 'https://h/?%74oken=[redacted]',
    secrets: ['abc'],
  },
  { why: 'a key', address: 'https://h/?key=k1', shown: 'https://h/?key=[redacted]', secrets: ['k1'] },
  { why: 'a word that ends like one', address: 'https://h/?monkey=k1', shown: 'https://h/?monkey=k1', secrets: [] },
  {
    why: 'a value that nobody would choose, whatever its name',
    address: 'https://h/?x=9f86d081884c7d659a2feaa0c55ad015',
    shown: 'https://h/?x=[redacted]',
    secrets: ['9f86d081884c7d659a2feaa0c55ad015'],
  },
  {
    why: 'a long word is no secret',
    address: 'https://h/?q=internationalisation-of-shops',
    shown: 'https://h/?q=internationalisation-of-shops',
    secrets: [],
  },
  {
    why: 'the fragment of a log-in',
    address: 'https://h/#access_token=abc',
    shown: 'https://h/#access_token=[redacted]',
    secrets: ['abc'],
  },
  { why: 'a password', address: 'https://me:pw1@h/', shown: 'https://me:[redacted]@h/', secrets: ['pw1'] },
  {
    why: 'a user alone, as tokens are given',
    address: 'https://ghp_1@h/',
    shown: 'https://[redacted]@h/',
    secrets: ['ghp_1'],
  },
  {
    why: 'a variable stays as written',
    address: 'https://h/?token=${T:-x}&key=${K}',
    shown: 'https://h/?token=${T:-x}&key=${K}',
    secrets: [],
  },
  { why: 'an address without any', address: 'https://h/p?page=2#top', shown: 'https://h/p?page=2#top', secrets: [] },
  { why: 'what is no address', address: 'ask ?token=abc', shown: 'ask ?token=abc', secrets: [] },
]) {
  test(`shown of an address: ${why}`, () => {
    assert.equal(shownAddress(address), shown);
    assert.deepEqual(secretsInAddress(address), secrets);
  });
}
