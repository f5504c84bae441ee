/**
 * A small file whose room is taken while there is some, so that a few words can still be written when the disk is full.
 * Two places are written in turn: a write that is cut off leaves the words before it.
 */
import { createHash } from 'node:crypto';
import { closeSync, constants, fstatSync, fsyncSync, openSync, readSync, writeSync } from 'node:fs';

/** A change with its message takes about 2 KiB: more than a hundred of them. */
const placeBytes = 256 << 10;
const places = 2;
const headBytes = 128;

export interface SpillFile {
  /** Durable when it returns; throws where there is no room, or the disk fails. An empty text forgets. */
  write(text: string): void;
  /** What was written last; empty where nothing was. */
  read(): string;
}

interface Written {
  readonly turn: number;
  readonly text: string;
}

export function openSpillFile(path: string): SpillFile {
  takeRoom(path);
  let turn = newest(path).turn;
  return {
    read: () => newest(path).text,
    write(text) {
      const body = Buffer.from(text);
      if (body.length + headBytes > placeBytes)
        throw new Error(`${body.length} bytes are more than ${path} has room for`);
      const next = turn + 1;
      const head = Buffer.alloc(headBytes, ' ');
      head.write(`${next} ${body.length} ${digestOf(next, body)}`);
      withFile(path, (file) => {
        writeSync(file, Buffer.concat([head, body]), 0, headBytes + body.length, (next % places) * placeBytes);
        fsyncSync(file);
      });
      turn = next;
    },
  };
}

/** Never throws: with a full disk Pitwall starts all the same, and the write says so when it comes to it. */
function takeRoom(path: string): void {
  try {
    withFile(path, (file) => {
      const sizeBytes = fstatSync(file).size;
      if (sizeBytes >= places * placeBytes) return;
      writeSync(file, Buffer.alloc(places * placeBytes - sizeBytes, ' '), 0, undefined, sizeBytes);
      fsyncSync(file);
    });
  } catch {
    // Tried again at the next start.
  }
}

function newest(path: string): Written {
  const found = Array.from({ length: places }, (_, place) => readPlace(path, place)).filter((one) => one !== undefined);
  return found.reduce((last, one) => (one.turn > last.turn ? one : last), { turn: 0, text: '' });
}

function readPlace(path: string, place: number): Written | undefined {
  return withFile(path, (file) => {
    const bytes = Buffer.alloc(placeBytes);
    const read = readSync(file, bytes, 0, placeBytes, place * placeBytes);
    const [turn, length, digest] = bytes.toString('latin1', 0, headBytes).split(' ');
    const end = headBytes + Number(length);
    if (!(end <= read)) return undefined;
    const body = bytes.subarray(headBytes, end);
    return digest === digestOf(Number(turn), body) ? { turn: Number(turn), text: body.toString() } : undefined;
  });
}

function digestOf(turn: number, body: Buffer): string {
  return createHash('sha256').update(`${turn} `).update(body).digest('hex');
}

function withFile<T>(path: string, work: (file: number) => T): T {
  const file = openSync(path, constants.O_RDWR | constants.O_CREAT | constants.O_NOFOLLOW, 0o600);
  try {
    return work(file);
  } finally {
    closeSync(file);
  }
}
