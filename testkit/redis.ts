/** A real Redis on a free port, in a folder of its own, that keeps nothing unless told. */
import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import net from 'node:net';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { freePort } from './free-port.ts';

export const redisPassword = 'canary-password-of-the-cache-51f0';

export interface RedisOptions {
  /** Further lines of its configuration. */
  readonly settings?: readonly string[];
  /** Encrypted on `port`, and nothing else. */
  readonly tls?: { readonly key: string; readonly cert: string };
  readonly replicaOf?: Redis;
}

export class Redis implements AsyncDisposable {
  readonly port: number;
  readonly folder: string;
  readonly #child: ChildProcess;

  private constructor(port: number, folder: string, child: ChildProcess) {
    this.port = port;
    this.folder = folder;
    this.#child = child;
  }

  static async start({ settings = [], tls, replicaOf }: RedisOptions = {}): Promise<Redis> {
    const folder = await mkdtemp(path.join(tmpdir(), 'pitwall-redis-'));
    const port = await freePort();
    const lines = [
      ...(tls === undefined ? [`port ${port}`] : ['port 0', `tls-port ${port}`, 'tls-auth-clients no']),
      ...(tls === undefined ? [] : ['tls-cert-file cert.pem', 'tls-key-file key.pem', 'tls-ca-cert-file cert.pem']),
      ...['bind 127.0.0.1', `dir ${folder}`, 'save ""', 'repl-diskless-sync-delay 0', 'repl-diskless-load disabled'],
      ...(replicaOf === undefined ? [] : [`replicaof 127.0.0.1 ${replicaOf.port}`]),
      ...settings,
    ];
    if (tls !== undefined) {
      await writeFile(path.join(folder, 'cert.pem'), tls.cert);
      await writeFile(path.join(folder, 'key.pem'), tls.key);
    }
    await writeFile(path.join(folder, 'redis.conf'), `${lines.join('\n')}\n`);
    const child = spawn('/usr/bin/redis-server', ['redis.conf'], { cwd: folder, stdio: ['ignore', 'pipe', 'inherit'] });
    const ready = Promise.withResolvers<void>();
    let log = '';
    child.stdout.on('data', (chunk: Buffer) => {
      log += chunk.toString();
      if (/Ready to accept connections|Server initialized/.test(log)) ready.resolve();
    });
    child.once('exit', () => ready.reject(new Error(`redis-server ended: ${log}`)));
    await ready.promise;
    return new Redis(port, folder, child);
  }

  /** Commands of one line each, by whoever may do everything; gives what came back. */
  async run(...commands: readonly string[]): Promise<string> {
    const socket = net.connect(this.port, '127.0.0.1');
    socket.end(`${commands.join('\r\n')}\r\nQUIT\r\n`);
    let said = '';
    socket.on('data', (chunk: Buffer) => {
      said += chunk.toString();
    });
    await once(socket, 'close');
    return said;
  }

  async stop(): Promise<void> {
    if (this.#child.exitCode !== null || this.#child.signalCode !== null) return;
    this.#child.kill('SIGKILL');
    await once(this.#child, 'exit');
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.stop();
    await rm(this.folder, { recursive: true });
  }
}
