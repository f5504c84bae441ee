/** The document is judged by the published schema of OpenAPI 3.1, and what is really answered by the document. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { Validator } from '@seriousme/openapi-schema-validator';
import { Ajv2020 } from 'ajv/dist/2020.js';
import { errorCodes } from '../../../../contract/src/error-codes.ts';
import type { Operation } from '../../../../contract/src/operation.ts';
import { operations } from '../../../../contract/src/operations.ts';
import { PitwallProcess } from '../../../../testkit/pitwall-process.ts';
import { errorsOf, openApiDocument } from './openapi.ts';

interface MediaType {
  readonly schema: object;
  readonly examples?: Record<string, { value: unknown }>;
}
interface Described {
  readonly operationId: string;
  readonly security: unknown[];
  readonly parameters?: { name: string; in: string; required: boolean; schema: { type?: unknown; enum?: unknown } }[];
  readonly requestBody?: { content: Record<string, MediaType> };
  readonly responses: Record<string, { content: Record<string, MediaType> }>;
}

const document = openApiDocument('1.2.3');
const paths = document.paths as Record<string, Record<string, Described>>;
const described = Object.values(paths).flatMap((methods) => Object.values(methods));
const everyOperation = Object.values(operations) as Operation[];

/** The document's own schemas, so that what refers to them is understood. */
const ajv = new Ajv2020({ strict: false, validateFormats: false });
const components = document.components as { schemas: { Problem: object } };
ajv.addSchema({ $id: 'pitwall:', ...{ components } });
function validatorOf(schema: object) {
  return ajv.compile(JSON.parse(JSON.stringify(schema).replaceAll('"#/components', '"pitwall:#/components')));
}

test('it is an OpenAPI 3.1 document by the published schema', async () => {
  const { valid, errors } = await new Validator().validate(JSON.parse(JSON.stringify(document)));
  assert.equal(valid, true, JSON.stringify(errors, null, 2));
});

test('every operation stands in it once, at its place', () => {
  assert.deepEqual(described.map(({ operationId }) => operationId).sort(), Object.keys(operations).sort());
  for (const { name, http } of everyOperation) {
    assert.equal(paths[`/api/v1${http.path}`]?.[http.method.toLowerCase()]?.operationId, name);
  }
});

for (const operation of everyOperation) {
  const { name, scope } = operation;
  test(`${name}: what it needs, and each of its errors as problem+json`, () => {
    const { security, parameters = [], responses } = described.find(({ operationId }) => operationId === name)!;
    assert.equal(security.length === 0, scope === 'public');
    for (const { name: field, schema } of parameters) {
      assert.ok('type' in schema || 'enum' in schema, `${field} says what it is`);
    }
    for (const code of errorsOf(operation)) {
      const { httpStatus } = errorCodes[code];
      const content = responses[String(httpStatus)]?.content['application/problem+json'];
      assert.ok(content !== undefined, `${code} is answered with ${httpStatus}`);
      const isValid = validatorOf(content.schema);
      const problem = { type: 'a', title: 'b', status: httpStatus, detail: 'c', code, message: 'c', retryable: false };
      assert.equal(isValid(problem), true, JSON.stringify(isValid.errors));
      assert.equal(isValid({ ...problem, code: 'another' }), false);
    }
  });
}

test('the examples are of the form they are examples of', () => {
  let examined = 0;
  for (const { name, input, examples = [], http } of everyOperation) {
    const { requestBody } = described.find(({ operationId }) => operationId === name)!;
    for (const example of examples) {
      examined += 1;
      assert.equal(input.safeParse(example).success, true, name);
      if (http.method !== 'POST') continue;
      const { schema, examples: shown } = requestBody!.content['application/json']!;
      assert.ok(Object.values(shown!).some(({ value }) => value === example));
      const isValid = validatorOf(schema);
      assert.equal(isValid(example), true, JSON.stringify(isValid.errors));
    }
  }
  assert.ok(examined >= 3, `${examined} examples`);
});

test('a real Pitwall serves it to anybody, and answers as it says: results, and refusals', async () => {
  await using pitwall = await PitwallProcess.start();
  const response = await fetch(`${pitwall.baseUrl}/api/v1/openapi.json`);
  assert.equal(response.status, 200);
  const served = (await response.json()) as { info: object; paths: object };
  assert.deepEqual(served.paths, JSON.parse(JSON.stringify(document.paths)));
  for (const { name, place, status, anonymous = false } of [
    { name: 'board.get', place: '/board', status: 200 },
    { name: 'board.brief', place: '/board/brief', status: 200 },
    { name: 'services.list', place: '/services?limit=1', status: 200 },
    { name: 'services.get', place: '/services/pitwall', status: 200 },
    { name: 'results.list', place: '/services/pitwall/checks/page/results', status: 200 },
    { name: 'transitions.list', place: '/transitions', status: 200 },
    { name: 'ledger.list', place: '/ledger', status: 200 },
    { name: 'messages.list', place: '/messages', status: 200 },
    { name: 'channels.list', place: '/channels', status: 200 },
    { name: 'system.get', place: '/system', status: 200 },
    { name: 'health.get', place: '/healthz', status: 200 },
    { name: 'services.get', place: '/services/nowhere', status: 404 },
    { name: 'board.get', place: '/board?days=many', status: 400 },
    { name: 'board.get', place: '/board', status: 401, anonymous: true },
  ]) {
    const answer = anonymous
      ? await fetch(`${pitwall.baseUrl}/api/v1${place}`).then(async (r) => ({ status: r.status, body: await r.json() }))
      : await pitwall.call('GET', place);
    assert.equal(answer.status, status, place);
    const { content } = described.find(({ operationId }) => operationId === name)!.responses[String(status)]!;
    const isValid = validatorOf(Object.values(content)[0]!.schema);
    assert.equal(isValid(answer.body), true, `${place}: ${JSON.stringify(isValid.errors)}`);
  }
});
