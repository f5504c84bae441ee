/** JSON Schemas of what operations take and give, as programs outside read them. */
import { z } from 'zod';

export type JsonObjectSchema = Readonly<Record<string, unknown>> & {
  readonly type: 'object';
  readonly properties?: Readonly<Record<string, Readonly<Record<string, unknown>>>>;
  readonly required?: readonly string[];
};

/** Every integer of zod is bounded by what a double can hold; to say so each time doubles a schema. */
function withoutIntegerBounds({ jsonSchema }: { readonly jsonSchema: { minimum?: number; maximum?: number } }): void {
  if (jsonSchema.minimum === Number.MIN_SAFE_INTEGER) delete jsonSchema.minimum;
  if (jsonSchema.maximum === Number.MAX_SAFE_INTEGER) delete jsonSchema.maximum;
}

export function outputJsonSchema(output: z.ZodType): JsonObjectSchema {
  const schema = z.toJSONSchema(output, { io: 'output', unrepresentable: 'any', override: withoutIntegerBounds });
  const { $schema: _, ...rest } = schema;
  return rest as JsonObjectSchema;
}

/** A coerced number says what it is only on the way out, and what may be left out is known only on the way in. */
export function inputJsonSchema(input: z.ZodType): JsonObjectSchema {
  const { required } = z.toJSONSchema(input, { io: 'input', unrepresentable: 'any' });
  const { required: _, ...schema } = outputJsonSchema(input);
  return (required === undefined ? schema : { ...schema, required }) as JsonObjectSchema;
}
