/** The JSON Schema of pitwall.yaml, for editors: made from the same zod schemas that validate it. */
import { z } from 'zod';
import { slugPattern } from '../../../../contract/src/vocabulary.ts';
import type { JsonSchema } from '../../core/schema-lookup.ts';
import type { ChannelKinds } from '../outbox/api.ts';
import type { Kinds } from './check.ts';
import { checkSchema, defaultsSchema, gatesSchema, serverSchema, serviceSchema } from './schema.ts';

type Definitions = Record<string, JsonSchema>;

/** A value from outside may stand wherever a text, number or choice may. */
const fromOutside: Definitions = {
  variable: {
    type: 'string',
    pattern: String.raw`\$\{[A-Za-z_][A-Za-z0-9_]*(:-[^}]*)?\}`,
    description: `From the environment: \${NAME}, or \${NAME:-default}`,
  },
  file: {
    type: 'object',
    description: 'The content of a file, its path relative to this one',
    properties: { file: { type: 'string' } },
    required: ['file'],
    additionalProperties: false,
  },
};

/** The whole schema, over the kinds there are. */
export function configJsonSchema(kinds: Kinds, channelKinds: ChannelKinds): JsonSchema {
  const definitions: Definitions = { ...fromOutside };
  const checks = [...kinds.values()].map((kind) => {
    const own = generate(kind.schema, definitions, `kind-${kind.kind}`);
    const common = generate(checkSchema, definitions, 'check');
    return {
      type: 'object',
      title: kind.title,
      properties: {
        ...common.properties,
        kind: { const: kind.kind, description: kind.title },
        ...mapValues(own.properties ?? {}, outsideToo),
      },
      required: ['kind', ...(own.required ?? [])],
      additionalProperties: false,
    };
  });
  const channels = [...channelKinds.values()].map((kind) => {
    const own = generate(kind.schema, definitions, `channel-${kind.kind}`);
    return {
      type: 'object',
      title: kind.title,
      properties: {
        kind: { const: kind.kind, description: kind.title },
        ...mapValues(own.properties ?? {}, outsideToo),
      },
      required: ['kind', ...(own.required ?? [])],
      additionalProperties: false,
    };
  });
  const service = generate(serviceSchema, definitions, 'service');
  const named = (schema: JsonSchema): JsonSchema => ({
    type: 'object',
    propertyNames: { pattern: slugPattern.source },
    additionalProperties: schema,
  });
  return {
    $schema: 'http://json-schema.org/draft-07/schema#',
    title: 'Pitwall configuration (pitwall.yaml)',
    type: 'object',
    properties: {
      services: {
        ...named({
          ...service,
          properties: {
            ...service.properties,
            checks: { ...named({ $ref: '#/definitions/check' }), minProperties: 1 },
          },
          required: ['checks'],
        }),
        description: 'What is watched, by name',
      },
      channels: {
        ...named({ $ref: '#/definitions/channel' }),
        description: 'Who is told, by name',
      },
      defaults: generate(defaultsSchema, definitions, 'defaults'),
      gates: outsideProperties(generate(gatesSchema, definitions, 'gates')),
      server: outsideProperties(generate(serverSchema, definitions, 'server')),
    },
    patternProperties: { '^x-': { description: 'Yours: a place for YAML anchors' } },
    additionalProperties: false,
    definitions: { check: { oneOf: checks }, channel: { oneOf: channels }, ...definitions },
  };
}

function generate(schema: z.ZodType, definitions: Definitions, prefix: string): JsonSchema {
  const made = z.toJSONSchema(schema, { io: 'input', unrepresentable: 'any', target: 'draft-7' });
  const { $schema: _, definitions: own, ...rest } = made as JsonSchema & { definitions?: Definitions };
  const text = JSON.stringify(rest).replaceAll('#/definitions/', `#/definitions/${prefix}-`);
  for (const [name, definition] of Object.entries(own ?? {})) {
    const renamed = JSON.stringify(definition).replaceAll('#/definitions/', `#/definitions/${prefix}-`);
    definitions[`${prefix}-${name}`] = JSON.parse(renamed);
  }
  return tidy(JSON.parse(text)) as JsonSchema;
}

/** Without the bounds of JavaScript's integers, which tell a person nothing. */
function tidy(node: unknown): unknown {
  if (Array.isArray(node)) return node.map(tidy);
  if (typeof node !== 'object' || node === null) return node;
  const kept = Object.entries(node).filter(([, value]) => Math.abs(Number(value)) !== Number.MAX_SAFE_INTEGER);
  return Object.fromEntries(kept.map(([key, value]) => [key, tidy(value)]));
}

function mapValues<T>(map: Readonly<Record<string, T>>, change: (value: T) => T): Record<string, T> {
  return Object.fromEntries(Object.entries(map).map(([key, value]) => [key, change(value)]));
}

function outsideProperties(schema: JsonSchema): JsonSchema {
  return { ...schema, properties: mapValues(schema.properties ?? {}, outsideToo) };
}

/** Lets a variable or a file stand in for every single value inside a schema. */
function outsideToo(schema: JsonSchema): JsonSchema {
  if (schema.properties !== undefined || typeof schema.additionalProperties === 'object') {
    return {
      ...schema,
      ...(schema.properties === undefined ? {} : { properties: mapValues(schema.properties, outsideToo) }),
      ...(typeof schema.additionalProperties === 'object'
        ? { additionalProperties: outsideToo(schema.additionalProperties) }
        : {}),
    };
  }
  if (schema.items !== undefined) return { ...schema, items: outsideToo(schema.items) };
  const { description, default: preset, ...form } = schema;
  const forms = form.anyOf === undefined ? [form as JsonSchema] : form.anyOf.map(inner);
  return {
    ...(description === undefined ? {} : { description }),
    ...(preset === undefined ? {} : { default: preset }),
    anyOf: [...forms, { $ref: '#/definitions/variable' }, { $ref: '#/definitions/file' }],
  };
}

/** One form among several: its insides may come from outside, it itself is covered by its neighbours. */
function inner(schema: JsonSchema): JsonSchema {
  return schema.properties === undefined &&
    schema.items === undefined &&
    typeof schema.additionalProperties !== 'object'
    ? schema
    : outsideToo(schema);
}
