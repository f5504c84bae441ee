/**
 * Whether the files that are open are still those of the data folder. On Unix a file that was deleted or replaced can
 * be written to as before, and all of it is gone with the process. Asked before each write: three looks, about 10 µs.
 */
import { statSync } from 'node:fs';
import { PitwallError } from '../../core/errors.ts';

/** What SQLite keeps beside the database for as long as it is open; the log only from the first write on. */
const endings = ['', '-wal', '-shm'] as const;

export class FileGuard {
  readonly #filePath: string;
  readonly #known = new Map<string, string>();

  constructor(filePath: string) {
    this.#filePath = filePath;
    this.check();
  }

  /** Throws `store-failed` while one of them is missing, or another file in its place. */
  check(): void {
    for (const ending of endings) {
      const path = `${this.#filePath}${ending}`;
      const now = identityOf(path);
      const known = this.#known.get(path);
      if (known === undefined) {
        if (now !== undefined) this.#known.set(path, now);
      } else if (now !== known) throw gone(path, now === undefined ? 'was removed' : 'was replaced');
    }
  }
}

export function identityOf(path: string): string | undefined {
  const stat = statSync(path, { throwIfNoEntry: false, bigint: true });
  return stat && `${stat.dev}:${stat.ino}`;
}

function gone(path: string, what: string): PitwallError {
  return new PitwallError('store-failed', `${path} ${what} while Pitwall runs`, {
    path,
    hint: 'Move the very same file back and Pitwall goes on by itself; or stop it, put a backup in its place, start it again',
    retryable: false,
  });
}
