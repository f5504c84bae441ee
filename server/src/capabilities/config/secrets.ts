/** Which values must never be seen: by where they stand, and by where they came from. */
import { secretsInAddress, shownAddress } from '../../core/secret-address.ts';
import type { Path } from '../../core/value-path.ts';
import type { OutsideValue } from './fill.ts';

const redacted = '[redacted]';

/** Request headers whose values everybody may know; to hide `application/json` would ruin the evidence. */
const publicHeaders: ReadonlySet<string> = new Set([
  'accept',
  'accept-encoding',
  'accept-language',
  'cache-control',
  'connection',
  'content-type',
  'host',
  'origin',
  'referer',
  'user-agent',
]);

/** Whether a path is at, above or below one of the dotted patterns, in which `*` stands for any one step. */
export function isSecretPath(path: Path, patterns: readonly string[]): boolean {
  if (path[0] === 'headers' && publicHeaders.has(String(path[1]).toLowerCase())) return false;
  return patterns.some((pattern) => {
    const steps = pattern.split('.');
    const shared = Math.min(steps.length, path.length);
    return shared > 0 && steps.slice(0, shared).every((step, index) => step === '*' || step === String(path[index]));
  });
}

/** Up to the last `@`: a password is often written as it is, and not encoded. */
const passwordInWebUrl = /^((?:https?|wss?):\/\/[^/?#@\s]*?):([^/?#\s]+)@/i;
/** Of databases: nobody can tell where a password with a slash in it ends, so all of it goes. */
const passwordInOtherUrl = /^((?!https?:|wss?:)[a-z][a-z0-9+.-]*:\/\/[^/?#@\s]*?):(\S+)@/i;

function passwordInUrl(text: string): string | undefined {
  return (passwordInWebUrl.exec(text) ?? passwordInOtherUrl.exec(text))?.[2];
}

/** A text as it may be shown: at a secret path only its variables remain, elsewhere what opens doors in addresses goes. */
export function showableText(text: string, secret: boolean): string {
  if (!secret) {
    const hide = (_: string, head: string) => `${head}:${redacted}@`;
    return shownAddress(text.replace(passwordInWebUrl, hide).replace(passwordInOtherUrl, hide));
  }
  const references = [...text.matchAll(/\$\{([A-Za-z_]\w*)[^}]*\}/g)].map(([, name]) => `\${${name}}`);
  if (references.length === 0) return redacted;
  const scheme = /^(?:Basic|Bearer|Token) /.exec(text)?.[0] ?? '';
  return `${scheme}${references.join('')}`;
}

/** A tree of plain data as it may be shown on the page. */
export function showable(value: unknown, patterns: readonly string[], path: Path = []): unknown {
  if (typeof value === 'string') return showableText(value, isSecretPath(path, patterns));
  if (Array.isArray(value)) return value.map((item, index) => showable(item, patterns, [...path, index]));
  if (typeof value !== 'object' || value === null) return isSecretPath(path, patterns) ? redacted : value;
  const keys = Object.keys(value);
  if (keys.length === 1 && keys[0] === 'file') return value;
  return Object.fromEntries(
    Object.entries(value).map(([key, item]) => [key, showable(item, patterns, [...path, key])]),
  );
}

/**
 * Fields that say where something is, or who asks: a variable that begins one is an address or a name, which people must
 * be able to read. “The login as [redacted] is refused” would help nobody.
 */
const addressKeys: ReadonlySet<string> = new Set([
  ...['url', 'host', 'port', 'address', 'servername', 'name', 'resolver'],
  ...['user', 'database'],
]);

/** The texts in a filled value that must never appear in evidence. */
export function secretTexts(value: unknown, outside: readonly OutsideValue[], patterns: readonly string[]): string[] {
  const found = new Set<string>();
  for (const { path, from, filled } of outside) {
    const address = from === 'environment' && addressKeys.has(String(path.at(-1)));
    for (const { text, atStart } of filled) {
      if (isCertificates(text)) continue;
      if (address && atStart) for (const part of secretsInUrl(text)) found.add(part);
      else for (const part of [text, text.trim(), ...longParts(text.split('\n'))]) found.add(part);
    }
  }
  const visit = (node: unknown, path: Path): void => {
    if (typeof node === 'string') {
      if (isSecretPath(path, patterns) && path.length > 0) {
        found.add(node);
        found.add(node.replace(/^(?:Basic|Bearer|Token) /, ''));
        for (const part of path[0] === 'headers' ? headerParts(node) : bodyParts(node)) found.add(part);
      }
      for (const part of secretsInAddress(node)) found.add(part);
      const password = passwordInUrl(node);
      if (password !== undefined) found.add(password);
    } else if (Array.isArray(node)) for (const [index, item] of node.entries()) visit(item, [...path, index]);
    else if (typeof node === 'object' && node !== null) {
      for (const [key, item] of Object.entries(node)) visit(item, [...path, key]);
    }
  };
  visit(value, []);
  for (const text of [...found]) if (encodeURIComponent(text) !== text) found.add(encodeURIComponent(text));
  found.delete('');
  return [...found];
}

/**
 * What every server shows to everybody. The authorities of a machine are 3,500 lines, and each would be looked for, in ten
 * spellings, in all that is kept of a failure.
 */
function isCertificates(text: string): boolean {
  return text.includes('-----BEGIN CERTIFICATE-----') && !text.includes('PRIVATE KEY');
}

const shortestPathKey = 16;
/** Shorter parts of a secret are too common to be hidden by themselves. */
const shortestPart = 8;

function longParts(parts: readonly string[]): string[] {
  return parts.map((part) => part.trim()).filter((part) => part.length >= shortestPart);
}

/** What a peer may echo of a header alone: the value behind a scheme, each value of a cookie. */
function headerParts(text: string): string[] {
  return longParts(text.split(/[\s;,=&"]+/));
}

/** The values of a JSON document or of a form. */
function bodyParts(text: string): string[] {
  const strings: string[] = [];
  try {
    JSON.parse(text, (_, value: unknown) => {
      if (typeof value === 'string') strings.push(value);
      return value;
    });
  } catch {
    strings.push(...[...new URLSearchParams(text).values()]);
  }
  return longParts(strings);
}

/** The password, the query values and the long parts of the path of a URL that came whole from outside. */
function secretsInUrl(text: string): string[] {
  const password = passwordInUrl(text);
  const query = /\?([^#]*)/.exec(text)?.[1] ?? '';
  const values = query.split('&').map((pair) => pair.slice(pair.indexOf('=') + 1));
  const path = /^[a-z][a-z0-9+.-]*:\/\/[^/?#]*([^?#]*)/i.exec(text)?.[1] ?? '';
  // Addresses of chats carry their key there; `products` and the like are shorter and may be read.
  const keys = path.split('/').filter((part) => part.length >= shortestPathKey);
  return [
    ...(password === undefined ? [] : [password]),
    ...values.filter((item) => item.length >= shortestPart),
    ...keys,
  ];
}
