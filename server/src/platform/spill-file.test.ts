import assert from 'node:assert/strict';
import { mkdtemp, open, rm, stat } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { test } from 'node:test';
import { openSpillFile, type SpillFile } from './spill-file.ts';

async function inFolder(work: (path: string, file: SpillFile) => Promise<void> | void): Promise<void> {
  const folder = await mkdtemp(join(tmpdir(), 'pitwall-spill-'));
  const path = join(folder, 'spill');
  await work(path, openSpillFile(path));
  await rm(folder, { recursive: true });
}

test('what was written last is read by the next process, in the room that was taken at first', () =>
  inFolder(async (path, file) => {
    const { size } = await stat(path);
    assert.equal(file.read(), '');
    file.write('one');
    file.write('zwölf');
    assert.equal(openSpillFile(path).read(), 'zwölf');
    openSpillFile(path).write('three');
    assert.equal(openSpillFile(path).read(), 'three');
    openSpillFile(path).write('');
    assert.equal(openSpillFile(path).read(), '');
    assert.equal((await stat(path)).size, size);
    assert.equal((await stat(path)).mode & 0o777, 0o600);
  }));

for (const { why, offset } of [
  { why: 'a write that was cut off leaves the words before it', offset: 140 },
  { why: 'a head that was cut off leaves the words before it', offset: 3 },
]) {
  test(why, () =>
    inFolder(async (path, file) => {
      file.write('x'.repeat(50));
      file.write('y'.repeat(50));
      // The second write stands in the first place.
      await using handle = await open(path, 'r+');
      await handle.write('#', offset);
      assert.equal(openSpillFile(path).read(), 'x'.repeat(50));
    }),
  );
}

test('more than there is room for is refused, and what was there stays', () =>
  inFolder((_, file) => {
    file.write('one');
    assert.throws(() => file.write('x'.repeat(1 << 20)), /more than .* has room for/);
    assert.equal(file.read(), 'one');
  }));
