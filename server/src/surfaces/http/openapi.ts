/** The API as an OpenAPI 3.1 document, from the same declarations that the routes are made of. */
import { z } from 'zod';
import { type ErrorCode, errorCodes } from '../../../../contract/src/error-codes.ts';
import { inputJsonSchema, outputJsonSchema } from '../../../../contract/src/json-schema.ts';
import type { Operation } from '../../../../contract/src/operation.ts';
import { operations } from '../../../../contract/src/operations.ts';
import { apiPrefix } from './api-prefix.ts';

type Json = Readonly<Record<string, unknown>>;

export interface OpenApiDocument extends Json {
  readonly openapi: string;
  readonly info: Json & { readonly title: string; readonly version: string };
}

/** What any request may be answered with, beside what its operation says. */
const errorsOfAny: readonly ErrorCode[] = ['invalid-input', 'origin-refused', 'rate-limited', 'internal'];
const errorsOfClosed: readonly ErrorCode[] = ['unauthenticated', 'forbidden'];
const errorsOfWrites: readonly ErrorCode[] = ['too-large', 'store-full', 'store-failed'];

export function errorsOf({ scope, effect, errors }: Operation): ErrorCode[] {
  const closed = scope === 'public' ? [] : errorsOfClosed;
  const writing = effect === 'read' ? [] : errorsOfWrites;
  return [...new Set([...errors, ...errorsOfAny, ...closed, ...writing])];
}

export function openApiDocument(version: string): OpenApiDocument {
  const paths: Record<string, Record<string, unknown>> = {};
  for (const operation of Object.values(operations) as Operation[]) {
    const { path, method } = operation.http;
    paths[apiPrefix + path] = { ...paths[apiPrefix + path], [method.toLowerCase()]: operationObject(operation) };
  }
  return {
    openapi: '3.1.0',
    info: {
      title: 'Pitwall',
      version,
      description:
        'What Pitwall watches, judges and records. Times ending in `Ms` are integer milliseconds (instants: since 1970, ' +
        'UTC), those ending in `Us` microseconds. Lists are paged: give `nextBefore…` or `nextAfter…` of one page as ' +
        '`before…` or `after…` of the next; null is the last page.',
      license: { name: 'Apache-2.0', identifier: 'Apache-2.0' },
    },
    // Wherever the document was had from.
    servers: [{ url: '/' }],
    tags: tagNames().map((name) => ({ name })),
    paths,
    components: {
      securitySchemes: {
        token: { type: 'http', scheme: 'bearer', description: 'The first line of `cli.token` in the data folder' },
        session: {
          type: 'apiKey',
          in: 'cookie',
          name: 'pitwall_session_4400',
          description: 'Of a browser; named by the port',
        },
      },
      schemas: { Problem: problemSchema() },
    },
  };
}

function tagNames(): string[] {
  return [...new Set(Object.keys(operations).map((name) => name.split('.')[0]!))];
}

function operationObject(operation: Operation): Json {
  const { name, summary, scope, effect, http, examples = [] } = operation;
  const input = inputJsonSchema(operation.input);
  const inPath = [...http.path.matchAll(/\{(\w+)\}/g)].map((match) => match[1]!);
  const rest = Object.keys(input.properties ?? {}).filter((field) => !inPath.includes(field));
  const inQuery = http.method !== 'POST' || http.textField !== undefined;
  const queried = inQuery ? rest.filter((field) => field !== http.textField) : [];
  const parameters = [
    ...inPath.map((field) => parameter('path', field, input.properties![field]!, true)),
    ...queried.map((field) =>
      parameter('query', field, input.properties![field]!, (input.required ?? []).includes(field)),
    ),
  ];
  return {
    operationId: name,
    summary,
    description: `Scope \`${scope}\` · ${effect}.`,
    tags: [name.split('.')[0]],
    security: scope === 'public' ? [] : [{ token: [] }, { session: [] }],
    ...(parameters.length === 0 ? {} : { parameters }),
    ...(http.method === 'POST' ? { requestBody: requestBody(operation, input, rest, examples) } : {}),
    responses: { '200': success(operation), ...failures(errorsOf(operation)) },
  };
}

function parameter(where: 'path' | 'query', name: string, { description, ...schema }: Json, required: boolean): Json {
  return { name, in: where, required, schema, ...(description === undefined ? {} : { description }) };
}

function requestBody({ http }: Operation, input: Json, fields: readonly string[], examples: readonly unknown[]): Json {
  if (http.textField !== undefined) {
    return { required: false, content: { 'text/plain': { schema: { type: 'string' } } } };
  }
  const properties = input['properties'] as Json | undefined;
  const required = ((input['required'] ?? []) as string[]).filter((field) => fields.includes(field));
  const schema = {
    type: 'object',
    properties: Object.fromEntries(fields.map((field) => [field, properties![field]])),
    additionalProperties: false,
    ...(required.length === 0 ? {} : { required }),
  };
  const named = Object.fromEntries(examples.map((value, at) => [`example${at + 1}`, { value }]));
  const shown = examples.length === 0 ? {} : { examples: named };
  return { required: required.length > 0, content: { 'application/json': { schema, ...shown } } };
}

function success({ http, output }: Operation): Json {
  const { textOutput } = http;
  const content =
    textOutput === undefined
      ? { 'application/json': { schema: outputJsonSchema(output) } }
      : { [textOutput.contentType]: { schema: { type: 'string' } } };
  return { description: 'Done', content };
}

/** One answer a status; the codes that have it are named. */
function failures(codes: readonly ErrorCode[]): Json {
  const byStatus = Map.groupBy(codes, (code) => errorCodes[code].httpStatus);
  return Object.fromEntries(
    [...byStatus].map(([status, those]) => [
      String(status),
      {
        description: those.map((code) => `\`${code}\`: ${errorCodes[code].title}`).join('; '),
        content: {
          'application/problem+json': {
            schema: {
              allOf: [
                { $ref: '#/components/schemas/Problem' },
                { properties: { code: { enum: those }, status: { const: status } } },
              ],
            },
          },
        },
      },
    ]),
  );
}

const problem = z.strictObject({
  type: z.string().describe('An address that stands for the code'),
  title: z.string(),
  status: z.int(),
  detail: z.string(),
  code: z.enum(Object.keys(errorCodes) as [ErrorCode, ...ErrorCode[]]),
  message: z.string(),
  path: z.string().optional().describe('Where in the input'),
  retryable: z.boolean(),
  hint: z.string().optional().describe('What to do about it'),
});

function problemSchema(): Json {
  return outputJsonSchema(problem);
}
