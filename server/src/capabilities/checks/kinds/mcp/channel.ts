/** The seam of the ways to speak MCP, and what those with one stream for all answers share. */
import { hear, isAnswerTo, McpFault, type Message, notMcp, type RpcAnswer } from './messages.ts';

/** All that a server may say in one attempt; more is no answer to a check. */
export const answerLimitBytes = 4 * 1_048_576;
/** Requests of the server that are answered in one attempt; who asks on and on is not served for ever. */
export const mostReplies = 20;

export interface Spoken {
  readonly modern: boolean;
  readonly version: string;
}

export interface Channel {
  /** Tells how it is spoken from now on; before, nothing is agreed on. */
  agree(spoken: Spoken): void;
  /** Throws McpFault where no answer comes. */
  ask(message: Message, headers?: Readonly<Record<string, string>>): Promise<RpcAnswer>;
  tell(message: Message): Promise<void>;
  /** Ends the session politely, within a second. Never throws. */
  leave(): Promise<void>;
  /** Frees everything at once; whoever waits hears of a time-out. */
  drop(): void;
}

/** What was seen last of the other side, for the evidence of a failure. */
export interface Trace {
  readonly statusCode?: number;
  readonly rawHeaders?: readonly string[];
  readonly body?: string;
}

/** The time is up; what was under way is told by who asked. */
export function timeUp(): McpFault {
  return new McpFault('timeout', { doing: 'waiting for an answer' });
}

/** Requests that wait for their answer in a stream of all answers. */
export class Waiting {
  readonly #waiting = new Map<unknown, { asked: Message; resolve: (answer: RpcAnswer) => void }>();
  readonly #reply: (request: { id: string | number; method: string }) => void;
  readonly #failed = Promise.withResolvers<never>();
  #replies = 0;
  #fault: McpFault | undefined;

  constructor(reply: (request: { id: string | number; method: string }) => void) {
    this.#reply = reply;
    this.#failed.promise.catch(() => {});
  }

  answerTo(asked: Message): Promise<RpcAnswer> {
    if (this.#fault !== undefined) return Promise.reject(this.#fault);
    const { promise, resolve } = Promise.withResolvers<RpcAnswer>();
    this.#waiting.set(asked.id, { asked, resolve });
    return Promise.race([promise, this.#failed.promise]);
  }

  /** Never throws: what is wrong fails everybody who waits. */
  take(value: unknown): void {
    try {
      const heard = hear(value);
      if (heard.kind === 'request' && this.#replies < mostReplies) {
        this.#replies += 1;
        this.#reply(heard);
      }
      if (heard.kind !== 'answer') return;
      const first = this.#waiting.get(heard.id) ?? this.#waiting.values().next().value;
      if (first === undefined) throw notMcp(`it answers request ${JSON.stringify(heard.id)}, which nobody made`);
      if (!isAnswerTo(first.asked, heard)) return;
      this.#waiting.delete(first.asked.id);
      first.resolve(heard.answer);
    } catch (error) {
      this.fail(error as McpFault);
    }
  }

  fail(fault: McpFault): void {
    if (this.#fault !== undefined) return;
    this.#fault = fault;
    this.#failed.reject(fault);
  }
}
