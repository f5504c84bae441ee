import assert from 'node:assert/strict';
import { execFileSync } from 'node:child_process';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { after, test } from 'node:test';
import { readTextFile } from './text-file.ts';

const folder = await mkdtemp(path.join(tmpdir(), 'pitwall-text-'));
after(() => rm(folder, { recursive: true }));
const pipe = path.join(folder, 'pipe');
execFileSync('mkfifo', [pipe]);
const text = path.join(folder, 'text');
await writeFile(text, 'twelve bytes');

for (const { why, file, largestBytes, reason } of [
  { why: 'a pipe that nobody writes to is not waited for', file: pipe, largestBytes: 99, reason: /pipe or a device/ },
  { why: 'a device without an end is not read', file: '/dev/zero', largestBytes: 99, reason: /pipe or a device/ },
  { why: 'a folder is no file', file: folder, largestBytes: 99, reason: /it is a folder/ },
  { why: 'what is larger than allowed is not taken', file: text, largestBytes: 11, reason: /larger than 11 bytes/ },
  {
    why: 'a file whose size says nothing counts by what comes',
    file: '/proc/self/maps',
    largestBytes: 99,
    reason: /larger than 99/,
  },
]) {
  test(why, () => assert.rejects(readTextFile(file, largestBytes), { reason }));
}

test('a file of just the largest size is read', async () => {
  assert.equal(await readTextFile(text, 12), 'twelve bytes');
});
