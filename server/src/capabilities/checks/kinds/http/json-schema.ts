/** JSON Schema 2020-12 for answers, by way of ajv; `format` says what a text is for and is not judged, as the standard has it. */
import { createRequire } from 'node:module';
import type { Ajv2020, ErrorObject } from 'ajv/dist/2020.js';
import { type JsonStep, jsonWords } from './json-path.ts';
import { compilePattern } from './pattern.ts';

/** As it stands in a file: a map, or the text of another file. */
export type WrittenSchema = string | { readonly [keyword: string]: unknown };

export interface Violation {
  readonly path: string;
  readonly problem: string;
}

export interface AnswerSchema {
  /** The first thing that is not as it should be. */
  violation(value: unknown): Violation | undefined;
}

export interface SchemaFault {
  /** Where in the schema, as far as that is known. */
  readonly path: readonly JsonStep[];
  readonly message: string;
}

/** A tenth of a second to load, so only where a check has a schema. */
const load = createRequire(import.meta.url);
let shared: Ajv2020 | undefined;

function ajv(): Ajv2020 {
  if (shared !== undefined) return shared;
  const library = load('ajv/dist/2020.js') as { readonly Ajv2020: typeof Ajv2020 };
  // A keyword that does not exist is a typing error, not a note to the reader.
  const options = { strictSchema: true, strictTypes: false, strictTuples: false, validateFormats: false } as const;
  // What an answer holds must not make a pattern take for ever.
  const regExp = Object.assign((pattern: string) => compilePattern(pattern), { code: 'compilePattern' });
  shared = new library.Ajv2020({ ...options, logger: false, code: { regExp } });
  // Its own compares each item with each other: a list of 100,000 maps would hold the prober up for minutes.
  shared.removeKeyword('uniqueItems');
  shared.addKeyword({
    ...{ keyword: 'uniqueItems', type: 'array', schemaType: 'boolean', error: { message: 'has an item twice' } },
    validate: (wanted: boolean, items: readonly unknown[]) =>
      !wanted || new Set(items.map(sorted)).size === items.length,
  });
  return shared;
}

/** The same text for the same JSON, whatever the order of its keys. */
function sorted(value: unknown): string {
  return JSON.stringify(value, (_, inner: unknown) =>
    typeof inner === 'object' && inner !== null && !Array.isArray(inner)
      ? Object.fromEntries(Object.entries(inner).sort(([a], [b]) => (a < b ? -1 : 1)))
      : inner,
  );
}

/** Throws what `schemaFault` explains. */
export function compileSchema(written: WrittenSchema): AnswerSchema {
  const schema = schemaOf(written);
  const validate = ajv().compile<unknown>(schema);
  // Compiled is compiled; the library would keep each schema of each version of the file.
  ajv().removeSchema(schema);
  return {
    violation(value) {
      try {
        if (validate(value)) return undefined;
      } catch (error) {
        // A schema that refers to itself, and an answer nested deeper than the stack.
        if (error instanceof RangeError) return { path: '$', problem: 'is nested too deeply' };
        throw error;
      }
      return violationOf(validate.errors!, value);
    },
  };
}

function schemaOf(written: WrittenSchema): Readonly<Record<string, unknown>> {
  const schema: unknown = typeof written === 'string' ? JSON.parse(written) : written;
  if (typeof schema !== 'object' || schema === null || Array.isArray(schema)) throw new TypeError('it is no map');
  // The library's own, which makes a promise of each verdict.
  if (Object.hasOwn(schema, '$async')) throw new TypeError('there is no keyword $async');
  return schema as Readonly<Record<string, unknown>>;
}

/** Why it is no schema; undefined where it is one. */
export function schemaFault(written: WrittenSchema): SchemaFault | undefined {
  let schema: Readonly<Record<string, unknown>>;
  try {
    schema = schemaOf(written);
  } catch (error) {
    return { path: [], message: `not a JSON Schema: ${(error as Error).message}` };
  }
  try {
    if (ajv().validateSchema(schema) === true) {
      compileSchema(schema);
      return undefined;
    }
    const [first] = ajv().errors!;
    const path = stepsOf(first!.instancePath, schema);
    return { path: typeof written === 'string' ? [] : path, message: `not a JSON Schema: ${words(first!)}` };
  } catch (error) {
    const { message } = error as Error;
    const keyword = /unknown keyword: "(.*)"/.exec(message)?.[1];
    const what = keyword === undefined ? message : `there is no keyword ${keyword}`;
    const path = keyword === undefined || typeof written === 'string' ? undefined : pathOfKey(schema, keyword);
    return { path: path ?? [], message: `not a JSON Schema: ${what}` };
  }
}

function pathOfKey(value: unknown, key: string): JsonStep[] | undefined {
  if (typeof value !== 'object' || value === null) return undefined;
  if (Object.hasOwn(value, key)) return [key];
  for (const [step, inside] of Object.entries(value)) {
    const found = pathOfKey(inside, key);
    if (found !== undefined) return [Array.isArray(value) ? Number(step) : step, ...found];
  }
  return undefined;
}

/** Where one of several forms is allowed, the faults of each come first and say little. */
function violationOf(errors: readonly ErrorObject[], value: unknown): Violation {
  const last = errors.at(-1)!;
  const error = last.keyword === 'anyOf' || last.keyword === 'oneOf' ? last : errors[0]!;
  const steps = stepsOf(error.instancePath, value);
  const actual = steps.reduce<unknown>((here, step) => (here as Record<JsonStep, unknown>)[step], value);
  const scalar = typeof actual !== 'object' || actual === null;
  const problem = scalar ? `has ${jsonWords(actual)}, which ${words(error)}` : words(error, actual);
  return { path: `$${steps.map(stepWords).join('')}`, problem };
}

function words({ keyword, params, message = 'is not as expected' }: ErrorObject, actual?: unknown): string {
  const about = params as Readonly<Record<string, unknown>>;
  switch (keyword) {
    case 'type': {
      const wanted = [about['type']].flat().join(' or ');
      return actual === undefined
        ? `must be ${wanted}`
        : `has a ${Array.isArray(actual) ? 'list' : 'map'}, which must be ${wanted}`;
    }
    case 'required':
      return `lacks ${String(about['missingProperty'])}`;
    case 'additionalProperties':
      return `has ${String(about['additionalProperty'])}, which is not allowed`;
    case 'unevaluatedProperties':
      return `has ${String(about['unevaluatedProperty'])}, which is not allowed`;
    case 'enum':
      return `must be one of ${(about['allowedValues'] as readonly unknown[]).map(jsonWords).join(', ')}`;
    case 'const':
      return `must be ${jsonWords(about['allowedValue'])}`;
    case 'anyOf':
      return 'must have one of the forms allowed, and has none';
    case 'oneOf':
      return about['passingSchemas'] === null
        ? 'must have one of the forms allowed, and has none'
        : 'must have exactly one of the forms allowed, and has two';
    default:
      return message.replaceAll('NOT', 'not');
  }
}

/** The steps of a JSON pointer; what it leads through tells a place in a list from a name. */
function stepsOf(pointer: string, value: unknown): JsonStep[] {
  let here = value;
  return pointer
    .split('/')
    .slice(1)
    .map((part) => {
      const name = part.replaceAll('~1', '/').replaceAll('~0', '~');
      const step = Array.isArray(here) ? Number(name) : name;
      here = (here as Record<JsonStep, unknown> | undefined)?.[step];
      return step;
    });
}

function stepWords(step: JsonStep): string {
  if (typeof step === 'number') return `[${step}]`;
  return /^[^.[\]\s*'"]+$/.test(step) ? `.${step}` : `['${step}']`;
}
