import assert from 'node:assert/strict';
import { test } from 'node:test';
import { brotliCompressSync, deflateRawSync, deflateSync, gzipSync, zstdCompressSync } from 'node:zlib';
import { beginningOfBody, decodeBody } from './body.ts';

const text = 'Größe: open. '.repeat(600);
const plain = Buffer.from(text);

const codings: readonly { why: string; encoding: string | undefined; bytes: Buffer }[] = [
  { why: 'as it is', encoding: undefined, bytes: plain },
  { why: 'as identity', encoding: 'identity', bytes: plain },
  { why: 'in gzip', encoding: 'gzip', bytes: gzipSync(plain) },
  { why: 'in gzip, spelled loudly', encoding: ' GZIP ', bytes: gzipSync(plain) },
  {
    why: 'in gzip of several members',
    encoding: 'gzip',
    bytes: Buffer.concat([gzipSync(plain.subarray(0, 9)), gzipSync(plain.subarray(9))]),
  },
  { why: 'in deflate', encoding: 'deflate', bytes: deflateSync(plain) },
  { why: 'in deflate without its header', encoding: 'deflate', bytes: deflateRawSync(plain) },
  { why: 'in brotli', encoding: 'br', bytes: brotliCompressSync(plain) },
  { why: 'in zstd', encoding: 'zstd', bytes: zstdCompressSync(plain) },
  { why: 'in two codings, undone from the last', encoding: 'gzip, br', bytes: brotliCompressSync(gzipSync(plain)) },
];
for (const { why, encoding, bytes } of codings) {
  test(`a body is read ${why}, in however many pieces it came`, () => {
    const half = bytes.length >> 1;
    for (const kept of [[bytes], [bytes.subarray(0, half), bytes.subarray(half)]]) {
      assert.equal(decodeBody({ kept, encoding }, plain.length), text);
      assert.equal(beginningOfBody({ kept, encoding }, 100), plain.subarray(0, 100).toString('utf8'));
    }
  });

  test(`a body ${why} is not made larger than the limit`, () => {
    if (encoding === undefined || encoding === 'identity') return;
    assert.equal(decodeBody({ kept: [bytes], encoding }, plain.length - 1), undefined);
  });
}

test('a body that is not what its header says is taken as it is', () => {
  assert.equal(decodeBody({ kept: [plain], encoding: 'gzip' }, 1_000), text);
  assert.equal(
    decodeBody({ kept: [gzipSync(plain).subarray(0, 40)], encoding: 'gzip' }, 10_000)!.includes('open'),
    false,
  );
  assert.equal(beginningOfBody({ kept: [plain], encoding: 'gzip' }, 100), undefined);
});

test('no body is an empty text, whatever coding it would have had', () => {
  for (const encoding of [undefined, 'gzip', 'deflate', 'br', 'zstd']) {
    assert.equal(decodeBody({ kept: [], encoding }, 10), '');
    assert.equal(beginningOfBody({ kept: [], encoding }, 10), '');
  }
});

test('the beginning is shown although the rest of an archive never came', () => {
  const long = Array.from({ length: 20_000 }, (_, index) => ((index * 2_654_435_761) >>> 0).toString(36)).join(' ');
  for (const [encoding, bytes] of [
    ['gzip', gzipSync(long)],
    ['deflate', deflateSync(long)],
    ['br', brotliCompressSync(long)],
  ] as const) {
    const kept = [bytes.subarray(0, 4_096)];
    assert.equal(beginningOfBody({ kept, encoding }, 4_096), long.slice(0, 4_096), encoding);
  }
  const nothingYet = [zstdCompressSync(long).subarray(0, 4_096)];
  assert.equal(beginningOfBody({ kept: nothingYet, encoding: 'zstd' }, 4_096), undefined);
});

test('codings without number are not undone', () => {
  const encoding = new Array(50).fill('gzip').join(',');
  assert.equal(decodeBody({ kept: [plain], encoding }, 100), text);
});
