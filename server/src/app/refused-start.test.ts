/** Starts that must not succeed: each says what is wrong, names what to do, and leaves everything as it was. */
import assert from 'node:assert/strict';
import { createHash } from 'node:crypto';
import { mkdtemp, readdir, readFile, rm, writeFile } from 'node:fs/promises';
import { createServer } from 'node:net';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { DatabaseSync } from 'node:sqlite';
import { type TestContext, test } from 'node:test';
import { PitwallProcess } from '../../../testkit/pitwall-process.ts';

async function freshFolder(t: TestContext): Promise<string> {
  const folder = await mkdtemp(path.join(tmpdir(), 'pitwall-refused-'));
  t.after(() => rm(folder, { recursive: true }));
  return path.join(folder, 'data');
}

/** The data folder of a Pitwall that ran and ended. */
async function usedFolder(t: TestContext): Promise<string> {
  const dataDir = await freshFolder(t);
  await using pitwall = await PitwallProcess.start(undefined, { dataDir });
  await pitwall.end('SIGTERM');
  return dataDir;
}

/** What it prints on the way out, and how it ends. */
async function refused(dataDir: string): Promise<{ readonly exitCode: number | null; readonly output: string }> {
  await using pitwall = await PitwallProcess.prepare(undefined, { dataDir });
  await assert.rejects(pitwall.start(), /Pitwall ended/);
  return { exitCode: pitwall.exitCode, output: pitwall.output };
}

/** Every file with what is in it; the lock is nobody's data. */
async function digests(dataDir: string): Promise<Record<string, string>> {
  const found: Record<string, string> = {};
  for (const name of (await readdir(dataDir)).sort()) {
    if (name.startsWith('lock.db')) continue;
    found[name] = createHash('sha256')
      .update(await readFile(path.join(dataDir, name)))
      .digest('hex');
  }
  return found;
}

test('a data folder in use is refused with the number of the process that has it, which goes on', async (t) => {
  const dataDir = await freshFolder(t);
  await using first = await PitwallProcess.start(undefined, { dataDir });
  const { exitCode, output } = await refused(dataDir);
  assert.equal(exitCode, 2);
  assert.match(output, new RegExp(`in use by process ${first.pid}`));
  assert.match(output, /hint: .*--data DIR/);
  assert.equal((await fetch(`${first.baseUrl}/healthz`)).status, 200);
  assert.equal((await first.call('GET', '/system')).status, 200, 'its token is still good');
});

for (const { why, harm, says, exitCode } of [
  {
    why: 'a file that is no database',
    harm: (file: string) => writeFile(file, 'This is not a database. '.repeat(1_000)),
    says: /is not an SQLite database.*left as it is/,
    exitCode: 2,
  },
  {
    why: 'a file that was cut short',
    harm: async (file: string) => writeFile(file, (await readFile(file)).subarray(0, 20_000)),
    says: /has 20000 bytes where \d+ belong.*left as it is/,
    exitCode: 2,
  },
  {
    why: 'a file whose middle was overwritten',
    harm: async (file: string) => writeFile(file, (await readFile(file)).fill(0xa5, 8_192, 60_000)),
    says: /cannot be used.*left as it is/,
    exitCode: 2,
  },
  {
    why: 'a file of a newer Pitwall',
    harm: async (file: string) => {
      const database = new DatabaseSync(file);
      database.exec('PRAGMA user_version = 9999');
      database.close();
    },
    says: /written by a newer Pitwall \(schema 9999.*left as it is/,
    exitCode: 2,
  },
]) {
  test(`${why} is refused, says what to do, and is left as it is`, async (t) => {
    const dataDir = await usedFolder(t);
    await harm(path.join(dataDir, 'pitwall.db'));
    const before = await digests(dataDir);
    const { output, ...ended } = await refused(dataDir);
    assert.equal(ended.exitCode, exitCode);
    assert.match(output, says);
    assert.match(output, /hint: /);
    assert.deepEqual(await digests(dataDir), before);
  });
}

test('a port in use is refused with one to try, and the folder can be used at once', async (t) => {
  const dataDir = await freshFolder(t);
  await using pitwall = await PitwallProcess.prepare(undefined, { dataDir });
  const other = createServer();
  await new Promise<void>((resolve) => other.listen(pitwall.port, '127.0.0.1', resolve));
  await assert.rejects(pitwall.start());
  assert.equal(pitwall.exitCode, 2);
  assert.match(pitwall.output, new RegExp(`Port ${pitwall.port} is taken`));
  assert.match(pitwall.output, new RegExp(`--port ${pitwall.port + 1}`));
  await new Promise<void>((resolve) => other.close(() => resolve()));
  await pitwall.start();
});

test('a file in place of the data folder is refused by its name', async (t) => {
  const dataDir = await freshFolder(t);
  await writeFile(dataDir, '');
  const { exitCode, output } = await refused(dataDir);
  assert.equal(exitCode, 3);
  assert.match(output, /there is a file in the way/);
});

for (const { why, dataDir, says } of [
  {
    why: 'a data folder under a file system that makes no folders is refused, not tried for ever',
    dataDir: '/proc/pitwall/data',
    says: /error: \/proc\/pitwall cannot be used: no folder can be made in \/proc\n.*\n {2}hint: .*--data DIR/,
  },
  {
    why: 'a data folder below a device is refused',
    dataDir: '/dev/null/data',
    says: /error: \/dev\/null\/data cannot be used: there is a file in the way\n.*\n {2}hint: .*--data DIR/,
  },
]) {
  test(why, async () => {
    const { exitCode, output } = await refused(dataDir);
    assert.equal(exitCode, 3);
    assert.match(output, says);
  });
}
