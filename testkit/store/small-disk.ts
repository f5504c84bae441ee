/** A real file system of a few MiB, which can be filled to the brim; needs the right to mount. */
import { execFileSync } from 'node:child_process';
import { closeSync, openSync, rmSync, writeSync } from 'node:fs';
import { mkdtemp, rmdir } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

const pieceBytes = 65_536;

export class SmallDisk implements AsyncDisposable {
  readonly folder: string;

  private constructor(folder: string) {
    this.folder = folder;
  }

  /** undefined where this user may not mount. */
  static async mount(sizeBytes: number): Promise<SmallDisk | undefined> {
    const folder = await mkdtemp(join(tmpdir(), 'pitwall-disk-'));
    try {
      execFileSync('mount', ['-t', 'tmpfs', '-o', `size=${sizeBytes},mode=700`, 'pitwall-test', folder], {
        stdio: 'pipe',
      });
      return new SmallDisk(folder);
    } catch {
      await rmdir(folder);
      return undefined;
    }
  }

  /** Writes a file until not one byte more fits. */
  fill(name = 'filler'): void {
    const file = openSync(join(this.folder, name), 'a');
    try {
      for (let bytes = pieceBytes; bytes >= 1; ) {
        try {
          writeSync(file, Buffer.alloc(bytes));
        } catch (error) {
          if ((error as NodeJS.ErrnoException).code !== 'ENOSPC') throw error;
          bytes = Math.floor(bytes / 2);
        }
      }
    } finally {
      closeSync(file);
    }
  }

  empty(name = 'filler'): void {
    rmSync(join(this.folder, name));
  }

  makeReadOnly(): void {
    execFileSync('mount', ['-o', 'remount,ro', this.folder], { stdio: 'pipe' });
  }

  async [Symbol.asyncDispose](): Promise<void> {
    execFileSync('umount', [this.folder], { stdio: 'pipe' });
    await rmdir(this.folder);
  }
}
