/** Validates one section of the file with a zod schema and names every mistake in it. */

import { z } from 'zod';
import { explainIssue } from '../../core/issues.ts';
import type { JsonSchema } from '../../core/schema-lookup.ts';
import { redactSecrets } from '../../core/secret.ts';
import { type Path, showValue, valueAt } from '../../core/value-path.ts';
import { placeOf, type SourceValue } from './document.ts';
import type { FaultList } from './faults.ts';
import { type Filled, fill, type Outside } from './fill.ts';
import { isSecretPath, showable } from './secrets.ts';

type Issue = z.core.$ZodIssue;

/** What every section is read against. */
export interface Reading {
  readonly root: SourceValue;
  readonly outside: Outside;
  readonly faults: FaultList;
}

export interface SectionOptions {
  /** Where the section stands in the file. */
  readonly path: Path;
  /** Keys of its map that are read elsewhere. */
  readonly skip?: readonly string[];
  /** Keys that would also have been understood here, for the list of choices. */
  readonly alsoKnown?: readonly string[];
  readonly secretPaths?: readonly string[];
  /** What becomes of a value whose variable is not set: left out, or kept as written. */
  readonly missing: 'drop' | 'keep';
}

export interface Section<T> {
  /** Absent where there was a fault. */
  readonly data: T | undefined;
  readonly filled: Filled;
  /** Variables and files that are not there. */
  readonly missing: readonly string[];
}

export function readSection<T>(
  schema: z.ZodType<T>,
  source: SourceValue,
  reading: Reading,
  options: SectionOptions,
): Section<T> {
  const filled = fill(source, reading.outside, options.skip);
  const missingPaths = filled.outside.filter((item) => item.missing.length > 0);
  for (const { path, message, fix } of filled.faults) {
    reading.faults.add(placeOf(reading.root, [...options.path, ...path]), [...options.path, ...path], { message, fix });
  }
  let value = filled.value;
  if (options.missing === 'drop') for (const { path } of missingPaths) value = without(value, path);
  const { data, issues, tried } = validate(schema, value, filled);
  const telling = issues.filter(
    (issue) =>
      issue.code === 'unrecognized_keys' || !missingPaths.some(({ path }) => related(path, issue.path as Path)),
  );
  report(telling, tried, filled, schema, reading, options);
  const missing = [...new Set(missingPaths.flatMap((item) => item.missing))];
  return { data: telling.length > 0 ? undefined : data, filled, missing };
}

/**
 * A variable is always text: where the schema wants a number or a yes or no and the text is one, it is taken as such.
 * A second pass without the faulty values lets rules between values speak too, which zod skips while a value is wrong.
 */
function validate<T>(schema: z.ZodType<T>, value: unknown, filled: Filled) {
  let tried = value;
  let result = schema.safeParse(tried);
  if (!result.success) {
    for (const issue of result.error.issues) tried = coerced(schema, tried, issue as Issue, filled);
    if (tried !== value) result = schema.safeParse(tried);
  }
  if (result.success) return { data: result.data, issues: [] as Issue[], tried };
  const issues = result.error.issues as Issue[];
  let cleaned = tried;
  for (const issue of issues) {
    const keys = issue.code === 'unrecognized_keys' ? issue.keys : [];
    for (const key of keys) cleaned = without(cleaned, [...(issue.path as Path), key]);
    if (keys.length === 0) cleaned = without(cleaned, issue.path as Path);
  }
  const second = schema.safeParse(cleaned);
  const further = second.success ? [] : (second.error.issues as Issue[]);
  const fresh = further.filter(
    (issue) => issue.code === 'custom' && !issues.some((known) => related(known.path as Path, issue.path as Path)),
  );
  return { data: undefined, issues: [...issues, ...fresh], tried };
}

/** The value with one text from outside as the number or the yes or no it is, where only that is right. */
function coerced<T>(schema: z.ZodType<T>, value: unknown, issue: Issue, filled: Filled): unknown {
  const path = issue.path as Path;
  const text = valueAt(value, path);
  if (typeof text !== 'string' || !filled.outside.some((item) => samePath(item.path, path))) return value;
  const isNumber = text.trim() !== '' && Number.isFinite(Number(text));
  if (!isNumber && text !== 'true' && text !== 'false') return value;
  const candidate = replaced(value, path, isNumber ? Number(text) : text === 'true');
  const further = schema.safeParse(candidate).error?.issues ?? [];
  const typeIsRight = !further.some((other) => other.code === 'invalid_type' && samePath(other.path as Path, path));
  return typeIsRight ? candidate : value;
}

function report(
  issues: readonly Issue[],
  value: unknown,
  filled: Filled,
  schema: z.ZodType,
  reading: Reading,
  options: SectionOptions,
): void {
  let generated: JsonSchema | undefined;
  const lookup = () => {
    generated ??= z.toJSONSchema(schema, { io: 'input', unrepresentable: 'any' }) as JsonSchema;
    if (options.alsoKnown === undefined) return generated;
    const others = Object.fromEntries(options.alsoKnown.map((key) => [key, {}]));
    return { ...generated, properties: { ...others, ...generated.properties } };
  };
  const hidden = filled.outside.flatMap((item) => item.filled.map(({ text }) => text));
  const shown = showable(filled.shown, options.secretPaths ?? []);
  for (const found of issues.flatMap((issue) => explainIssue(issue, value, lookup))) {
    const path = [...options.path, ...found.path];
    const part = valueAt(shown, found.path);
    const printable = found.showsValue && (typeof part !== 'object' || part === null) && part !== undefined;
    const secret = isSecretPath(found.path, options.secretPaths ?? []);
    reading.faults.add(placeOf(reading.root, path, found.at), path, {
      message: redactSecrets(found.message, hidden),
      fix:
        secret || hidden.length > 0
          ? redactSecrets(found.fix, withLiterals(hidden, value, found.path, secret))
          : found.fix,
      value: printable ? showValue(part) : undefined,
      nature: found.absent ? 'absence' : undefined,
    });
  }
}

/** A fix may repeat what was written (“put it in quotes: …”); at a secret path it must not. */
function withLiterals(hidden: readonly string[], value: unknown, path: Path, secret: boolean): string[] {
  const literal = valueAt(value, path);
  return secret && typeof literal !== 'object' && literal !== undefined ? [...hidden, String(literal)] : [...hidden];
}

function samePath(a: Path, b: Path): boolean {
  return a.length === b.length && a.every((step, index) => step === b[index]);
}

/** One path is the other, or above it. */
function related(a: Path, b: Path): boolean {
  const shared = Math.min(a.length, b.length);
  return a.slice(0, shared).every((step, index) => step === b[index]);
}

function replaced(value: unknown, path: Path, by: unknown): unknown {
  const [step, ...rest] = path;
  if (step === undefined) return by;
  if (Array.isArray(value)) return value.map((item, index) => (index === step ? replaced(item, rest, by) : item));
  const map = value as Record<string, unknown>;
  return { ...map, [step]: replaced(map[step], rest, by) };
}

/** A copy of plain data in which the value at a path is not there. */
function without(value: unknown, path: Path): unknown {
  const [step, ...rest] = path;
  if (step === undefined || typeof value !== 'object' || value === null) return value;
  if (Array.isArray(value)) {
    if (rest.length > 0) return value.map((item, index) => (index === step ? without(item, rest) : item));
    return value.filter((_, index) => index !== step);
  }
  const map = value as Record<string, unknown>;
  if (!(step in map)) return value;
  if (rest.length > 0) return { ...map, [step]: without(map[step], rest) };
  return Object.fromEntries(Object.entries(map).filter(([key]) => key !== step));
}
