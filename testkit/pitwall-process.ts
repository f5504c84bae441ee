/** A real Pitwall in a process of its own, with a data folder that lives as long as the test. */
import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { writeFileSync } from 'node:fs';
import { mkdtemp, readFile, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import { freePort } from './free-port.ts';
import { offsetFileVariable } from './set-clock.ts';

const main = path.resolve(import.meta.dirname, '../server/src/main.ts');
/** A start compiles a few hundred modules; those of a run that ended by itself are kept for the next. */
const compileCache = path.join(tmpdir(), 'pitwall-test-compile-cache');
const askAgainMs = 100;
const clockSetter = path.join(import.meta.dirname, 'set-clock.ts');

export interface PitwallOptions {
  /** Look for listeners of this machine; tests run side by side, so they are left alone otherwise. */
  readonly discovers?: boolean;
  /** Instead of a folder of the test's own; it stays when the test ends. */
  readonly dataDir?: string;
  /** Lets `setClock` shift the wall clock of the process. */
  readonly settableClock?: boolean;
  /** A program that runs Pitwall, such as strace with its options. */
  readonly under?: readonly string[];
}

export class PitwallProcess implements AsyncDisposable {
  readonly dataDir: string;
  readonly port: number;
  readonly #config: string | undefined;
  readonly #folder: string;
  readonly #options: PitwallOptions;
  #child: ChildProcess | undefined;
  #startUrl = '';
  output = '';
  /** Of the newest run that ended. */
  exitCode: number | null = null;

  private constructor(folder: string, port: number, config: string | undefined, options: PitwallOptions) {
    this.#options = options;
    this.#folder = folder;
    this.dataDir = options.dataDir ?? path.join(folder, 'data');
    this.port = port;
    this.#config = config;
  }

  static async start(config?: string, options: PitwallOptions = {}): Promise<PitwallProcess> {
    const pitwall = await PitwallProcess.prepare(config, options);
    await pitwall.start().catch(async (fault: unknown) => {
      await pitwall[Symbol.asyncDispose]();
      throw fault;
    });
    return pitwall;
  }

  /** Not running yet. */
  static async prepare(config?: string, options: PitwallOptions = {}): Promise<PitwallProcess> {
    const folder = await mkdtemp(path.join(tmpdir(), 'pitwall-process-'));
    const pitwall = new PitwallProcess(folder, await freePort(), config, options);
    pitwall.setClock(0);
    return pitwall;
  }

  /** How far the process's wall clock is ahead of the machine's; needs `settableClock`. */
  setClock(offsetMs: number): void {
    writeFileSync(this.#clockFile, `${offsetMs}`);
  }

  get #clockFile(): string {
    return path.join(this.#folder, 'clock-offset');
  }

  get pid(): number | undefined {
    return this.#child?.pid;
  }

  get baseUrl(): string {
    return `http://127.0.0.1:${this.port}`;
  }

  /** The link that was printed by the newest start. */
  get startUrl(): string {
    return this.#startUrl;
  }

  /** Resolves when it has printed its link; rejects, with what it printed, when it ended before. */
  async start(): Promise<void> {
    const { under = [], settableClock = false, discovers = false } = this.#options;
    const [program, ...args] = [
      ...under,
      process.execPath,
      '--disable-warning=ExperimentalWarning',
      ...(settableClock ? ['--import', clockSetter] : []),
      main,
      'start',
      ...['--data', this.dataDir, '--port', `${this.port}`],
      ...(this.#config === undefined ? [] : ['--config', this.#config]),
      ...(discovers ? [] : ['--no-discovery']),
    ];
    const child = spawn(program!, args, {
      stdio: ['ignore', 'pipe', 'pipe'],
      env: { ...process.env, [offsetFileVariable]: this.#clockFile, NODE_COMPILE_CACHE: compileCache },
    });
    this.#child = child;
    await new Promise<void>((resolve, reject) => {
      const take = (chunk: Buffer): void => {
        this.output += chunk.toString();
        const link = /http:\S+#token=\S+/g;
        const all = this.output.match(link);
        if (all === null || all.at(-1) === this.#startUrl) return;
        this.#startUrl = all.at(-1)!;
        resolve();
      };
      child.stdout!.on('data', take);
      child.stderr!.on('data', take);
      child.once('error', reject);
      child.once('close', (code) => {
        this.exitCode = code;
        reject(new Error(`Pitwall ended with ${code}: ${this.output}`));
      });
    });
  }

  /** Resolves with the exit code; null where the signal ended it. */
  async end(signal: NodeJS.Signals): Promise<number | null> {
    const child = this.#child;
    this.#child = undefined;
    if (child === undefined || child.exitCode !== null || child.signalCode !== null) return child?.exitCode ?? null;
    child.kill(signal);
    const [code] = (await once(child, 'exit')) as [number | null];
    return code;
  }

  /** One call of the API with the command line's token. */
  async call(
    method: string,
    apiPath: string,
    body?: unknown,
  ): Promise<{ status: number; body: Record<string, unknown> }> {
    const [token] = (await readFile(path.join(this.dataDir, 'cli.token'), 'utf8')).split('\n');
    const response = await fetch(`${this.baseUrl}/api/v1${apiPath}`, {
      method,
      headers: { authorization: `Bearer ${token}`, 'content-type': 'application/json' },
      ...(body === undefined ? {} : { body: JSON.stringify(body) }),
    });
    return { status: response.status, body: (await response.json()) as Record<string, unknown> };
  }

  /** Asks until the answer is as wanted, and resolves with it. */
  async until(
    apiPath: string,
    isWanted: (body: Record<string, unknown>) => boolean,
    withinMs = 30_000,
  ): Promise<Record<string, unknown>> {
    const givenUpMs = performance.now() + withinMs;
    while (true) {
      const { body } = await this.call('GET', apiPath);
      if (isWanted(body)) return body;
      if (performance.now() > givenUpMs) throw new Error(`${apiPath} is still ${JSON.stringify(body)}`);
      await delay(askAgainMs);
    }
  }

  /** Resolves once the service has that status. */
  async untilStatus(serviceId: string, status: string): Promise<void> {
    await this.until(`/services/${serviceId}`, ({ service }) => (service as { status?: string })?.status === status);
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.end('SIGTERM');
    await rm(this.#folder, { recursive: true });
  }
}
