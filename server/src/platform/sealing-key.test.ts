import assert from 'node:assert/strict';
import { mkdtemp, readFile, rm, stat, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { test } from 'node:test';
import { openSealingKey } from './sealing-key.ts';

async function folder() {
  const dir = await mkdtemp(path.join(tmpdir(), 'pitwall-key-'));
  return { file: path.join(dir, 'secret.key'), [Symbol.asyncDispose]: () => rm(dir, { recursive: true }) };
}

test('what was sealed opens after a restart, and only where it was put', async () => {
  await using at = await folder();
  const sealed = (await openSealingKey(at.file)).seal('whsec_geheim ✓', 'channel:desk');
  assert.ok(!Buffer.from(sealed, 'base64').includes('geheim'));
  const key = await openSealingKey(at.file);
  assert.equal(key.open(sealed, 'channel:desk'), 'whsec_geheim ✓');
  assert.equal(key.open(sealed, 'channel:other'), undefined, 'a row copied over another');
  assert.equal(key.open(`${sealed.slice(0, -4)}AAAA`, 'channel:desk'), undefined, 'a changed text');
  assert.equal(key.open('', 'channel:desk'), undefined);
  assert.notEqual(key.seal('same', 'x'), key.seal('same', 'x'), 'equal secrets do not look equal');
});

test('the key is the owner’s alone, and another key opens nothing', async () => {
  await using at = await folder();
  const sealed = (await openSealingKey(at.file)).seal('text', 'x');
  assert.equal((await stat(at.file)).mode & 0o777, 0o600);
  await rm(at.file);
  assert.equal((await openSealingKey(at.file)).open(sealed, 'x'), undefined);
});

test('a damaged key file is named and left as it is', async () => {
  await using at = await folder();
  await writeFile(at.file, 'not a key');
  await assert.rejects(openSealingKey(at.file), { code: 'store-failed', path: at.file });
  assert.equal(await readFile(at.file, 'utf8'), 'not a key');
});
