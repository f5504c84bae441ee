import assert from 'node:assert/strict';
import { globSync, readFileSync } from 'node:fs';
import path from 'node:path';
import { test } from 'node:test';
import { parse } from 'yaml';
import { z } from 'zod';
import { errorCodes } from '../contract/src/error-codes.ts';
import { operations } from '../contract/src/operations.ts';
import { reasonCodes } from '../contract/src/reasons.ts';
import { kinds } from '../server/src/capabilities/checks/api.ts';
import { configJsonSchema } from '../server/src/capabilities/config/json-schema.ts';
import { channelKinds } from '../server/src/capabilities/outbox/api.ts';
import { generatedFiles, readOr } from './generate.ts';
import { root } from './run.ts';

for (const [file, text] of generatedFiles()) {
  test(`${file} is up to date`, () => assert.ok(readOr(file) === text, `run: npm run generate`));
}

test('the pages name every operation, kind, error and reason', () => {
  const all = [...generatedFiles().values()].join('\n');
  const names = [...Object.keys(operations), ...kinds.keys(), ...Object.keys(errorCodes), ...reasonCodes];
  assert.ok(names.length > 80, 'an empty list would always be named');
  for (const name of names) assert.ok(all.includes(name), name);
});

const schema = z.fromJSONSchema(configJsonSchema(kinds, channelKinds) as Parameters<typeof z.fromJSONSchema>[0]);

test('editors accept the examples', () => {
  const examples = globSync('examples/**/pitwall.yaml', { cwd: root });
  assert.ok(examples.length >= 2);
  for (const file of examples) {
    const result = schema.safeParse(parse(readFileSync(path.join(root, file), 'utf8')));
    assert.ok(result.success, `${file}: ${JSON.stringify(result.error?.issues, null, 1)}`);
  }
});

for (const { why, text } of [
  { why: 'an unknown key', text: 'servces: {}' },
  { why: 'an unknown kind', text: 'services: {shop: {checks: {page: {kind: htp, url: "http://a"}}}}' },
  { why: 'a key of another kind', text: 'services: {shop: {checks: {page: {kind: tcp, url: "http://a"}}}}' },
  { why: 'a number where a duration belongs', text: 'defaults: {interval: 30}' },
  { why: 'a name with capitals', text: 'services: {Shop: {checks: {page: {kind: http, url: "http://a"}}}}' },
]) {
  test(`editors refuse ${why}`, () => assert.equal(schema.safeParse(parse(text)).success, false));
}

test('editors accept a variable in place of a number', () => {
  const text = 'services: {db: {checks: {port: {kind: tcp, host: "${DB_HOST}", port: "${DB_PORT:-5432}"}}}}';
  assert.deepEqual(schema.safeParse(parse(text)).error?.issues, undefined);
});
