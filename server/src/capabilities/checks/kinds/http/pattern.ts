/**
 * Patterns that people write, in time that grows with the text and never with the pattern's tricks: RE2's syntax, by way
 * of re2js. It looks for a pattern's fixed text before anything else, so a page without it costs next to nothing; the
 * worst of a few hundred patterns took 2 s for a MiB, an ordinary one 25 ms.
 */
import { createRequire } from 'node:module';
import type { RE2JS } from 're2js';

export interface Pattern {
  test(text: string): boolean;
}

type Library = { readonly RE2JS: typeof RE2JS };

/** 30 ms to load, so only where a check has a pattern. */
const load = createRequire(import.meta.url);

/** Throws what `patternFault` explains. */
export function compilePattern(source: string): Pattern {
  const { RE2JS } = load('re2js') as Library;
  return RE2JS.compile(source);
}

/** Why a text is no pattern, in a few words; undefined where it is one. */
export function patternFault(source: string): string | undefined {
  try {
    compilePattern(source);
    return undefined;
  } catch (error) {
    const { error: what = 'not understood', input = '' } = error as { error?: string; input?: string | null };
    return input === '' || input === null ? what : `${what}: ${input}`;
  }
}
