/**
 * A program that is spoken to in lines over its standard input and output. No shell; only the environment it is given;
 * in a process group of its own, so that whatever it starts goes with it.
 */
import { type ChildProcess, spawn } from 'node:child_process';

export interface ProgramRequest {
  /** The program and its arguments, as they are. */
  readonly argv: readonly string[];
  readonly env: Readonly<Record<string, string>>;
  readonly folder: string | undefined;
  /** Output beyond these ends it. */
  readonly outputLimitBytes: number;
  readonly mostLines: number;
  /** The last of its standard error that is kept. */
  readonly errorBytes: number;
}

/** How a program came to its end; `code` where it could not be started or ended by itself, `signal` where it was killed. */
export interface ProgramEnd {
  readonly startFault?: string;
  readonly exitCode?: number;
  readonly signal?: string;
  readonly tooMuch?: true;
}

export interface ProgramOwner {
  onLine(line: string): void;
  /** Exactly once, when it is gone or could not be started. */
  onEnd(end: ProgramEnd): void;
}

/** What a program may know of our environment: where programs are and what language is spoken, nothing that opens doors. */
const passedOn = ['PATH', 'HOME', 'USER', 'LOGNAME', 'LANG', 'LC_ALL', 'TZ', 'TMPDIR'] as const;

export class Program {
  readonly #child: ChildProcess;
  readonly #owner: ProgramOwner;
  readonly #request: ProgramRequest;
  readonly #gone = Promise.withResolvers<void>();
  #line = '';
  #outputBytes = 0;
  #lines = 0;
  #errors = '';
  #ended = false;
  #tooMuch = false;
  #groupGone = false;

  constructor(request: ProgramRequest, owner: ProgramOwner) {
    this.#request = request;
    this.#owner = owner;
    const [file, ...args] = request.argv;
    const env: Record<string, string> = {};
    for (const name of passedOn) {
      const value = process.env[name];
      if (value !== undefined) env[name] = value;
    }
    Object.assign(env, request.env);
    // `detached` makes it the leader of a new group, whose number is its own.
    const child = spawn(file!, args, { cwd: request.folder, env, detached: true, stdio: 'pipe' });
    this.#child = child;
    child.on('error', (error: NodeJS.ErrnoException) => {
      if (child.pid === undefined) this.#end({ startFault: error.code ?? error.name });
    });
    // What it left behind would go on for ever and hold the pipes open.
    child.on('exit', () => this.#killGroup());
    child.on('close', (exitCode, signal) => {
      if (exitCode === null) this.#end({ signal: signal ?? 'unknown' });
      else this.#end({ exitCode });
    });
    child.stdin!.on('error', () => {});
    child.stdout!.on('error', () => {});
    child.stderr!.on('error', () => {});
    child.stdout!.setEncoding('utf8').on('data', (text: string) => this.#hear(text));
    child.stderr!.setEncoding('utf8').on('data', (text: string) => {
      this.#errors = (this.#errors + text).slice(-request.errorBytes);
    });
  }

  /** The last of what it said on its standard error. */
  get errors(): string {
    return this.#errors;
  }

  say(line: string): void {
    if (!this.#ended) this.#child.stdin!.write(`${line}\n`);
  }

  /** Closes its standard input, which asks it to end. */
  askToEnd(): void {
    this.#child.stdin!.end();
  }

  /** Ends it and all it started, at once. */
  kill(): void {
    this.#killGroup();
    for (const stream of [this.#child.stdin!, this.#child.stdout!, this.#child.stderr!]) stream.destroy();
  }

  /** Resolves when it is gone. */
  get gone(): Promise<void> {
    return this.#gone.promise;
  }

  #hear(text: string): void {
    if (this.#ended || this.#tooMuch) return;
    this.#outputBytes += Buffer.byteLength(text);
    if (this.#outputBytes > this.#request.outputLimitBytes) this.#tooMuch = true;
    const lines = text.split('\n');
    lines[0] = this.#line + lines[0]!;
    this.#line = lines.pop()!;
    for (const line of lines) {
      this.#lines += 1;
      if (this.#lines > this.#request.mostLines) this.#tooMuch = true;
      if (this.#tooMuch || this.#ended) break;
      if (line.trim() !== '') this.#owner.onLine(line.replace(/\r$/, ''));
    }
    if (this.#tooMuch) this.kill();
  }

  /** Once, when its leader is gone at the latest: later, the number may be another's. */
  #killGroup(): void {
    const { pid } = this.#child;
    if (pid === undefined || this.#groupGone) return;
    this.#groupGone = this.#child.exitCode !== null || this.#child.signalCode !== null;
    try {
      process.kill(-pid, 'SIGKILL');
    } catch {
      // Nobody of the group is left.
    }
  }

  #end(end: ProgramEnd): void {
    if (this.#ended) return;
    this.#ended = true;
    this.#gone.resolve();
    this.#owner.onEnd(this.#tooMuch ? { ...end, tooMuch: true } : end);
  }
}
