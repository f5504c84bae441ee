/** Why a start failed, for who has to do something about it: what the file system says in a word, in Pitwall's terms. */
import { PitwallError } from '../core/errors.ts';
import { asStoreError, freeBytes } from '../storage/sqlite/sqlite-errors.ts';

/** A new folder takes 1.3 MiB, and opening one that is in use up to that much again. */
const leastBytes = 3 << 20;

/** Errors that have nothing to do with the data folder pass through. */
export function startFault(fault: unknown, dataDir: string): unknown {
  const { path } = fault as { path?: unknown };
  const known = asStoreError(fault, typeof path === 'string' ? path : dataDir);
  if (!(known instanceof PitwallError) || known.code !== 'store-full') return known;
  return new PitwallError('store-full', `Nothing was started. ${known.message}: ${kib(dataDir)} KiB are free there`, {
    path: dataDir,
    hint: `Free ${leastBytes >> 20} MiB on the disk that holds ${dataDir} (\`df -h\` and \`df -i\` say what it has left), or start with another folder: --data DIR`,
    cause: fault,
  });
}

function kib(folder: string): number {
  try {
    return Math.floor(freeBytes(folder) / 1_024);
  } catch {
    return 0;
  }
}
