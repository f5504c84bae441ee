/** A database that cannot be used is said to be so, with what to do, and not one byte of it changes. */
import assert from 'node:assert/strict';
import { createHash } from 'node:crypto';
import { closeSync, openSync, readFileSync, rmSync, truncateSync, writeFileSync, writeSync } from 'node:fs';
import { copyFile, mkdtemp, readdir, readFile, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { DatabaseSync } from 'node:sqlite';
import { describe, test } from 'node:test';
import { ManualClock } from '../../../../testkit/manual-clock.ts';
import { always, batchOf } from '../../../../testkit/store/recount.ts';
import { seriesDefinitions, startMs } from '../../../../testkit/store/store-bench.ts';
import { checkPoint } from '../../../../testkit/store/store-points.ts';
import type { PitwallError } from '../../core/errors.ts';
import { openSqliteStore, type SqliteStore } from './sqlite-store.ts';

const pageBytes = 8_192;

class Folder implements AsyncDisposable {
  readonly name: string;

  private constructor(name: string) {
    this.name = name;
  }

  static async make(): Promise<Folder> {
    return new Folder(await mkdtemp(join(tmpdir(), 'pitwall-store-')));
  }

  get database(): string {
    return join(this.name, 'pitwall.db');
  }

  get log(): string {
    return `${this.database}-wal`;
  }

  open(): Promise<SqliteStore> {
    return openSqliteStore({ dataDir: this.name, clock: new ManualClock(startMs), ballastBytes: 0 });
  }

  /** Every file but the lock, which holds nothing. */
  async digests(): Promise<Record<string, string>> {
    const names = (await readdir(this.name)).filter((name) => name !== 'lock.db').sort();
    const files = names.map(async (name) => [
      name,
      createHash('sha256')
        .update(await readFile(join(this.name, name)))
        .digest('hex'),
    ]);
    return Object.fromEntries(await Promise.all(files));
  }

  overwrite(path: string, offset: number, bytes: Uint8Array): void {
    const file = openSync(path, 'r+');
    writeSync(file, bytes, 0, bytes.length, offset);
    closeSync(file);
  }

  sql(text: string): void {
    const database = new DatabaseSync(this.database);
    database.exec(text);
    database.close();
  }

  /** Leaves what it did in the log, as a process does that is killed. */
  sqlInLog(text: string): void {
    const database = new DatabaseSync(this.database);
    database.exec(`PRAGMA wal_autocheckpoint = 0; ${text}`);
    const [file, log] = [readFileSync(this.database), readFileSync(this.log)];
    database.close();
    rmSync(`${this.database}-shm`, { force: true });
    writeFileSync(this.database, file);
    writeFileSync(this.log, log);
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await rm(this.name, { recursive: true });
  }
}

/** A store with some history; as a killed process leaves it, its newest writes only in the log. */
async function makeStore({ killed = false } = {}): Promise<Folder> {
  const folder = await Folder.make();
  const store = await folder.open();
  const ids = await store.write((tx) => tx.series.register(seriesDefinitions(40, 'check', 'shop/check'), startMs));
  for (let minute = 0; minute < 50; minute += 1) {
    const points = [...ids.values()].map((id) => checkPoint(id, startMs + minute * 60_000, 1_000 + id));
    await store.write((tx) => tx.series.append(batchOf(points, 6)));
  }
  if (!killed) {
    await store.close();
    return folder;
  }
  const left = await Folder.make();
  await copyFile(folder.database, left.database);
  await copyFile(folder.log, left.log);
  await store.close();
  await folder[Symbol.asyncDispose]();
  return left;
}

const noise = Uint8Array.from({ length: pageBytes }, (_, index) => (index * 193 + 71) & 255);

interface Damage {
  readonly why: string;
  readonly killed?: boolean;
  readonly harm: (folder: Folder) => void;
  readonly code: 'store-corrupt' | 'store-newer';
  readonly says: RegExp;
}

const damages: readonly Damage[] = [
  {
    why: 'a text file in its place',
    harm: ({ database }) => writeFileSync(database, 'These are my notes on pit stops.\n'.repeat(40)),
    code: 'store-corrupt',
    says: /it is not an SQLite database/,
  },
  {
    why: 'a file cut within its header',
    harm: ({ database }) => truncateSync(database, 60),
    code: 'store-corrupt',
    says: /it ends within its header/,
  },
  {
    why: 'a file cut in the middle',
    harm: ({ database }) => truncateSync(database, Math.floor(readFileSync(database).length / 2)),
    code: 'store-corrupt',
    says: /bytes where \d+ belong/,
  },
  {
    why: 'a file cut by its last byte',
    harm: ({ database }) => truncateSync(database, readFileSync(database).length - 1),
    code: 'store-corrupt',
    says: /bytes where \d+ belong/,
  },
  {
    why: 'a file whose list of tables was overwritten',
    harm: (folder) => folder.overwrite(folder.database, 100, noise.subarray(100)),
    code: 'store-corrupt',
    says: /malformed/,
  },
  {
    why: 'a file whose second half is noise',
    harm: (folder) => {
      const pages = readFileSync(folder.database).length / pageBytes;
      for (let page = 2; page < pages; page += 1) folder.overwrite(folder.database, page * pageBytes, noise);
    },
    code: 'store-corrupt',
    says: /malformed/,
  },
  {
    why: 'an empty file beside a log that is not',
    killed: true,
    harm: ({ database }) => truncateSync(database, 0),
    code: 'store-corrupt',
    says: /it is empty, yet its log/,
  },
  {
    why: 'a file that was cut, beside the log of a killed process',
    killed: true,
    harm: ({ database }) => truncateSync(database, 2 * pageBytes),
    code: 'store-corrupt',
    says: /belong|malformed/,
  },
  {
    why: 'a journal that nobody can read',
    harm: (folder) => folder.sql(`UPDATE journal SET blob = x'ff00ff00' WHERE slot = 1`),
    code: 'store-corrupt',
    says: /journal/,
  },
  {
    why: 'a journal that nobody can read, in the log of a killed process',
    killed: true,
    harm: (folder) => folder.sqlInLog(`UPDATE journal SET blob = x'ff00ff00' WHERE slot = 1`),
    code: 'store-corrupt',
    says: /journal/,
  },
  {
    why: 'the marked database of another program',
    harm: (folder) => {
      rmDatabase(folder);
      folder.sql('CREATE TABLE notes (id INTEGER PRIMARY KEY, text TEXT); PRAGMA application_id = 252006675');
    },
    code: 'store-corrupt',
    says: /a database of another program/,
  },
  {
    why: 'the unmarked database of another program, which most are',
    harm: (folder) => {
      rmDatabase(folder);
      folder.sql(`CREATE TABLE notes (id INTEGER PRIMARY KEY, text TEXT); INSERT INTO notes VALUES (1, 'mine')`);
    },
    code: 'store-corrupt',
    says: /a database of another program/,
  },
  {
    why: 'the numbered database of another program',
    harm: (folder) => {
      rmDatabase(folder);
      folder.sql('CREATE TABLE notes (id INTEGER PRIMARY KEY); PRAGMA user_version = 1');
    },
    code: 'store-corrupt',
    says: /a database of another program/,
  },
  {
    why: 'the database of a newer Pitwall',
    harm: (folder) => folder.sql('PRAGMA user_version = 99'),
    code: 'store-newer',
    says: /written by a newer Pitwall \(schema 99; this one knows 2\)/,
  },
];

function rmDatabase({ database }: Folder): void {
  // A file of no bytes is what SQLite makes a new database of.
  writeFileSync(database, '');
}

describe('A database that cannot be used is left as it is', () => {
  for (const { why, killed = false, harm, code, says } of damages) {
    test(why, async () => {
      await using folder = await makeStore({ killed });
      harm(folder);
      const before = await folder.digests();
      for (const attempt of [1, 2]) {
        await assert.rejects(folder.open(), (error: PitwallError) => {
          assert.equal(error.code, code, `attempt ${attempt}: ${error.stack}`);
          assert.match(error.message, says);
          assert.ok(error.message.startsWith(folder.database), error.message);
          assert.match(error.message, /It was left as it is\.$/);
          assert.equal(error.path, folder.database);
          assert.match(error.hint ?? '', /backup|mv |newer Pitwall/);
          assert.equal(error.retryable, false);
          return true;
        });
        assert.deepEqual(await folder.digests(), before, 'no byte changed, no file came or went');
      }
    });
  }

  test('the newer version that is still in the log is seen', async () => {
    await using folder = await Folder.make();
    await using made = await makeStore();
    const database = new DatabaseSync(made.database);
    database.exec('PRAGMA journal_mode = WAL; PRAGMA user_version = 99');
    await copyFile(made.database, folder.database);
    await copyFile(made.log, folder.log);
    database.close();
    const before = await folder.digests();
    await assert.rejects(folder.open(), { code: 'store-newer' });
    assert.deepEqual(await folder.digests(), before);
  });

  test('damage deep inside is found by the full check after a kill', async () => {
    await using folder = await makeStore();
    const { length } = readFileSync(folder.database);
    const journal = new DatabaseSync(folder.database, { readOnly: true });
    const row = journal.prepare(`SELECT pageno FROM dbstat WHERE name = 'transition_of_subject'`).get();
    journal.close();
    const offset = (Number(row!.pageno) - 1) * pageBytes;
    assert.ok(offset > 0 && offset < length);
    // A free block that lies outside its page: nothing that a start reads.
    folder.overwrite(folder.database, offset + 1, Uint8Array.of(0x1f, 0xf0));
    await using store = Object.assign(await folder.open(), {
      async [Symbol.asyncDispose](this: SqliteStore) {
        await this.close();
      },
    });
    const findings = await store.checkIntegrity();
    assert.ok(findings.length > 0, 'the check found nothing');
  });

  test('what a killed process leaves is used, and told to be so', async () => {
    await using folder = await makeStore({ killed: true });
    const store = await folder.open();
    try {
      assert.equal(store.uncleanExit, true);
      assert.deepEqual(await store.checkIntegrity(), []);
      assert.equal(store.series.scan({ seriesId: 1, ...always }).atMs.length, 50);
    } finally {
      await store.close();
    }
    const again = await folder.open();
    assert.equal(again.uncleanExit, false);
    await again.close();
  });
});
