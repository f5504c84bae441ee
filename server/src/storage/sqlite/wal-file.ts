/**
 * What a write-ahead log that was left behind holds, read without SQLite, which could only look by recovering it: the
 * database file beside it may rightly be shorter than it says, by the pages that are still in the log.
 * https://www.sqlite.org/fileformat2.html#the_write_ahead_log
 */
import { closeSync, existsSync, openSync, readSync, statSync } from 'node:fs';

const headerBytes = 32;
const frameHeaderBytes = 24;
/** The lowest bit says that the checksums were made of big-endian words. */
const magic = 0x377f0682;
const largestPage = 65_536;

export interface WalContent {
  /** Pages of the database after the log's last transaction. */
  readonly databasePages: number;
  readonly pageNumbers: ReadonlySet<number>;
  /** The newest first page, where the log has it. */
  readonly firstPage: Uint8Array | undefined;
}

/** The log's running checksum: two sums over pairs of words, each mixed with the other. */
class Checksum {
  readonly #littleEndian: boolean;
  first = 0;
  second = 0;

  constructor(littleEndian: boolean) {
    this.#littleEndian = littleEndian;
  }

  add(view: DataView, from: number, bytes: number): void {
    let { first, second } = this;
    for (let at = from; at < from + bytes; at += 8) {
      first = (first + view.getUint32(at, this.#littleEndian) + second) >>> 0;
      second = (second + view.getUint32(at + 4, this.#littleEndian) + first) >>> 0;
    }
    this.first = first;
    this.second = second;
  }

  isAt(view: DataView, at: number): boolean {
    return view.getUint32(at) === this.first && view.getUint32(at + 4) === this.second;
  }
}

/** Its committed part; undefined where there is none, so that the file stands for itself. */
export function readWal(path: string): WalContent | undefined {
  if (!existsSync(path) || statSync(path).size <= headerBytes) return undefined;
  const file = openSync(path, 'r');
  try {
    return readFrames(file);
  } finally {
    closeSync(file);
  }
}

function readFrames(file: number): WalContent | undefined {
  const header = new DataView(new ArrayBuffer(headerBytes));
  readSync(file, header, 0, headerBytes, 0);
  const isBigEndian = header.getUint32(0) === magic + 1;
  const pageBytes = header.getUint32(8);
  const sum = new Checksum(!isBigEndian);
  sum.add(header, 0, headerBytes - 8);
  if (header.getUint32(0) >>> 1 !== magic >>> 1 || pageBytes > largestPage || !sum.isAt(header, 24)) return undefined;
  const frame = new DataView(new ArrayBuffer(frameHeaderBytes + pageBytes));
  const page = new Uint8Array(frame.buffer, frameHeaderBytes);
  const committed = new Set<number>();
  const waiting = new Set<number>();
  let databasePages = 0;
  let firstPage: Uint8Array | undefined;
  let waitingFirstPage: Uint8Array | undefined;
  for (
    let at = headerBytes;
    readSync(file, frame, 0, frame.byteLength, at) === frame.byteLength;
    at += frame.byteLength
  ) {
    // Frames of an earlier round of the log have other salts; those after a torn write fail their sum.
    if (frame.getUint32(8) !== header.getUint32(16) || frame.getUint32(12) !== header.getUint32(20)) break;
    sum.add(frame, 0, 8);
    sum.add(frame, frameHeaderBytes, pageBytes);
    if (!sum.isAt(frame, 16)) break;
    waiting.add(frame.getUint32(0));
    if (frame.getUint32(0) === 1) waitingFirstPage = page.slice();
    if (frame.getUint32(4) === 0) continue;
    databasePages = frame.getUint32(4);
    firstPage = waitingFirstPage ?? firstPage;
    for (const number of waiting) committed.add(number);
    waiting.clear();
  }
  return databasePages === 0 ? undefined : { databasePages, pageNumbers: committed, firstPage };
}
