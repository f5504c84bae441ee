/** Bodies as text: decoded only where somebody looks, and never beyond a limit (an archive of zeros grows a thousandfold). */
import {
  brotliDecompressSync,
  constants,
  gunzipSync,
  inflateRawSync,
  inflateSync,
  zstdDecompressSync,
} from 'node:zlib';

interface Kept {
  readonly kept: readonly Buffer[];
  /** `Content-Encoding` as it came: the codings in the order in which they were applied. */
  readonly encoding: string | undefined;
}

/** More codings on top of each other are a trap, not a saving. */
const mostCodings = 3;

/** The whole body as text; undefined where decoding makes it larger than the limit. */
export function decodeBody({ kept, encoding }: Kept, limitBytes: number): string | undefined {
  const raw = kept.length === 1 ? kept[0]! : Buffer.concat(kept);
  if (encoding === undefined) return raw.toString('utf8');
  try {
    return decompress(raw, encoding, limitBytes, true).toString('utf8');
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'ERR_BUFFER_TOO_LARGE') return undefined;
    // Not what its header says: taken as it is, so that an expectation can fail on it.
    return raw.toString('utf8');
  }
}

/** The beginning of a body, for people to look at; undefined where it cannot be decoded. */
export function beginningOfBody({ kept, encoding }: Kept, mostBytes: number): string | undefined {
  const raw = Buffer.concat(kept);
  if (encoding === undefined) return raw.subarray(0, mostBytes).toString('utf8');
  try {
    // 4 KiB of gzip can become 4 MiB at most; of the others more, and then nothing is shown.
    const begun = decompress(raw.subarray(0, mostBytes), encoding, 1_100 * mostBytes, false);
    // zstd says nothing before a block of up to 128 KiB is whole: that is not an empty page.
    if (begun.length === 0 && raw.length > 0) return undefined;
    return begun.subarray(0, mostBytes).toString('utf8');
  } catch {
    return undefined;
  }
}

/** The limit holds for each step, so that no number of codings makes more of it. */
function decompress(raw: Buffer, encoding: string, maxOutputLength: number, whole: boolean): Buffer {
  const codings = encoding.toLowerCase().split(',');
  if (codings.length > mostCodings) return raw;
  return codings.reduceRight((bytes, coding) => decompressOne(bytes, coding.trim(), maxOutputLength, whole), raw);
}

function decompressOne(raw: Buffer, coding: string, maxOutputLength: number, whole: boolean): Buffer {
  // An answer without a body may still name the coding it would have had.
  if (raw.length === 0) return raw;
  const flush = whole ? {} : { finishFlush: constants.Z_SYNC_FLUSH };
  switch (coding) {
    case 'gzip':
    case 'x-gzip':
      return gunzipSync(raw, { maxOutputLength, ...flush });
    case 'deflate':
      // Some servers leave the zlib header out; its first byte tells (RFC 1950: the method is 8).
      return (raw[0]! & 15) === 8
        ? inflateSync(raw, { maxOutputLength, ...flush })
        : inflateRawSync(raw, { maxOutputLength, ...flush });
    case 'br':
      return brotliDecompressSync(raw, {
        maxOutputLength,
        ...(whole ? {} : { finishFlush: constants.BROTLI_OPERATION_FLUSH }),
      });
    case 'zstd':
      return zstdDecompressSync(raw, { maxOutputLength, ...(whole ? {} : { finishFlush: constants.ZSTD_e_flush }) });
    default:
      return raw;
  }
}
