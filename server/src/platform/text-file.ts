/** Text files that somebody else writes: read with a limit, watched through their folder. */
import { constants, type FSWatcher, statSync, watch } from 'node:fs';
import { type FileHandle, open } from 'node:fs/promises';
import path from 'node:path';
import type { Clock } from './clock.ts';

/** Why a file could not be read, in words. */
export class TextFileFault extends Error {
  readonly reason: string;
  constructor(reason: string, cause?: unknown) {
    super(reason, { cause });
    this.reason = reason;
  }
}

const reasonsByCode: Readonly<Record<string, string>> = {
  ENOENT: 'there is no such file',
  EACCES: 'permission denied',
  EPERM: 'permission denied',
  EISDIR: 'it is a folder',
  ENOTDIR: 'a part of its path is not a folder',
};

/** The file's text as UTF-8, without a byte-order mark; throws TextFileFault. */
export async function readTextFile(file: string, largestBytes: number): Promise<string> {
  try {
    // A pipe that nobody writes to would be waited for, and a device read, for ever.
    await using handle = await open(file, constants.O_RDONLY | constants.O_NONBLOCK);
    const stat = await handle.stat();
    if (stat.isDirectory()) throw new TextFileFault('it is a folder');
    if (!stat.isFile()) throw new TextFileFault('it is a pipe or a device, not a file');
    return new TextDecoder('utf-8', { fatal: true }).decode(await readAtMost(handle, largestBytes));
  } catch (error) {
    if (error instanceof TextFileFault) throw error;
    const code = (error as NodeJS.ErrnoException).code ?? '';
    const reason =
      code === 'ERR_ENCODING_INVALID_ENCODED_DATA' ? 'it is not UTF-8 text' : (reasonsByCode[code] ?? code);
    throw new TextFileFault(reason, error);
  }
}

/** By what comes and not by what the file says of its size: it may grow meanwhile, and some of /proc say 0. */
async function readAtMost(handle: FileHandle, largestBytes: number): Promise<Buffer> {
  const pieces: Buffer[] = [];
  let bytes = 0;
  for await (const piece of handle.createReadStream({ end: largestBytes, autoClose: false })) {
    pieces.push(piece as Buffer);
    bytes += (piece as Buffer).length;
  }
  if (bytes > largestBytes) throw new TextFileFault(`it is larger than ${largestBytes} bytes`);
  return Buffer.concat(pieces);
}

/** A watch ends silently with its folder; how often it is looked whether the folder is still the one that is watched. */
const lookEveryMs = 1_000;

/**
 * Calls back whenever something about the file may have changed. Its folder is watched, because editors write a new
 * file and rename it over the old one, which a watch on the file itself loses; and the folder may be removed and made
 * again, as `git checkout` does, so it is watched anew then. Returns the stop.
 */
export function watchTextFile(file: string, clock: Clock, onTouched: () => void): () => void {
  const name = path.basename(file);
  const folder = path.dirname(file);
  let watched: string | undefined;
  let watcher: FSWatcher | undefined;
  let cancel = (): void => {};

  function arm(): void {
    watcher?.close();
    watcher = undefined;
    watched = identityOf(folder);
    if (watched === undefined) return;
    try {
      watcher = watch(folder, { persistent: false }, (_event, changed) => {
        // A mounted Kubernetes volume changes its files by renaming `..data`.
        if (changed === null || changed === name || changed === '..data') onTouched();
      });
      watcher.on('error', onTouched);
    } catch {
      // Gone again, or there are no watches left: looked at anew below.
      watched = undefined;
    }
  }

  function look(): void {
    const before = watched;
    if (identityOf(folder) !== before || watcher === undefined) {
      arm();
      if (watched !== before) onTouched();
    }
    cancel = clock.setTimer(look, lookEveryMs);
  }

  arm();
  cancel = clock.setTimer(look, lookEveryMs);
  return () => {
    cancel();
    watcher?.close();
  };
}

/** Followed through links: what the path leads to now. undefined while it leads nowhere. */
function identityOf(folder: string): string | undefined {
  try {
    const { dev, ino, birthtimeNs } = statSync(folder, { bigint: true });
    // An inode is given out again at once on some file systems.
    return `${dev}:${ino}:${birthtimeNs}`;
  } catch {
    return undefined;
  }
}
