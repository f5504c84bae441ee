/**
 * A file of nothing that is deleted when the disk is full, so that what people must be told can still be written;
 * made again once there is room for it three times over.
 */
import { randomBytes } from 'node:crypto';
import { existsSync, rmSync } from 'node:fs';
import { open, rename, rm } from 'node:fs/promises';
import { join } from 'node:path';
import { freeBytes } from './sqlite-errors.ts';

const pieceBytes = 1 << 20;
const roomFactor = 3;
const retryAfterMs = 60_000;

export class Ballast {
  readonly #dataDir: string;
  readonly #path: string;
  readonly #sizeBytes: number;
  #nextTryAtMs = 0;

  constructor(dataDir: string, sizeBytes: number) {
    this.#dataDir = dataDir;
    this.#path = join(dataDir, 'ballast');
    this.#sizeBytes = sizeBytes;
  }

  get isHeld(): boolean {
    return existsSync(this.#path);
  }

  /** Gives its room back; false where there was none to give. */
  free(): boolean {
    if (!this.isHeld) return false;
    rmSync(this.#path, { force: true });
    return true;
  }

  /** Makes it where it is missing and there is room; at most one attempt a minute. Never throws. */
  async restore(nowMs: number): Promise<boolean> {
    if (this.#sizeBytes === 0 || this.isHeld || nowMs < this.#nextTryAtMs) return false;
    this.#nextTryAtMs = nowMs + retryAfterMs;
    if (freeBytes(this.#dataDir) < this.#sizeBytes * roomFactor) return false;
    const temporary = `${this.#path}.new`;
    try {
      await using file = await open(temporary, 'w', 0o600);
      // Random, as a file system that compresses would give zeros no room.
      const piece = randomBytes(Math.min(pieceBytes, this.#sizeBytes));
      for (let written = 0; written < this.#sizeBytes; written += piece.length) await file.write(piece);
      await rename(temporary, this.#path);
      return true;
    } catch {
      await rm(temporary, { force: true });
      return false;
    }
  }
}
