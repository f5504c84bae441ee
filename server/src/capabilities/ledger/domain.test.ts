import assert from 'node:assert/strict';
import { test } from 'node:test';
import { canonicalJson, sha256Hex } from '../../core/digest.ts';
import { chainEntry, followChain, isFault, type LedgerEntry, missingTail, noPrev } from './domain.ts';

const entry = (subject: string): LedgerEntry => ({
  chain: 'pitwall',
  kind: 'transition.recorded',
  atMs: 1_000,
  actor: 'pitwall',
  subject,
  body: { to: 'down', from: 'up' },
});

test('the hash is the published one: SHA-256 over canonical JSON of chain, seq, prev, meta and bodyDigest', () => {
  const { row, body } = chainEntry(undefined, entry('shop'), 1);
  assert.equal(body.body, '{"from":"up","to":"down"}');
  const meta = '{"actor":"pitwall","atMs":1000,"kind":"transition.recorded","place":1,"subject":"shop"}';
  assert.equal(row.meta, meta);
  assert.equal(
    row.hash,
    sha256Hex(`{"bodyDigest":"${sha256Hex(body.body)}","chain":"pitwall","meta":${meta},"prev":"${noPrev}","seq":1}`),
  );
});

test('what a stranger sent cannot keep an entry out: half a surrogate pair and NaN are replaced', () => {
  assert.equal(canonicalJson({ b: '\ud800x', a: Number.NaN }), '{"a":null,"b":"\ufffdx"}');
  assert.equal(canonicalJson(undefined), 'null');
});

const first = chainEntry(undefined, entry('one'), 1);
const second = chainEntry(first.head, entry('two'), 2);
for (const { why, before, row, what } of [
  { why: 'an untouched successor fits', before: first.head, row: second.row, what: undefined },
  {
    why: 'a removed entry is named by its place, not by its neighbour',
    before: undefined,
    row: second.row,
    what: /missing/,
  },
  {
    why: 'an entry put in anew with the right place does not carry the right prev',
    before: first.head,
    row: { ...second.row, prev: noPrev },
    what: /does not follow/,
  },
  {
    why: 'a blank put into the description is an edit',
    before: first.head,
    row: { ...second.row, meta: second.row.meta.replace(',', ', ') },
    what: /canonical/,
  },
  {
    why: 'another body digest is an edit',
    before: first.head,
    row: { ...second.row, body_digest: first.row.hash },
    what: /changed/,
  },
]) {
  test(why, () => {
    const outcome = followChain(before, row);
    assert.equal(isFault(outcome), what !== undefined);
    if (isFault(outcome)) assert.match(outcome.what, what!);
  });
}

for (const { why, last, noted, seq } of [
  { why: 'a chain may have grown since its head was read', last: second.head, noted: first.head, seq: undefined },
  { why: 'a cut-off end is named by its first missing entry', last: first.head, noted: second.head, seq: 2 },
  { why: 'a chain emptied to nothing is missed', last: undefined, noted: second.head, seq: 1 },
  { why: 'whoever removes the note as well is noticed', last: second.head, noted: undefined, seq: 2 },
]) {
  test(why, () => assert.equal(missingTail('pitwall', last, noted)?.seq, seq));
}
