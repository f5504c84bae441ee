/** Turns zod's issues into sentences for whoever wrote the value: what is wrong, and what to write instead. */
import type { z } from 'zod';
import { fixFromChoices } from './near-choice.ts';
import { descriptionAt, type JsonSchema, keysAt } from './schema-lookup.ts';
import { type Path, valueAt } from './value-path.ts';

type Issue = z.core.$ZodIssue;

export interface Explanation {
  readonly path: Path;
  /** Point at the key (an unknown one), at the value, or at the map that lacks something. */
  readonly at: 'key' | 'value';
  readonly message: string;
  readonly fix: string;
  /** The value is worth repeating. */
  readonly showsValue: boolean;
  /** The mistake is that something is not there. */
  readonly absent?: boolean;
}

const typeWords: Readonly<Record<string, string>> = {
  string: 'text',
  number: 'a number',
  int: 'a whole number',
  boolean: 'true or false',
  array: 'a list',
  object: 'a map of keys and values',
  record: 'a map of keys and values',
  null: 'nothing',
};

const formatWords: Readonly<Record<string, readonly [what: string, fix: string]>> = {
  url: ['an http or https address', 'write it whole, such as https://shop.example/page'],
  regex: ['of the right form', ''],
  ipv4: ['an IPv4 address', 'write it as 192.0.2.7'],
  ipv6: ['an IPv6 address', 'write it as 2001:db8::7'],
};

/** The words for one issue; several where it names several keys. `value` is the section that was validated. */
export function explainIssue(issue: Issue, value: unknown, schema: () => JsonSchema): Explanation[] {
  const path = issue.path as Path;
  const input = valueAt(value, path);
  const about = descriptionAt(schema(), path);
  const hint = about === undefined ? '' : ` (${about})`;
  const plain = (message: string, fix: string, showsValue = true): Explanation[] => [
    { path, at: 'value', message, fix, showsValue },
  ];
  if (input === undefined && issue.code !== 'unrecognized_keys' && issue.code !== 'custom') {
    const key = String(path.at(-1));
    const [found] = plain(`\`${key}\` is missing`, `add \`${key}: …\`${hint}`, false);
    return [{ ...found!, absent: true }];
  }
  switch (issue.code) {
    case 'unrecognized_keys':
      return issue.keys.map((key) => {
        const fix = fixFromChoices(key, keysAt(schema(), path), 'known keys');
        return { path: [...path, key], at: 'key', message: `unknown key \`${key}\``, fix, showsValue: false };
      });
    case 'invalid_type':
      return plain(...wrongType(issue.expected, input, ownWords(issue), hint));
    case 'invalid_value': {
      const choices = issue.values.map(String);
      const message = `must be ${choices.length === 1 ? `\`${choices[0]}\`` : `one of ${choices.join(', ')}`}`;
      return plain(message, fixFromChoices(String(input), choices, 'choices'));
    }
    case 'too_small':
    case 'too_big':
      return plain(...outOfRange(issue));
    case 'invalid_format': {
      const own = ownWords(issue);
      const [what, fix] = formatWords[issue.format] ?? [`of the form ${issue.format}`, ''];
      return plain(own ?? `not ${what}`, fixOfFormat(own, fix, about));
    }
    case 'invalid_union':
      return explainUnion(issue, value, schema, input, hint);
    case 'custom': {
      const fix = typeof issue.params?.fix === 'string' ? issue.params.fix : undefined;
      return plain(issue.message, fix ?? (about === undefined ? 'change the value' : `expected: ${about}`));
    }
    case 'invalid_key':
    case 'invalid_element':
      return issue.issues
        .flatMap((inner) => explainIssue({ ...inner, path: [...path, ...inner.path] } as Issue, value, schema))
        .map((found) =>
          issue.code === 'invalid_key' ? { ...found, at: 'key', fix: 'rename the key', showsValue: false } : found,
        );
    default:
      return plain(issue.message, about === undefined ? 'change the value' : `expected: ${about}`);
  }
}

/** The message of the schema's author, where it is not zod's own. */
function ownWords(issue: Issue): string | undefined {
  return /^(Invalid |Too |Unrecognized )/.test(issue.message) ? undefined : issue.message;
}

/** Every schema of a duration begins its message so. */
function isDuration(own: string | undefined): boolean {
  return own?.startsWith('not a duration') ?? false;
}

function fixOfFormat(own: string | undefined, fix: string, about: string | undefined): string {
  if (isDuration(own)) return 'write a number with its unit, such as 500ms, 30s, 5m or 1h30m';
  if (fix !== '') return fix;
  return about === undefined ? 'change the value' : `expected: ${about}`;
}

function wrongType(expected: string, input: unknown, own: string | undefined, hint: string): readonly [string, string] {
  if (own !== undefined && isDuration(own)) {
    const fix = typeof input === 'number' ? `add the unit: ${input}s or ${input}ms` : fixOfFormat(own, '', undefined);
    return [own, fix];
  }
  if (input === null)
    return ['the value is empty', `write ${typeWords[expected] ?? expected}${hint}, or remove the key`];
  const message = own ?? `must be ${typeWords[expected] ?? expected}, not ${nameOf(input)}`;
  if (expected === 'string' && typeof input !== 'object') return [message, `put it in quotes: "${String(input)}"`];
  if (expected === 'array' && typeof input !== 'object') return [message, `write it as a list: [${String(input)}]`];
  if (expected === 'boolean') return [message, 'write true or false, without quotes'];
  if (expected === 'number' || expected === 'int') {
    const bare = typeof input === 'string' && input.trim() !== '' && Number.isFinite(Number(input));
    // Each value of a query is text.
    if (bare && expected === 'int' && !Number.isInteger(Number(input))) {
      return [own ?? 'must be a whole number, not a fraction', `write a whole number${hint}`];
    }
    return [message, bare ? `write it without quotes: ${Number(input)}` : `write ${typeWords[expected]}${hint}`];
  }
  return [message, `write ${typeWords[expected] ?? expected}${hint}`];
}

function nameOf(input: unknown): string {
  if (Array.isArray(input)) return 'a list';
  if (typeof input === 'object') return 'a map';
  if (typeof input === 'number') return Number.isInteger(input) ? 'a number' : 'a fraction';
  return typeof input === 'boolean' ? 'true or false' : 'text';
}

function outOfRange(issue: Extract<Issue, { code: 'too_small' | 'too_big' }>): readonly [string, string] {
  const small = issue.code === 'too_small';
  const limit = small ? issue.minimum : issue.maximum;
  const own = ownWords(issue);
  const side = small ? 'at least' : 'at most';
  if (issue.origin === 'string') {
    if (small && Number(limit) === 1) return [own ?? 'the text is empty', 'write something, or remove the key'];
    return [own ?? `must have ${side} ${limit} characters`, `make it ${small ? 'longer' : 'shorter'}`];
  }
  if (issue.origin === 'array' || issue.origin === 'set') {
    return [own ?? `must have ${side} ${limit} entries`, small ? 'add one' : 'remove some'];
  }
  const strictly = issue.inclusive === false ? (small ? 'more than' : 'less than') : side;
  return [own ?? `must be ${strictly} ${limit}`, `write a number of ${strictly} ${limit}`];
}

type UnionIssue = Extract<Issue, { code: 'invalid_union' }>;

/** A choice of forms: explains the form that was evidently meant, or names them all. */
function explainUnion(
  issue: UnionIssue,
  value: unknown,
  schema: () => JsonSchema,
  input: unknown,
  hint: string,
): Explanation[] {
  const path = issue.path as Path;
  const options = (issue as { options?: readonly unknown[] }).options;
  if (issue.errors.length === 0 && options !== undefined) {
    const choices = options.map(String);
    const fix = fixFromChoices(String(input), choices, 'choices');
    return [{ path, at: 'value', message: `must be one of ${choices.join(', ')}`, fix, showsValue: true }];
  }
  const isRootType = (inner: Issue) => inner.path.length === 0 && inner.code === 'invalid_type';
  const meant = issue.errors.filter(
    (branch) => branch.length > 0 && !branch.some((inner) => isRootType(inner as Issue)),
  );
  const best = meant.sort((a, b) => a.length - b.length)[0];
  if (best !== undefined && (meant.length === 1 || best.some((inner) => inner.path.length > 0))) {
    return best.flatMap((inner) => explainIssue({ ...inner, path: [...path, ...inner.path] } as Issue, value, schema));
  }
  const forms = issue.errors
    .flatMap((branch) => branch.filter((inner) => inner.code === 'invalid_type'))
    .map((inner) => typeWords[(inner as { expected: string }).expected] ?? (inner as { expected: string }).expected);
  const words = [...new Set(forms)];
  const own = ownWords(issue);
  const message =
    own ?? (words.length > 0 && meant.length === 0 ? `must be ${words.join(' or ')}` : 'not of a known form');
  const fix = hint === '' ? 'write one of these forms' : `expected: ${hint.slice(2, -1)}`;
  return [{ path, at: 'value', message, fix, showsValue: true }];
}
