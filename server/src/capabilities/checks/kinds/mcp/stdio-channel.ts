/** MCP with a program on this machine: a line for each message, over its standard input and output. */
import { basename } from 'node:path';
import { Program, type ProgramEnd } from '../../../../platform/program.ts';
import { evidenceBytes } from '../../evidence.ts';
import { answerLimitBytes, type Channel, type Trace, timeUp, Waiting } from './channel.ts';
import { McpFault, type Message, parseJson, type RpcAnswer, replyTo } from './messages.ts';
import type { McpSpec } from './spec.ts';

/** A decent server ends when its input does; MCP asks for a moment before it is killed. */
const leaveMs = 500;
/** Of notifications and noise together. */
const mostLines = 10_000;
const ownShortages: ReadonlySet<string> = new Set(['EMFILE', 'ENFILE', 'EAGAIN', 'ENOMEM']);

export class StdioChannel implements Channel {
  readonly #program: Program;
  readonly #name: string;
  readonly #setTimer: (callback: () => void, delayMs: number) => () => void;
  readonly #waiting = new Waiting((request) => this.#program.say(JSON.stringify(replyTo(request))));
  /** The first that it said and that is no JSON: the reference client passes over it, but it may tell why nothing comes. */
  #noise = '';
  #dropped = false;
  /** It was there and went by itself, as some do when they are asked what they do not know. */
  endedByItself = false;

  constructor(spec: McpSpec, setTimer: (callback: () => void, delayMs: number) => () => void) {
    this.#name = basename(spec.command![0]!);
    this.#setTimer = setTimer;
    const request = {
      argv: spec.command!,
      env: spec.env ?? {},
      folder: spec.folder,
      outputLimitBytes: answerLimitBytes,
      mostLines,
      errorBytes: evidenceBytes,
    };
    this.#program = new Program(request, { onLine: (line) => this.#hear(line), onEnd: (end) => this.#ended(end) });
  }

  agree(): void {}

  ask(message: Message): Promise<RpcAnswer> {
    const answer = this.#waiting.answerTo(message);
    this.#program.say(JSON.stringify(message));
    return answer;
  }

  tell(message: Message): Promise<void> {
    this.#program.say(JSON.stringify(message));
    return Promise.resolve();
  }

  async leave(): Promise<void> {
    if (!this.#dropped) {
      this.#program.askToEnd();
      const cancel = this.#setTimer(() => this.#program.kill(), leaveMs);
      await this.#program.gone;
      cancel();
    }
    await this.#program.gone;
  }

  drop(): void {
    this.#dropped = true;
    this.#waiting.fail(timeUp());
    this.#program.kill();
  }

  trace(): Trace {
    const body = [this.#noise, this.#program.errors].filter((text) => text !== '').join('\n');
    return body === '' ? {} : { body };
  }

  #hear(line: string): void {
    // To try and fail costs microseconds each, and there may be thousands.
    const value = line.startsWith('{') ? parseJson(line) : undefined;
    if (value !== undefined) this.#waiting.take(value);
    else if (this.#noise === '') this.#noise = line.slice(0, evidenceBytes);
  }

  #ended(end: ProgramEnd): void {
    const { startFault } = end;
    if (startFault !== undefined && ownShortages.has(startFault)) {
      this.#waiting.fail(
        new McpFault('out-of-resources', { resource: 'place for another program', code: startFault }, true),
      );
      return;
    }
    this.endedByItself = startFault === undefined && end.tooMuch !== true;
    this.#waiting.fail(
      new McpFault('program-failed', { program: this.#name, what: wordsOfEnd(end, this.#program.errors) }),
    );
  }
}

function wordsOfEnd({ startFault, exitCode, signal, tooMuch }: ProgramEnd, errors: string): string {
  if (startFault === 'ENOENT') return 'cannot be started: it or its folder is not there (ENOENT)';
  if (startFault !== undefined) return `cannot be started: ${startFault}`;
  if (tooMuch === true) return 'said far more than an answer and was ended';
  if (signal !== undefined) return `was killed by ${signal}`;
  const lines = errors.split('\n').filter((line) => line.trim() !== '');
  const why = lines.findLast((line) => /error|cannot|exception/i.test(line)) ?? lines.at(-1);
  return `ended with code ${exitCode}${why === undefined ? '' : `: ${why.trim()}`}`;
}
