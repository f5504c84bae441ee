/**
 * Reads one HTTP/1.1 answer from the bytes of its connection (RFC 9112), strictly: what is not said clearly is a fault.
 * Pure. `node:http` does the same at the price of a request, a response and a parser object each: docs/adr/0003.
 */

export interface AnswerSink {
  /** Status and headers are there: `reader.statusCode`, `reader.rawHeaders`. */
  onHead(): void;
  onBody(part: Buffer): void;
}

/** `cut` where the other side ended before its answer did; a code where the answer breaks the rules. */
export type ReadState = 'more' | 'done' | 'cut' | 'headers-too-large' | { readonly code: string };

type Framing = 'head' | 'none' | 'length' | 'chunked' | 'until-close';
type ChunkPart = 'size' | 'data' | 'data-end' | 'trailer';

const beginning = Buffer.from('HTTP/1.');
const statusLine = /^HTTP\/1\.[01] ([1-9]\d\d)(?: [^\r\n]*)?$/;
const tokenPattern = /^[!#$%&'*+.^_`|~0-9A-Za-z-]+$/;
// biome-ignore lint/suspicious/noControlCharactersInRegex: they are what is refused
const control = /[\x00-\x08\x0a-\x1f\x7f]/;
/** Thirteen digits stay exact in a number. */
const chunkSize = /^([0-9a-f]{1,13})[ \t]*(?:;.*)?$/i;
const lengthPattern = /^\d{1,15}$/;
const longestChunkLine = 4_096;
const bareLines = 'its lines do not end in CR LF';
const improperName = 'a header has no proper name';
const controlCharacters = 'a header holds control characters';

export class AnswerReader {
  statusCode = 0;
  /** Name, value, name, value … as they came. */
  rawHeaders: readonly string[] = [];
  /** −1 where the length was not declared. */
  declaredBytes = -1;
  readonly #method: string;
  readonly #headLimitBytes: number;
  readonly #sink: AnswerSink;
  #framing: Framing = 'head';
  #pending: Buffer | undefined;
  #headBytes = 0;
  #leftBytes = 0;
  #chunkPart: ChunkPart = 'size';
  #line = '';

  constructor(method: string, headLimitBytes: number, sink: AnswerSink) {
    this.#method = method;
    this.#headLimitBytes = headLimitBytes;
    this.#sink = sink;
  }

  /** Takes the next bytes; they are handed on as they are, not copied. */
  push(chunk: Buffer): ReadState {
    switch (this.#framing) {
      case 'head':
        return this.#readHead(chunk);
      case 'length':
        return this.#readLength(chunk);
      case 'chunked':
        return this.#readChunked(chunk);
      case 'until-close':
        this.#sink.onBody(chunk);
        return 'more';
      default:
        return 'done';
    }
  }

  /** The other side says that nothing more will come. */
  end(): ReadState {
    return this.#framing === 'until-close' ? 'done' : 'cut';
  }

  #readHead(chunk: Buffer): ReadState {
    const knownBytes = this.#pending?.length ?? 0;
    const bytes = this.#pending === undefined ? chunk : Buffer.concat([this.#pending, chunk]);
    // Whoever speaks another protocol may never end a line: it shows in the first bytes.
    const seen = Math.min(bytes.length, beginning.length);
    if (beginning.compare(bytes, 0, seen, 0, seen) !== 0) return { code: 'it does not begin with HTTP/1' };
    const headEnd = bytes.indexOf('\r\n\r\n', Math.max(0, knownBytes - 3));
    // While its end is not there, the last three bytes may be the beginning of it.
    const tooLarge = this.#headBytes + (headEnd < 0 ? bytes.length - 3 : headEnd) > this.#headLimitBytes;
    if (headEnd < 0 || tooLarge) {
      const bareAt = bareLineFeed(bytes, knownBytes);
      if (bareAt >= 0 && this.#headBytes + bareAt - 2 <= this.#headLimitBytes) return { code: bareLines };
      if (tooLarge) return 'headers-too-large';
      this.#pending = bytes;
      return 'more';
    }
    this.#pending = undefined;
    const fault = this.#parseHead(bytes.toString('latin1', 0, headEnd));
    // The same whether it came in one piece or the line feed was seen before the rest.
    if (fault !== undefined) return { code: bareLineFeed(bytes.subarray(0, headEnd), 0) < 0 ? fault : bareLines };
    this.#headBytes += headEnd + 4;
    const rest = bytes.subarray(headEnd + 4);
    // Interim answers (100, 103) come before the one that was asked for; after 101 it is HTTP no longer.
    if (this.statusCode < 200 && this.statusCode !== 101) return rest.length > 0 ? this.#readHead(rest) : 'more';
    const unclear = this.#frame();
    if (unclear !== undefined) return { code: unclear };
    this.#sink.onHead();
    if (this.#framing === 'none') return 'done';
    return rest.length > 0 ? this.push(rest) : 'more';
  }

  #parseHead(head: string): string | undefined {
    const lines = head.split('\r\n');
    const status = statusLine.exec(lines[0]!);
    if (status === null) return 'its status line is broken';
    const rawHeaders: string[] = [];
    for (let index = 1; index < lines.length; index += 1) {
      const line = lines[index]!;
      const colon = line.indexOf(':');
      const name = line.slice(0, Math.max(0, colon));
      const folded = index > 1 && isBlank(line.charCodeAt(0));
      if (!folded && !tokenPattern.test(name)) return improperName;
      const value = trimmed(line, folded ? 0 : colon + 1);
      if (control.test(value)) return controlCharacters;
      // A line that begins with a blank goes on with the one before (obsolete, but RFC 9112 §5.2 asks it of clients).
      if (folded) rawHeaders.push(trimmed(`${rawHeaders.pop()} ${value}`, 0));
      else rawHeaders.push(name, value);
    }
    this.statusCode = Number(status[1]);
    this.rawHeaders = rawHeaders;
    return undefined;
  }

  /** How the body ends (RFC 9112 §6.3). */
  #frame(): string | undefined {
    let length: string | undefined;
    let coding: string | undefined;
    for (let index = 0; index < this.rawHeaders.length; index += 2) {
      const name = this.rawHeaders[index]!;
      const value = this.rawHeaders[index + 1]!;
      if (name.length === 14 && name.toLowerCase() === 'content-length') {
        if (!lengthPattern.test(value)) return 'its Content-Length is no number';
        if (length !== undefined && Number(length) !== Number(value)) return 'it has two lengths';
        length = value;
      } else if (name.length === 17 && name.toLowerCase() === 'transfer-encoding') {
        coding = coding === undefined ? value : `${coding}, ${value}`;
      }
    }
    if (length !== undefined && coding !== undefined) return 'it has both Content-Length and Transfer-Encoding';
    if (length !== undefined) this.declaredBytes = this.#leftBytes = Number(length);
    const { statusCode } = this;
    if (this.#method === 'HEAD' || statusCode === 101 || statusCode === 204 || statusCode === 304)
      this.#framing = 'none';
    else if (coding !== undefined) this.#framing = /(?:^|,)[ \t]*chunked$/i.test(coding) ? 'chunked' : 'until-close';
    else if (length === undefined) this.#framing = 'until-close';
    else this.#framing = this.declaredBytes === 0 ? 'none' : 'length';
    return undefined;
  }

  #readLength(chunk: Buffer): ReadState {
    const part = chunk.length <= this.#leftBytes ? chunk : chunk.subarray(0, this.#leftBytes);
    this.#leftBytes -= part.length;
    this.#sink.onBody(part);
    return this.#leftBytes === 0 ? 'done' : 'more';
  }

  #readChunked(chunk: Buffer): ReadState {
    let at = 0;
    while (at < chunk.length) {
      if (this.#chunkPart === 'data') {
        const to = Math.min(chunk.length, at + this.#leftBytes);
        this.#sink.onBody(chunk.subarray(at, to));
        this.#leftBytes -= to - at;
        at = to;
        if (this.#leftBytes === 0) this.#chunkPart = 'data-end';
        continue;
      }
      const lineEnd = chunk.indexOf(10, at);
      this.#line += chunk.toString('latin1', at, lineEnd < 0 ? chunk.length : lineEnd + 1);
      if (this.#chunkPart === 'data-end' && !this.#line.startsWith('\r\n'.slice(0, this.#line.length)))
        return { code: 'a chunk is longer than it says' };
      if (this.#line.length > longestChunkLine) return { code: 'a line between its chunks is too long' };
      if (lineEnd < 0) return 'more';
      at = lineEnd + 1;
      const line = this.#line;
      this.#line = '';
      const state = line.endsWith('\r\n') ? this.#chunkLine(line.slice(0, -2)) : { code: 'a chunk is broken' };
      if (state !== 'more') return state;
    }
    return 'more';
  }

  #chunkLine(line: string): ReadState {
    if (this.#chunkPart === 'data-end') {
      this.#chunkPart = 'size';
    } else if (this.#chunkPart === 'size') {
      const size = chunkSize.exec(line);
      if (size === null) return { code: 'the size of a chunk is no number' };
      this.#leftBytes = Number.parseInt(size[1]!, 16);
      this.#chunkPart = this.#leftBytes === 0 ? 'trailer' : 'data';
    } else {
      if (line === '') return 'done';
      this.#headBytes += line.length;
      if (this.#headBytes > this.#headLimitBytes) return 'headers-too-large';
      // Nobody asks what trailers say, but what is none may be the rest of a body that lost its way.
      const colon = line.indexOf(':');
      if (!tokenPattern.test(line.slice(0, Math.max(0, colon)))) return { code: improperName };
      if (control.test(line.slice(colon + 1))) return { code: controlCharacters };
    }
    return 'more';
  }
}

/** Without the blanks and tabs around it; `trim` would also take what is a letter in Latin-1. */
function trimmed(line: string, from: number): string {
  let start = from;
  let end = line.length;
  while (start < end && isBlank(line.charCodeAt(start))) start += 1;
  while (end > start && isBlank(line.charCodeAt(end - 1))) end -= 1;
  return line.slice(start, end);
}

/** Where, from a place on, the first line feed stands that has no carriage return before it; −1 where none does. */
function bareLineFeed(bytes: Buffer, from: number): number {
  let at = bytes.indexOf(10, from);
  while (at >= 0 && bytes[at - 1] === 13) at = bytes.indexOf(10, at + 1);
  return at;
}

function isBlank(code: number): boolean {
  return code === 32 || code === 9;
}
