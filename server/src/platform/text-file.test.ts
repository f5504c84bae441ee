import assert from 'node:assert/strict';
import { execFileSync } from 'node:child_process';
import { EventEmitter, once } from 'node:events';
import { mkdir, mkdtemp, rm, symlink, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { after, test } from 'node:test';
import { systemClock } from './clock.ts';
import { readTextFile, watchTextFile } from './text-file.ts';

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

test('a folder that is removed and made again is watched anew, also when it is a link that leads elsewhere now', async () => {
  const place = path.join(folder, 'conf');
  const file = path.join(place, 'pitwall.yaml');
  const make = async (name: string, words: string): Promise<void> => {
    await mkdir(path.join(folder, name));
    await writeFile(path.join(folder, name, 'pitwall.yaml'), words);
  };
  const seen = new EventEmitter();
  await make('conf', 'first');
  const stop = watchTextFile(file, systemClock, () => seen.emit('touched'));
  /** By what is read after a touch, as one change may touch it several times. */
  const until = async (words: string): Promise<void> => {
    do await once(seen, 'touched', { signal: AbortSignal.timeout(20_000) });
    while ((await readTextFile(file, 99).catch(() => '')) !== words);
  };
  try {
    const second = until('second');
    await rm(place, { recursive: true });
    await make('conf', 'second');
    await second;
    const third = until('third');
    await writeFile(file, 'third');
    await third;
    const fourth = until('fourth');
    await rm(place, { recursive: true });
    await make('elsewhere', 'fourth');
    await symlink('elsewhere', place);
    await fourth;
  } finally {
    stop();
  }
});
