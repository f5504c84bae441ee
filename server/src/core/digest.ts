/** Canonical JSON (RFC 8785) and SHA-256: the same value gives the same text and the same digest everywhere. */
import { createHash, timingSafeEqual } from 'node:crypto';
import serialize from 'canonicalize';

/** SHA-256 of the text as UTF-8, in hex. */
export function sha256Hex(text: string): string {
  return createHash('sha256').update(text, 'utf8').digest('hex');
}

/**
 * The value as canonical JSON. Half surrogate pairs and NaN, which RFC 8785 refuses, are replaced (by U+FFFD and null):
 * they come from strangers' answers, and no answer may keep a transition out of the ledger.
 */
export function canonicalJson(value: unknown): string {
  try {
    return serialize(value) ?? 'null';
  } catch {
    const plain: unknown = JSON.parse(JSON.stringify(value) ?? 'null');
    return serialize(wellFormed(plain)) ?? 'null';
  }
}

function wellFormed(value: unknown): unknown {
  if (typeof value === 'string') return value.toWellFormed();
  if (Array.isArray(value)) return value.map(wellFormed);
  if (value === null || typeof value !== 'object') return value;
  return Object.fromEntries(Object.entries(value).map(([key, item]) => [key.toWellFormed(), wellFormed(item)]));
}

/** Whether two digests in hex are the same, in a time that does not tell where they differ. */
export function sameDigest(left: string, right: string): boolean {
  const [a, b] = [Buffer.from(left, 'utf8'), Buffer.from(right, 'utf8')];
  return a.length === b.length && timingSafeEqual(a, b);
}
