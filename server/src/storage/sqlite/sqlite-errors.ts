/** What SQLite's numbers mean to whoever runs Pitwall. https://www.sqlite.org/rescode.html */
import { statfsSync } from 'node:fs';
import { dirname } from 'node:path';
import { PitwallError } from '../../core/errors.ts';

const primary = { busy: 5, readOnly: 8, ioError: 10, corrupt: 11, full: 13, cannotOpen: 14, notADatabase: 26 } as const;

function primaryCode(error: unknown): number | undefined {
  const code = (error as { errcode?: unknown } | null)?.errcode;
  return typeof code === 'number' ? code & 0xff : undefined;
}

export function isBusy(error: unknown): boolean {
  return primaryCode(error) === primary.busy;
}

export function isDamage(error: unknown): boolean {
  const code = primaryCode(error);
  return code === primary.corrupt || code === primary.notADatabase;
}

/** Below this much room an unexplained I/O error (the -shm file cannot grow, an fsync fails) is taken as a full disk. */
const nearlyFullBytes = 1 << 20;

export function isDiskFull(error: unknown, filePath: string): boolean {
  if ((error as { code?: unknown } | null)?.code === 'ENOSPC') return true;
  const code = primaryCode(error);
  if (code === primary.full) return true;
  const isUnexplained = code === primary.ioError || code === primary.cannotOpen;
  return isUnexplained && freeBytes(dirname(filePath)) < nearlyFullBytes;
}

export function freeBytes(folder: string): number {
  const { bavail, bsize } = statfsSync(folder);
  return bavail * bsize;
}

export function damaged(filePath: string, what: string, cause?: unknown): PitwallError {
  return new PitwallError('store-corrupt', `${filePath} cannot be used: ${what}. It was left as it is.`, {
    path: filePath,
    hint: `Put a backup in its place, or move the file away and start again with an empty history: mv ${filePath} ${filePath}.damaged`,
    cause,
  });
}

/** A place where no Pitwall can keep its data, whoever runs it. */
export function unfit(path: string, what: string, cause?: unknown): PitwallError {
  return new PitwallError('store-failed', `${path} cannot be used: ${what}`, {
    path,
    hint: 'Choose a folder on a local disk: --data DIR',
    retryable: false,
    cause,
  });
}

const denials = new Map([
  ['EACCES', 'permission denied'],
  ['EPERM', 'permission denied'],
  ['EROFS', 'the disk is mounted read-only'],
  ['EEXIST', 'there is a file in the way'],
  ['ENOTDIR', 'there is a file in the way'],
]);

/** SQLite's or the file system's error in Pitwall's terms; errors of others pass through. */
export function asStoreError(error: unknown, filePath: string): unknown {
  if (error instanceof PitwallError) return error;
  if (isDiskFull(error, filePath)) {
    return new PitwallError('store-full', `There is no room left to write ${filePath}`, {
      hint: `Free space on the disk that holds ${dirname(filePath)}; Pitwall goes on by itself.`,
      cause: error,
    });
  }
  if (isDamage(error)) return damaged(filePath, (error as Error).message, error);
  const denial = denials.get((error as { code?: string }).code ?? '');
  const code = primaryCode(error);
  if (denial !== undefined || code === primary.readOnly) {
    return new PitwallError('store-failed', `${filePath} cannot be used: ${denial ?? 'it is read-only'}`, {
      path: filePath,
      hint: 'Give the user that runs Pitwall the right to write there, or choose another folder: --data DIR',
      retryable: false,
      cause: error,
    });
  }
  if (code === primary.ioError || code === primary.busy || code === primary.cannotOpen) {
    return new PitwallError('store-failed', `${filePath}: ${(error as Error).message}`, { cause: error });
  }
  return error;
}
