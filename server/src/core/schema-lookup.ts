/** Looks a path up in a generated JSON Schema: what may stand there, and what it is for. */
import type { Path } from './value-path.ts';

export interface JsonSchema {
  readonly type?: string;
  readonly description?: string;
  readonly properties?: Readonly<Record<string, JsonSchema>>;
  readonly additionalProperties?: JsonSchema | boolean;
  readonly required?: readonly string[];
  readonly items?: JsonSchema;
  readonly anyOf?: readonly JsonSchema[];
  readonly oneOf?: readonly JsonSchema[];
  readonly allOf?: readonly JsonSchema[];
  readonly enum?: readonly unknown[];
  readonly const?: unknown;
  readonly default?: unknown;
  readonly pattern?: string;
  readonly minimum?: number;
  readonly maximum?: number;
  readonly $ref?: string;
  readonly $defs?: Readonly<Record<string, JsonSchema>>;
  readonly [other: string]: unknown;
}

/** Every schema that may describe the value at a path: several where there is a choice of forms. */
export function schemasAt(root: JsonSchema, path: Path): JsonSchema[] {
  let here = expand(root, root);
  for (const step of path) {
    here = here.flatMap((schema) => {
      if (typeof step === 'number') return schema.items === undefined ? [] : expand(schema.items, root);
      const own = schema.properties?.[step];
      if (own !== undefined) return expand(own, root);
      return typeof schema.additionalProperties === 'object' ? expand(schema.additionalProperties, root) : [];
    });
  }
  return here;
}

function expand(schema: JsonSchema, root: JsonSchema): JsonSchema[] {
  if (schema.$ref !== undefined) {
    if (schema.$ref === '#') return [root];
    const target = root.$defs?.[schema.$ref.replace('#/$defs/', '')];
    return target === undefined ? [] : expand(target, root);
  }
  const forms = [...(schema.anyOf ?? []), ...(schema.oneOf ?? []), ...(schema.allOf ?? [])];
  return forms.length === 0 ? [schema] : [schema, ...forms.flatMap((form) => expand(form, root))];
}

/** The keys that a map at a path may have. */
export function keysAt(root: JsonSchema, path: Path): string[] {
  return [...new Set(schemasAt(root, path).flatMap((schema) => Object.keys(schema.properties ?? {})))];
}

/** What the value at a path is for, in the words of its schema. */
export function descriptionAt(root: JsonSchema, path: Path): string | undefined {
  return schemasAt(root, path).find((schema) => schema.description !== undefined)?.description;
}
