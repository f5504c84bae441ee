/**
 * The folder that holds everything, and the lock on it. The lock is SQLite's own on a file of nothing else: the
 * kernel drops it with the process, however that ends, so nobody ever has to delete a stale lock.
 */
import {
  accessSync,
  chmodSync,
  closeSync,
  constants,
  existsSync,
  mkdirSync,
  openSync,
  readFileSync,
  rmSync,
  statSync,
  writeFileSync,
} from 'node:fs';
import { dirname, join } from 'node:path';
import { DatabaseSync } from 'node:sqlite';
import { PitwallError } from '../../core/errors.ts';
import { asStoreError, isBusy, unfit } from './sqlite-errors.ts';

export const databaseName = 'pitwall.db';

/** Makes the folder, readable by its owner only, where it is missing. */
export function prepareDataFolder(dataDir: string): void {
  try {
    makeFolder(dataDir, 0o700);
    accessSync(dataDir, constants.R_OK | constants.W_OK | constants.X_OK);
  } catch (error) {
    throw asStoreError(error, dataDir);
  }
}

/** One by one: `recursive` goes on for ever where a parent exists and yet nothing can be made in it, such as /proc. */
function makeFolder(folder: string, mode?: number): void {
  const parent = dirname(folder);
  if (!existsSync(parent)) makeFolder(parent);
  try {
    mkdirSync(folder, mode);
  } catch (error) {
    const { code } = error as NodeJS.ErrnoException;
    if (code === 'EEXIST' && statSync(folder).isDirectory()) return;
    if (code !== 'ENOENT') throw error;
    throw unfit(folder, `no folder can be made in ${parent}`, error);
  }
}

/**
 * Makes the file with the owner's rights only; SQLite gives its -wal and -shm the same. One that exists is not opened:
 * closing it again would drop the locks that this process holds on it (https://www.sqlite.org/howtocorrupt.html §2.2).
 */
export function createPrivateFile(path: string): void {
  try {
    if (!existsSync(path)) closeSync(openSync(path, 'ax', 0o600));
    else if ((statSync(path).mode & 0o077) !== 0) chmodSync(path, 0o600);
  } catch (error) {
    throw asStoreError(error, path);
  }
}

export interface FolderLock {
  release(): void;
}

function lockHolder(pidPath: string): string {
  if (!existsSync(pidPath)) return 'another process';
  const pid = readFileSync(pidPath, 'utf8').trim();
  return /^\d+$/.test(pid) ? `process ${pid}` : 'another process';
}

/** For people only, so a full disk must not keep Pitwall from starting. */
function notePid(pidPath: string, processId: number): void {
  try {
    writeFileSync(pidPath, `${processId}\n`, { mode: 0o600 });
  } catch {
    rmSync(pidPath, { force: true });
  }
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
    if (!isBusy(error)) throw asStoreError(error, lockPath);
    throw new PitwallError('data-folder-locked', `${dataDir} is in use by ${lockHolder(pidPath)}`, {
      path: dataDir,
      hint: 'Stop it first, or start with another folder: --data DIR',
      cause: error,
    });
  }
  notePid(pidPath, processId);
  return {
    release() {
      rmSync(pidPath, { force: true });
      lock.close();
    },
  };
}
