/**
 * The folder that holds everything, and the lock on it. The lock is SQLite's own on a file of nothing else: the
 * kernel drops it with the process, however that ends, so nobody ever has to delete a stale lock.
 */
import { chmodSync, closeSync, existsSync, mkdirSync, openSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { DatabaseSync } from 'node:sqlite';
import { PitwallError } from '../../core/errors.ts';

export const databaseName = 'pitwall.db';

/** Makes the folder, readable by its owner only, where it is missing. */
export function prepareDataFolder(dataDir: string): void {
  mkdirSync(dataDir, { recursive: true, mode: 0o700 });
  chmodSync(dataDir, 0o700);
}

/** Makes the file with the owner's rights only; SQLite gives its -wal and -shm the same. */
export function createPrivateFile(path: string): void {
  closeSync(openSync(path, 'a', 0o600));
  chmodSync(path, 0o600);
}

export interface FolderLock {
  release(): void;
}

function lockHolder(pidPath: string): string {
  if (!existsSync(pidPath)) return 'another process';
  const pid = readFileSync(pidPath, 'utf8').trim();
  return /^\d+$/.test(pid) ? `process ${pid}` : 'another process';
}

/** Takes the folder for this process, or throws `data-folder-locked` naming who has it. */
export function lockDataFolder(dataDir: string, processId: number): FolderLock {
  const lockPath = join(dataDir, 'lock.db');
  const pidPath = join(dataDir, 'pitwall.pid');
  createPrivateFile(lockPath);
  const lock = new DatabaseSync(lockPath, { timeout: 0 });
  try {
    // No journal file: nothing is ever written, only the lock is wanted.
    lock.exec('PRAGMA journal_mode = MEMORY; BEGIN EXCLUSIVE');
  } catch (error) {
    lock.close();
    throw new PitwallError('data-folder-locked', `${dataDir} is in use by ${lockHolder(pidPath)}`, {
      path: dataDir,
      hint: 'Stop it first, or start with another folder: --data DIR',
      cause: error,
    });
  }
  writeFileSync(pidPath, `${processId}\n`, { mode: 0o600 });
  return {
    release() {
      rmSync(pidPath, { force: true });
      lock.close();
    },
  };
}
