/** Makes evidence of what came back: bounded, and without the secrets of its check. */
import { redactSecrets } from '../../core/secret.ts';
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
const shortestRedacted = 4;

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
  const hidden = spellings(secrets);
  const clean = (text: string, most: number) => redactSecrets(text, hidden).slice(0, most);
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
    ...(raw.body === undefined ? {} : { body: cleanBody(raw.body, hidden) }),
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

function cleanBody(body: string, hidden: readonly string[]): string {
  const clean = redactSecrets(body, hidden);
  return withoutCutSecret(clean, hidden)
    .slice(0, evidenceBytes)
    .replace(/\ufffd+$/, '');
}

/** Where the kept part ends inside a secret, its beginning must go too. */
function withoutCutSecret(text: string, hidden: readonly string[]): string {
  let endsAt = text.length;
  const end = text.toLowerCase();
  for (const secret of hidden) {
    for (let length = Math.min(secret.length - 1, text.length); length >= shortestRedacted; length -= 1) {
      if (end.endsWith(secret.slice(0, length).toLowerCase())) {
        endsAt = Math.min(endsAt, text.length - length);
        break;
      }
    }
  }
  return text.slice(0, endsAt);
}

/** How a peer may echo a secret: as it is, inside an address, JSON (PHP’s and Python’s differ), HTML, or in base64. */
function spellings(secrets: readonly string[]): string[] {
  const all = new Set<string>();
  for (const secret of secrets) {
    if (secret.length < shortestRedacted) continue;
    const json = JSON.stringify(secret).slice(1, -1);
    for (const spelling of [
      secret,
      encodedPart(secret),
      ...inAddress(secret),
      Buffer.from(secret).toString('hex'),
      json,
      json.replaceAll('/', '\\/'),
      json.replace(/[^\x20-\x7e]/g, (unit) => `\\u${unit.charCodeAt(0).toString(16).padStart(4, '0')}`),
      secret.replace(/[&<>"']/g, (mark) => htmlNames[mark]!),
      Buffer.from(secret).toString('base64').replace(/=+$/, ''),
      Buffer.from(secret).toString('base64url'),
    ])
      all.add(spelling);
  }
  return [...all];
}

const htmlNames: Readonly<Record<string, string>> = {
  '&': '&amp;',
  '<': '&lt;',
  '>': '&gt;',
  '"': '&quot;',
  "'": '&#39;',
};

/** As an address is sent that holds it in its path, its query, or as a form writes it. */
function inAddress(text: string): string[] {
  const url = new URL('http://host');
  url.pathname = `/${text}`;
  url.search = `?${text}`;
  return [url.pathname.slice(1), url.search.slice(1), encodedPart(text).replaceAll('%20', '+')];
}

/** Half a pair of surrogates has no code. */
function encodedPart(text: string): string {
  return encodeURIComponent(text.toWellFormed());
}
