import { inspect } from 'node:util';

const redacted = '[redacted]';

/** A value that must not be seen: as a string, as JSON and under inspection it reads `[redacted]`. */
export class Secret {
  readonly #value: string;

  constructor(value: string) {
    this.#value = value;
  }

  /** The value itself: only where it is sent or compared. */
  reveal(): string {
    return this.#value;
  }

  toString(): string {
    return redacted;
  }

  toJSON(): string {
    return redacted;
  }

  [inspect.custom](): string {
    return redacted;
  }
}

/** Shorter values are too common to be replaced in a text without ruining it. */
const shortestRedacted = 4;

/**
 * Replaces every occurrence of the given secrets in a text, the longest first, so that no part of one remains; in any
 * case of letters, as hosts and codes are often written back in another.
 */
export function redactSecrets(text: string, secrets: readonly string[]): string {
  let clean = text;
  for (const secret of [...secrets].sort((a, b) => b.length - a.length)) {
    if (secret.length < shortestRedacted) continue;
    clean = clean.replace(new RegExp(RegExp.escape(secret), 'gi'), () => redacted);
  }
  return clean;
}
