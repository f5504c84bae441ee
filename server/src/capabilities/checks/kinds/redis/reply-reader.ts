/**
 * Reads the replies of a Redis server (RESP 2) that a check can get: a word, an error, a number, a text. Lists are not
 * asked for. Without I/O; nothing is lost where a reply is cut anywhere.
 */

export type RedisReply =
  | { readonly type: 'text'; readonly text: string | null }
  /** `LOADING Redis is loading …`: its first word is the code. */
  | { readonly type: 'error'; readonly code: string; readonly message: string };

/** What came is no reply; the text says why. */
export interface ReplyFault {
  readonly type: 'fault';
  readonly code: string;
}

/** Only a bulk text may be longer. */
const mostLineBytes = 4_096;

export class ReplyReader {
  readonly #limitBytes: number;
  #pending: Buffer = Buffer.alloc(0);

  constructor(limitBytes: number) {
    this.#limitBytes = limitBytes;
  }

  /** Whatever came beyond the replies that were read. */
  get isEmpty(): boolean {
    return this.#pending.length === 0;
  }

  /** The next reply, or undefined where more must come. */
  push(chunk: Buffer): RedisReply | ReplyFault | undefined {
    this.#pending = this.#pending.length === 0 ? chunk : Buffer.concat([this.#pending, chunk]);
    const first = this.#pending[0];
    if (first === undefined) return undefined;
    const mark = String.fromCharCode(first);
    if (!'+-:$'.includes(mark)) return this.#strange();
    const lineEnd = this.#pending.indexOf('\r\n');
    if (lineEnd < 0) return this.#pending.length > mostLineBytes ? this.#strange() : undefined;
    const line = this.#pending.subarray(1, lineEnd).toString('utf8');
    if (mark === '$') return this.#bulk(line, lineEnd + 2);
    this.#pending = this.#pending.subarray(lineEnd + 2);
    if (mark === '-') return { type: 'error', code: line.split(' ', 1)[0]!, message: line };
    if (mark === ':' && !/^-?\d+$/.test(line)) return { type: 'fault', code: 'a number that is none' };
    return { type: 'text', text: line };
  }

  #bulk(length: string, start: number): RedisReply | ReplyFault | undefined {
    if (length === '-1') {
      this.#pending = this.#pending.subarray(start);
      return { type: 'text', text: null };
    }
    if (!/^\d+$/.test(length)) return { type: 'fault', code: 'a length that is none' };
    const end = start + Number(length);
    if (end > this.#limitBytes) return { type: 'fault', code: `it announces ${length} bytes` };
    if (this.#pending.length < end + 2) return undefined;
    if (this.#pending.toString('latin1', end, end + 2) !== '\r\n')
      return { type: 'fault', code: 'a text of another length than it says' };
    const text = this.#pending.toString('utf8', start, end);
    this.#pending = this.#pending.subarray(end + 2);
    return { type: 'text', text };
  }

  #strange(): ReplyFault {
    return { type: 'fault', code: `it begins with ${JSON.stringify(this.#pending.toString('latin1', 0, 12))}` };
  }
}

/** A command as it is sent: a list of texts. */
export function encodeCommand(words: readonly string[]): Buffer {
  const parts = words.map((word) => `$${Buffer.byteLength(word)}\r\n${word}\r\n`);
  return Buffer.from(`*${words.length}\r\n${parts.join('')}`);
}
