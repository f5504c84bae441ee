/** A real Pitwall in a process of its own, with a data folder that lives as long as the test. */
import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtemp, readFile, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { freePort } from './free-port.ts';

const main = path.resolve(import.meta.dirname, '../server/src/main.ts');

export class PitwallProcess implements AsyncDisposable {
  readonly dataDir: string;
  readonly port: number;
  readonly #config: string | undefined;
  readonly #folder: string;
  readonly #discovers: boolean;
  #child: ChildProcess | undefined;
  #startUrl = '';
  output = '';

  private constructor(folder: string, port: number, config: string | undefined, discovers: boolean) {
    this.#discovers = discovers;
    this.#folder = folder;
    this.dataDir = path.join(folder, 'data');
    this.port = port;
    this.#config = config;
  }

  /** Tests run side by side, so listeners of this machine are left alone unless that is what is tested. */
  static async start(config?: string, discovers = false): Promise<PitwallProcess> {
    const folder = await mkdtemp(path.join(tmpdir(), 'pitwall-process-'));
    const pitwall = new PitwallProcess(folder, await freePort(), config, discovers);
    await pitwall.start();
    return pitwall;
  }

  get baseUrl(): string {
    return `http://127.0.0.1:${this.port}`;
  }

  /** The link that was printed by the newest start. */
  get startUrl(): string {
    return this.#startUrl;
  }

  /** Resolves when it has printed its link. */
  async start(): Promise<void> {
    const config = this.#config === undefined ? [] : ['--config', this.#config];
    if (!this.#discovers) config.push('--no-discovery');
    const args = [
      '--disable-warning=ExperimentalWarning',
      main,
      'start',
      '--data',
      this.dataDir,
      '--port',
      `${this.port}`,
    ];
    const child = spawn(process.execPath, [...args, ...config], { stdio: ['ignore', 'pipe', 'pipe'] });
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
      child.once('exit', (code) => reject(new Error(`Pitwall ended with ${code}: ${this.output}`)));
    });
  }

  async end(signal: NodeJS.Signals): Promise<void> {
    const child = this.#child;
    this.#child = undefined;
    if (child === undefined || child.exitCode !== null) return;
    child.kill(signal);
    await once(child, 'exit');
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

  async [Symbol.asyncDispose](): Promise<void> {
    await this.end('SIGTERM');
    await rm(this.#folder, { recursive: true });
  }
}
