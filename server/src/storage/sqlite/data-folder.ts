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
import type { Clock } from '../../platform/clock.ts';
import { identityOf } from './file-guard.ts';
import { asStoreError, isBusy, unfit } from './sqlite-errors.ts';

export const databaseName = 'pitwall.db';
/** A running Pitwall looks after its lock before each write, which is each 0.8 s; three of these. */
const madeAgainWithinMs = 2_400;
const lookMs = 50;

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
  /** Takes it again where its file was deleted; throws `data-folder-locked` where another process was faster. */
  keep(): void;
  release(): void;
}

function lockHolder(pidPath: string): string {
  if (!existsSync(pidPath)) return 'another process';
  const pid = readFileSync(pidPath, 'utf8').trim();
  return /^\d+$/.test(pid) ? `process ${pid}` : 'another process';
}

/** Its number may be another program's by now, so this is asked only where there is no lock to say more. */
function runsElsewhere(pidPath: string, processId: number): boolean {
  try {
    const pid = Number(readFileSync(pidPath, 'utf8'));
    return pid > 0 && pid !== processId && process.kill(pid, 0);
  } catch (error) {
    return (error as NodeJS.ErrnoException).code === 'EPERM';
  }
}

/** For people only, so a full disk must not keep Pitwall from starting. */
function notePid(pidPath: string, processId: number): void {
  try {
    writeFileSync(pidPath, `${processId}\n`, { mode: 0o600 });
  } catch {
    rmSync(pidPath, { force: true });
  }
}

/**
 * Takes the folder for this process, or throws `data-folder-locked` naming who has it. Where the lock was deleted
 * beside a process that runs, that one makes it again within a beat, which is waited for.
 */
export async function lockDataFolder(dataDir: string, processId: number, clock: Clock): Promise<FolderLock> {
  const lockPath = join(dataDir, 'lock.db');
  const pidPath = join(dataDir, 'pitwall.pid');
  for (let waitedMs = 0; waitedMs < madeAgainWithinMs; waitedMs += lookMs) {
    if (existsSync(lockPath) || !runsElsewhere(pidPath, processId)) break;
    await clock.sleep(lookMs);
  }
  const take = (): DatabaseSync => takeLock(dataDir, lockPath, pidPath);
  let lock = take();
  let identity = identityOf(lockPath);
  notePid(pidPath, processId);
  return {
    keep() {
      if (identityOf(lockPath) === identity) return;
      const again = take();
      lock.close();
      lock = again;
      identity = identityOf(lockPath);
      notePid(pidPath, processId);
    },
    release() {
      // Another process may have it by now.
      if (identityOf(lockPath) === identity) rmSync(pidPath, { force: true });
      lock.close();
    },
  };
}

function takeLock(dataDir: string, lockPath: string, pidPath: string): DatabaseSync {
  createPrivateFile(lockPath);
  const lock = new DatabaseSync(lockPath, { timeout: 0 });
  try {
    // No journal file: nothing is ever written, only the lock is wanted.
    lock.exec('PRAGMA journal_mode = MEMORY; BEGIN EXCLUSIVE');
    return lock;
  } catch (error) {
    lock.close();
    if (!isBusy(error)) throw asStoreError(error, lockPath);
    throw new PitwallError('data-folder-locked', `${dataDir} is in use by ${lockHolder(pidPath)}`, {
      path: dataDir,
      hint: 'Stop it first, or start with another folder: --data DIR',
      cause: error,
    });
  }
}
