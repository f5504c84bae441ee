import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import { parseJsonPath, sameJson, valueAtPath } from './json-path.ts';

const paths: readonly { why: string; path: string; steps: readonly (string | number)[] | undefined }[] = [
  { why: 'the whole', path: '$', steps: [] },
  { why: 'a name', path: '$.status', steps: ['status'] },
  { why: 'a place in a list', path: '$.queues[0].depth', steps: ['queues', 0, 'depth'] },
  { why: 'a name with a dot, in quotation marks', path: `$['a.b']["c'd"]`, steps: ['a.b', "c'd"] },
  { why: 'a name with a hyphen', path: '$.x-y', steps: ['x-y'] },
  { why: 'a name of digits is a name', path: '$.0', steps: ['0'] },
  { why: 'an empty name, in quotation marks', path: `$['']`, steps: [''] },
  { why: 'letters of any alphabet', path: '$.größe', steps: ['größe'] },
  { why: 'no root', path: 'status', steps: undefined },
  { why: 'nothing', path: '', steps: undefined },
  { why: 'a dot without a name', path: '$.', steps: undefined },
  { why: 'a search of everything below', path: '$..a', steps: undefined },
  { why: 'a wildcard is not one place', path: '$.*', steps: undefined },
  { why: 'a wildcard in brackets', path: '$[*]', steps: undefined },
  { why: 'a place counted from the end', path: '$[-1]', steps: undefined },
  { why: 'a slice', path: '$[0:2]', steps: undefined },
  { why: 'a place with a leading zero', path: '$[01]', steps: undefined },
  { why: 'a place beyond exact numbers', path: '$[9999999999999999999]', steps: undefined },
  { why: 'an open bracket', path: '$[0', steps: undefined },
  { why: 'a name in brackets without quotation marks', path: '$[a]', steps: undefined },
  { why: 'a blank', path: '$.a b', steps: undefined },
  { why: 'a quotation mark in a bare name', path: `$.a'b`, steps: undefined },
];
for (const { why, path, steps } of paths) {
  test(`${steps === undefined ? 'not a path' : 'a path'}: ${why}`, () => assert.deepEqual(parseJsonPath(path), steps));
}

const value = JSON.parse(
  '{"list":[{"a":1}],"map":{"0":"zero","length":7},"text":"abc","__proto__":{"x":1}}',
) as unknown;
for (const { why, path, found } of [
  { why: 'a list by its place', path: '$.list[0].a', found: 1 },
  { why: 'a list has no place beyond its end', path: '$.list[1]', found: undefined },
  { why: 'a list is no map: its length is nothing that was sent', path: '$.list.length', found: undefined },
  { why: 'a list is no map: nor are its places names', path: `$.list['0']`, found: undefined },
  { why: 'a map is no list', path: '$.map[0]', found: undefined },
  { why: 'a map by a name of digits', path: `$.map['0']`, found: 'zero' },
  { why: 'a map by a name that lists have', path: '$.map.length', found: 7 },
  { why: 'a text has no parts', path: '$.text.length', found: undefined },
  { why: 'what was sent as __proto__ is there', path: '$.__proto__.x', found: 1 },
  { why: 'what every object inherits is not', path: '$.map.toString', found: undefined },
]) {
  test(`found at a path: ${why}`, () => assert.deepEqual(valueAtPath(value, parseJsonPath(path)!), found));
}

test('the same JSON is the same after any round trip, and differs after any change at its root', () => {
  fc.assert(
    fc.property(fc.jsonValue(), (json) => {
      const again = JSON.parse(JSON.stringify(json)) as unknown;
      assert.ok(sameJson(again, JSON.parse(JSON.stringify(json))));
      assert.ok(!sameJson(again, [again]));
      assert.ok(!sameJson({ a: again }, { b: again }));
    }),
    { seed: 1_404, numRuns: 300 },
  );
});
