/** Secrets at rest: sealed with a key that lives in a file of its own, so that a copy of the database holds none. */
import { createCipheriv, createDecipheriv, createHmac, hkdfSync, randomBytes } from 'node:crypto';
import { readFile } from 'node:fs/promises';
import { PitwallError } from '../core/errors.ts';
import { writePrivateFile } from './private-file.ts';

export interface SealingKey {
  /** `place` is where the text is kept: a sealed text that was moved elsewhere does not open. */
  seal(text: string, place: string): string;
  /** undefined where the text was sealed with another key, for another place, or was changed. */
  open(sealed: string, place: string): string | undefined;
  /** A token that nobody can guess without the key, the same each time for the same text; 144 bits, base64url. */
  tokenFor(text: string): string;
}

const keyBytes = 32;
/** NIST SP 800-38D: 96 bits of nonce, 128 bits of tag. A random nonce is good for 2^32 texts under one key. */
const nonceBytes = 12;
const tagBytes = 16;
const tokenBytes = 18;

/** Reads the key, or makes it where there is none yet. Throws `store-failed` where the file holds something else. */
export async function openSealingKey(path: string): Promise<SealingKey> {
  let key = await readKey(path);
  if (key === undefined) {
    key = randomBytes(keyBytes);
    await writePrivateFile(path, `${key.toString('base64')}\n`);
  }
  return sealingKey(key);
}

async function readKey(path: string): Promise<Buffer | undefined> {
  const text = await readFile(path, 'utf8').catch((error: NodeJS.ErrnoException) => {
    if (error.code === 'ENOENT') return undefined;
    throw unusable(path, error.code ?? error.message, error);
  });
  if (text === undefined) return undefined;
  const key = Buffer.from(text.trim(), 'base64');
  if (key.length !== keyBytes) throw unusable(path, `it does not hold a key of ${keyBytes} bytes`);
  return key;
}

function unusable(path: string, what: string, cause?: unknown): PitwallError {
  return new PitwallError('store-failed', `${path} cannot be used: ${what}`, {
    path,
    hint: 'Put the key back from where you keep it; without it, channels made on the page must be made again.',
    retryable: false,
    cause,
  });
}

function sealingKey(key: Buffer): SealingKey {
  // A key of its own for each use (RFC 5869).
  const tokenKey = Buffer.from(hkdfSync('sha256', key, '', 'pitwall tokens', keyBytes));
  return {
    tokenFor: (text) =>
      createHmac('sha256', tokenKey).update(text).digest().subarray(0, tokenBytes).toString('base64url'),
    seal(text, place) {
      const nonce = randomBytes(nonceBytes);
      const cipher = createCipheriv('aes-256-gcm', key, nonce).setAAD(Buffer.from(place));
      const sealed = Buffer.concat([cipher.update(text, 'utf8'), cipher.final()]);
      return Buffer.concat([nonce, cipher.getAuthTag(), sealed]).toString('base64');
    },
    open(sealed, place) {
      const bytes = Buffer.from(sealed, 'base64');
      if (bytes.length < nonceBytes + tagBytes) return undefined;
      const tagEnd = nonceBytes + tagBytes;
      const decipher = createDecipheriv('aes-256-gcm', key, bytes.subarray(0, nonceBytes), { authTagLength: tagBytes })
        .setAAD(Buffer.from(place))
        .setAuthTag(bytes.subarray(nonceBytes, tagEnd));
      try {
        return Buffer.concat([decipher.update(bytes.subarray(tagEnd)), decipher.final()]).toString('utf8');
      } catch {
        return undefined;
      }
    },
  };
}
