import { existsSync } from 'node:fs';
import { copyFile, mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { testStoreConformance } from '../../../../testkit/store/store-conformance.ts';
import { openSqliteStore } from './sqlite-store.ts';

testStoreConformance({
  name: 'The SQLite engine',
  abilities: { rowsPerSlice: 256 },
  async makePlace() {
    const name = await mkdtemp(join(tmpdir(), 'pitwall-store-'));
    return { name, [Symbol.asyncDispose]: () => rm(name, { recursive: true }) };
  },
  open: (place, options) => openSqliteStore({ dataDir: place.name, ballastBytes: 0, ...options }),
  async copyAsKilled(_, from, to) {
    for (const name of ['pitwall.db', 'pitwall.db-wal']) {
      if (existsSync(join(from.name, name))) await copyFile(join(from.name, name), join(to.name, name));
    }
  },
});
