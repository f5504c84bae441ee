/** One folder, one process; a folder that cannot be written is said to be so. */
import assert from 'node:assert/strict';
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { chmod, copyFile, mkdir, mkdtemp, readdir, rename, rm, stat, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { test } from 'node:test';
import { ManualClock } from '../../../../testkit/manual-clock.ts';
import { SmallDisk } from '../../../../testkit/store/small-disk.ts';
import { startMs } from '../../../../testkit/store/store-bench.ts';
import type { PitwallError } from '../../core/errors.ts';
import { systemClock } from '../../platform/clock.ts';
import { openSqliteStore } from './sqlite-store.ts';

const childFile = new URL('../../../../testkit/store/store-child.ts', import.meta.url).pathname;
const open = (dataDir: string) => openSqliteStore({ dataDir, clock: new ManualClock(startMs), ballastBytes: 0 });

async function makeFolder(): Promise<AsyncDisposable & { readonly name: string }> {
  const name = await mkdtemp(join(tmpdir(), 'pitwall-store-'));
  return { name, [Symbol.asyncDispose]: () => rm(name, { recursive: true }) };
}

test('a second process is refused and told which one has the folder; a killed one holds nothing', async () => {
  await using folder = await makeFolder();
  const child = spawn(process.execPath, ['--disable-warning=ExperimentalWarning', childFile, folder.name], {
    stdio: ['pipe', 'pipe', 'inherit'],
  });
  const ended = once(child, 'exit');
  try {
    const [line] = await once(createInterface({ input: child.stdout }), 'line');
    assert.equal(line, `ready ${child.pid}`);
    for (const attempt of [1, 2]) {
      await assert.rejects(open(folder.name), (error: PitwallError) => {
        assert.equal(error.code, 'data-folder-locked', `attempt ${attempt}: ${error.stack}`);
        assert.equal(error.message, `${folder.name} is in use by process ${child.pid}`);
        assert.match(error.hint ?? '', /Stop it first.*--data DIR/);
        return true;
      });
    }
  } finally {
    child.kill('SIGKILL');
    await ended;
  }
  const store = await open(folder.name);
  assert.equal(store.uncleanExit, true);
  await store.close();
});

test('a lock that was deleted by hand is made again: a second process is refused all the same', async () => {
  await using folder = await makeFolder();
  const child = spawn(process.execPath, ['--disable-warning=ExperimentalWarning', childFile, folder.name], {
    stdio: ['pipe', 'pipe', 'inherit'],
  });
  const ended = once(child, 'exit');
  try {
    await once(createInterface({ input: child.stdout }), 'line');
    await rm(join(folder.name, 'lock.db'));
    const second = openSqliteStore({ dataDir: folder.name, clock: systemClock, ballastBytes: 0 });
    child.stdin.write('.');
    await assert.rejects(second, {
      code: 'data-folder-locked',
      message: `${folder.name} is in use by process ${child.pid}`,
    });
  } finally {
    child.kill('SIGKILL');
    await ended;
  }
  await rm(join(folder.name, 'lock.db'));
  await (await open(folder.name)).close();
});

test('who lost the folder to another process writes nothing more, and says who has it', async () => {
  await using folder = await makeFolder();
  const first = await open(folder.name);
  await rm(join(folder.name, 'lock.db'));
  await writeFile(join(folder.name, 'pitwall.pid'), '0');
  const second = await open(folder.name);
  await assert.rejects(
    first.write(async () => assert.fail('nothing is begun')),
    { code: 'data-folder-locked', retryable: false },
  );
  await first.close();
  await second.write(async () => {});
  await second.close();
});

for (const { why, name } of [
  { why: 'a database that is removed', name: 'pitwall.db' },
  { why: 'a log that is removed', name: 'pitwall.db-wal' },
]) {
  test(`${why} under a running Pitwall is noticed at the next write, and all is well once it is back`, async () => {
    await using folder = await makeFolder();
    const store = await open(folder.name);
    const path = join(folder.name, name);
    try {
      const write = (value: string) =>
        store.write((tx) => tx.db.insertInto('fact').values({ name: value, value }).execute());
      await write('before');
      await rename(path, join(folder.name, 'away'));
      await assert.rejects(write('meanwhile'), (error: PitwallError) => {
        assert.equal(error.code, 'store-failed');
        assert.equal(error.message, `${path} was removed while Pitwall runs`);
        assert.match(error.hint ?? '', /Move the very same file back/);
        return true;
      });
      await copyFile(join(folder.name, 'away'), path);
      await assert.rejects(write('meanwhile'), { message: `${path} was replaced while Pitwall runs` });
      await rename(join(folder.name, 'away'), path);
      await write('after');
      const names = (await store.read.selectFrom('fact').select('name').execute()).map((row) => row.name);
      assert.ok(names.includes('before') && names.includes('after') && !names.includes('meanwhile'), `${names}`);
    } finally {
      await store.close();
    }
  });
}

test('the same process is refused as well, and may open it again after closing', async () => {
  await using folder = await makeFolder();
  const store = await open(folder.name);
  await assert.rejects(open(folder.name), { code: 'data-folder-locked' });
  await store.write(async () => {});
  await store.close();
  await (await open(folder.name)).close();
});

test('what is made is readable by its owner only', async () => {
  await using parent = await makeFolder();
  const dataDir = join(parent.name, 'data');
  const store = await open(dataDir);
  try {
    await store.write((tx) => tx.db.insertInto('fact').values({ name: 'test:a', value: 'b' }).execute());
    for (const name of ['.', ...(await readdir(dataDir))]) {
      const { mode } = await stat(join(dataDir, name));
      assert.equal(mode & 0o077, 0, `${name} has mode ${(mode & 0o777).toString(8)}`);
    }
  } finally {
    await store.close();
  }
});

test('a folder that may not be written to is refused with what to do, and left as it is', async () => {
  await using folder = await makeFolder();
  await (await open(folder.name)).close();
  // The owner of everything is not kept out by a folder's rights, only by how its disk is mounted.
  const disk = await SmallDisk.mount(4 << 20);
  const dataDir = disk === undefined ? folder.name : join(disk.folder, 'data');
  await using _ = disk ?? { [Symbol.asyncDispose]: () => chmod(folder.name, 0o700) };
  if (disk === undefined) await chmod(dataDir, 0o500);
  else {
    await mkdir(dataDir);
    await copyFile(join(folder.name, 'pitwall.db'), join(dataDir, 'pitwall.db'));
    disk.makeReadOnly();
  }
  const before = await readdir(dataDir);
  await assert.rejects(open(dataDir), (error: PitwallError) => {
    assert.equal(error.code, 'store-failed');
    assert.match(error.message, /cannot be used: (the disk is mounted read-only|permission denied)/);
    assert.match(error.hint ?? '', /right to write/);
    return true;
  });
  assert.deepEqual(await readdir(dataDir), before);
});

test('a file where the folder should be is named', async () => {
  await using folder = await makeFolder();
  const dataDir = join(folder.name, 'data');
  await writeFile(dataDir, 'not a folder');
  await assert.rejects(open(dataDir), (error: PitwallError) => {
    assert.equal(error.code, 'store-failed');
    assert.match(error.message, new RegExp(`^${dataDir} cannot be used: there is a file in the way`));
    return true;
  });
});

test('folders above it that are missing are made as well, for everybody to look into as usual', async () => {
  await using parent = await makeFolder();
  const dataDir = join(parent.name, 'srv', 'pitwall', 'data');
  await (await open(dataDir)).close();
  assert.equal((await stat(dataDir)).mode & 0o777, 0o700);
  assert.equal((await stat(join(parent.name, 'srv'))).mode & 0o777, 0o777 & ~process.umask());
});
