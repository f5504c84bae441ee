/** Makes evidence of what came back: bounded, and without the secrets of its check. */
import { type Hider, hiderOf } from './disguises.ts';
import type { Evidence } from './kind.ts';

/** The first bytes of a body that are kept. */
export const evidenceBytes = 4_096;
const mostHeaders = 40;
const mostValueLength = 400;
const mostFactLength = 300;
/** Headers whose values open doors, whoever sent them. */
const doorOpeners: ReadonlySet<string> = new Set([
  'set-cookie',
  'set-cookie2',
  'cookie',
  'authorization',
  'proxy-authorization',
  'authentication-info',
  'proxy-authentication-info',
]);

/** Whether what a header of this name holds must not be shown, whoever sent it. */
export function opensDoors(name: string): boolean {
  return doorOpeners.has(name.toLowerCase());
}

export type Facts = Readonly<Record<string, string | number | boolean>>;

export interface RawEvidence {
  readonly facts: Facts;
  readonly statusCode?: number;
  /** Name, value, name, value … */
  readonly rawHeaders?: readonly string[];
  readonly body?: string;
}

export function makeEvidence(raw: RawEvidence, secrets: readonly string[]): Evidence {
  const hider = hiderOf(secrets);
  const clean = (text: string, most: number) => hider.hide(text).slice(0, most);
  const facts = Object.fromEntries(
    Object.entries(raw.facts).map(([name, fact]) => [
      name,
      typeof fact === 'string' ? clean(fact, mostFactLength) : fact,
    ]),
  );
  return {
    facts,
    ...(raw.statusCode === undefined ? {} : { statusCode: raw.statusCode }),
    ...(raw.rawHeaders === undefined ? {} : { headers: cleanHeaders(raw.rawHeaders, clean) }),
    ...(raw.body === undefined ? {} : { body: cleanBody(raw.body, hider) }),
  };
}

function cleanHeaders(raw: readonly string[], clean: (text: string, most: number) => string): [string, string][] {
  const headers: [string, string][] = [];
  for (let index = 0; index + 1 < raw.length && headers.length < mostHeaders; index += 2) {
    const name = raw[index]!.toLowerCase();
    if (!opensDoors(name)) headers.push([clean(name, mostValueLength), clean(raw[index + 1]!, mostValueLength)]);
  }
  return headers;
}

function cleanBody(body: string, hider: Hider): string {
  return hider
    .withoutCutSecret(hider.hide(body))
    .slice(0, evidenceBytes)
    .replace(/\ufffd+$/, '');
}
