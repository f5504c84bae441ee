/** A secret in whatever spelling a peer may echo it: one pattern for each, letter by letter, so that mixtures match too. */

export interface Hider {
  /** Every whole secret becomes `[redacted]`. */
  hide(text: string): string;
  /** Where a text was cut inside a secret, its beginning must go too. */
  withoutCutSecret(text: string): string;
}

const redacted = '[redacted]';
/** Shorter values are too common to be replaced in a text without ruining it. */
const shortestHidden = 4;
/** A longer one, such as a body that is sent, is looked for as it is and as JSON writes it, no further. */
const longestPattern = 256;
/** Fewer letters of base64 than this stand in ordinary words. */
const shortestBase64 = 8;

/** What is made of a check's secrets is kept as long as their list: it costs more than one redaction. */
const hiders = new WeakMap<readonly string[], Hider>();

export function hiderOf(secrets: readonly string[]): Hider {
  const known = hiders.get(secrets);
  if (known !== undefined) return known;
  const hider = makeHider(secrets);
  hiders.set(secrets, hider);
  return hider;
}

function makeHider(secrets: readonly string[]): Hider {
  const known = [...new Set(secrets)].filter((secret) => secret.length >= shortestHidden);
  const longestFirst = known.sort((a, b) => b.length - a.length);
  const whole = longestFirst.flatMap((secret) => [
    new RegExp(lettersOf(secret).join(''), 'gi'),
    ...encodings(secret).map((text) => new RegExp(RegExp.escape(text), 'gi')),
  ]);
  const cut = longestFirst.map((secret) => new RegExp(`${beginning(lettersOf(secret))}$`, 'i'));
  const cutEncoded = longestFirst.flatMap((secret) =>
    encodings(secret).map((text) => new RegExp(`${beginning([...text].map((letter) => RegExp.escape(letter)))}$`, 'i')),
  );
  return {
    hide: (text) => whole.reduce((clean, pattern) => clean.replace(pattern, redacted), text),
    withoutCutSecret(text) {
      // No disguise of a letter is longer than this, so the end is enough to look at.
      const end = text.slice(-longestPattern * longestLetter);
      const places = [...cut, ...cutEncoded].map((pattern) => pattern.exec(end)?.index ?? end.length);
      return text.slice(0, text.length - end.length + Math.min(end.length, ...places));
    },
  };
}

/** Its first letters, at least four, as far as they are there, and the half of one more. */
function beginning(letters: readonly string[]): string {
  const first = letters.slice(0, shortestHidden).join('');
  const rest = letters.slice(shortestHidden, longestPattern);
  return `${first}${rest.map((letter) => `(?:${letter}`).join('')}${')?'.repeat(rest.length)}${halfLetter}`;
}

/** `%2`, `\u00`, `&#3`: a letter that was cut itself. */
const halfLetter = String.raw`(?:(?:%[0-9a-f]{0,2})+|\\u?[0-9a-f]{0,3}|&#?[0-9a-z]{0,6})?`;
const longestLetter = 12;

const htmlNames: Readonly<Record<string, string>> = { '&': 'amp', '<': 'lt', '>': 'gt', '"': 'quot', "'": 'apos' };

function lettersOf(secret: string): string[] {
  // In every spelling its pattern would be 100 KB.
  if (secret.length > longestPattern)
    return [...secret].map((letter) => `(?:${RegExp.escape(letter)}|${RegExp.escape(inJson(letter))})`);
  return [...secret].map(letterPattern);
}

function inJson(letter: string): string {
  return JSON.stringify(letter).slice(1, -1);
}

/** One letter as it is, in an address (once or twice encoded), in JSON (PHP’s and Python’s differ), or in HTML. */
function letterPattern(letter: string): string {
  const code = letter.codePointAt(0)!;
  const bytes = [...Buffer.from(letter.toWellFormed())].map((byte) => byte.toString(16).padStart(2, '0'));
  const units = letter.split('').map((unit) => unit.charCodeAt(0).toString(16).padStart(4, '0'));
  const spellings = [
    RegExp.escape(letter),
    bytes.map((byte) => `%(?:25)*${byte}`).join(''),
    units.map((unit) => String.raw`\\+u${unit}`).join(''),
    `&(?:amp;)*#0*${code};?`,
    `&(?:amp;)*#x0*${code.toString(16)};?`,
  ];
  const name = htmlNames[letter];
  if (name !== undefined) spellings.push(`&(?:amp;)*${name};`);
  if (letter === ' ') spellings.push(String.raw`\+`);
  // A backslash may stand before any sign, as JSON, shells and SQL write them.
  return String.raw`(?:\\*(?:${spellings.reverse().join('|')}))`;
}

/** Hexadecimal, and base64 wherever in a longer text the secret began: `user:secret` shifts it by a byte or two. */
function encodings(secret: string): string[] {
  const bytes = Buffer.from(secret);
  const found = [bytes.toString('hex')];
  for (const shift of [0, 1, 2]) {
    const text = Buffer.concat([Buffer.alloc(shift), bytes]).toString('base64url');
    // The letters that hold bits of neighbours, too, are not the secret's own.
    const own = text.slice(Math.ceil((shift * 8) / 6), Math.floor(((shift + bytes.length) * 8) / 6));
    // By itself it ends in a letter that holds its last bits alone.
    for (const base64url of shift === 0 ? [text, own] : [own]) {
      if (base64url.length < shortestBase64) continue;
      found.push(base64url, base64url.replaceAll('-', '+').replaceAll('_', '/'));
    }
  }
  return [...new Set(found)];
}
