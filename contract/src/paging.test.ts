/** Whoever can read one list page by page can read every list. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { inputJsonSchema, outputJsonSchema } from './json-schema.ts';
import type { Operation } from './operation.ts';
import { operations } from './operations.ts';

/** What limits something else than a list. */
const notALists = new Set(['board.brief']);
/** Bounded by what a person sets up (channels) or by the ports of one machine (proposals). */
const wholeLists = new Set(['channels.list', 'proposals.list']);

const all = Object.values(operations) as Operation[];
const paged = all.filter(
  ({ name, input }) => !notALists.has(name) && Object.hasOwn(inputJsonSchema(input).properties ?? {}, 'limit'),
);

test('every list is paged, but the few that are short by nature', () => {
  const lists = all.filter(({ name }) => name.endsWith('.list') && !wholeLists.has(name));
  assert.ok(lists.length >= 5);
  for (const list of lists) assert.ok(paged.includes(list), list.name);
});

for (const { name, input, output } of paged) {
  test(`${name}: what one page ends with is what the next begins with`, () => {
    const given = inputJsonSchema(input).properties!;
    const answered = outputJsonSchema(output);
    const cursors = Object.keys(given).filter((field) => /^(before|after)(Id|Ms)$/.test(field));
    assert.equal(cursors.length, 1);
    const [cursor] = cursors;
    const next = `next${cursor![0]!.toUpperCase()}${cursor!.slice(1)}`;
    assert.deepEqual(
      answered.properties?.[next]?.type,
      [given[cursor!]!.type, 'null'],
      `${next}, null on the last page`,
    );
    assert.ok(answered.required?.includes(next));
    assert.match(String(given[cursor!]!.description), new RegExp(next));
    const { minimum, maximum, default: preset } = given.limit as Record<string, number>;
    assert.ok(minimum === 1 && maximum! <= 1_000 && preset! <= maximum!, 'bounded, also where nothing is asked for');
  });
}
