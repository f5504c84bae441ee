/** A real PostgreSQL on a free port, in a folder of its own, run by somebody who is not root: root it refuses. */
import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { globSync } from 'node:fs';
import { chmod, chown, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import pg from 'pg';
import { freePort } from './free-port.ts';
import { unprivilegedUser } from './unprivileged-user.ts';

export const postgresPassword = 'canary-password-of-the-shop-3b7e';

export interface PostgresOptions {
  /** Lines of its configuration. */
  readonly settings?: readonly string[];
  readonly tls?: { readonly key: string; readonly cert: string };
}

/** Debian keeps several versions beside each other; the newest is as good as any. */
function program(name: string): string {
  const [found] = globSync(`/usr/lib/postgresql/*/bin/${name}`).sort().reverse();
  if (found === undefined) throw new Error(`${name} is not installed`);
  return found;
}

export class Postgres implements AsyncDisposable {
  readonly port: number;
  readonly folder: string;
  #child: ChildProcess | undefined;
  /** What it wrote so far. */
  log = '';

  private constructor(port: number, folder: string) {
    this.port = port;
    this.folder = folder;
  }

  /** User `shop` with a password may read; `postgres` may do everything and needs none. */
  static async start(options: PostgresOptions = {}): Promise<Postgres> {
    const postgres = await Postgres.#prepare();
    const args = ['-D', postgres.folder, '-U', 'postgres', '--auth=trust', '--no-sync', '--no-locale', '-E', 'UTF8'];
    await runAsSomebody(program('initdb'), args);
    await postgres.#configure(options);
    await writeFile(path.join(postgres.folder, 'pg_hba.conf'), access);
    await postgres.start();
    await postgres.run(`CREATE ROLE shop LOGIN PASSWORD '${postgresPassword}'`, 'CREATE DATABASE shop OWNER shop');
    return postgres;
  }

  /** A replica that streams from another. */
  static async startReplica(of: Postgres): Promise<Postgres> {
    const replica = await Postgres.#prepare();
    const from = `host=127.0.0.1 port=${of.port} user=postgres`;
    await runAsSomebody(program('pg_basebackup'), [
      '-D',
      replica.folder,
      '-d',
      from,
      '-R',
      '-X',
      'stream',
      '-c',
      'fast',
      '--no-sync',
    ]);
    await replica.#configure({});
    await replica.start();
    return replica;
  }

  static async #prepare(): Promise<Postgres> {
    const folder = await mkdtemp(path.join(tmpdir(), 'pitwall-postgres-'));
    const { uid, gid } = await unprivilegedUser();
    await chown(folder, uid, gid);
    await chmod(folder, 0o700);
    return new Postgres(await freePort(), folder);
  }

  async #configure({ settings = [], tls }: PostgresOptions): Promise<void> {
    const lines = [
      "listen_addresses = '127.0.0.1'",
      "unix_socket_directories = ''",
      `port = ${this.port}`,
      ...['fsync = off', 'max_connections = 20', 'shared_buffers = 8MB', 'wal_level = replica', 'hot_standby = on'],
      ...['wal_retrieve_retry_interval = 50ms', 'autovacuum = off', 'logging_collector = off'],
      ...settings,
      ...(tls === undefined ? [] : ['ssl = on', "ssl_cert_file = 'server.crt'", "ssl_key_file = 'server.key'"]),
    ];
    const { uid, gid } = await unprivilegedUser();
    if (tls !== undefined) {
      for (const [name, text] of [
        ['server.crt', tls.cert],
        ['server.key', tls.key],
      ] as const) {
        const file = path.join(this.folder, name);
        await writeFile(file, text, { mode: 0o600 });
        await chown(file, uid, gid);
      }
    }
    await writeFile(path.join(this.folder, 'postgresql.conf'), `${lines.join('\n')}\n`);
  }

  async start(): Promise<void> {
    const { uid, gid } = await unprivilegedUser();
    const child = spawn(program('postgres'), ['-D', this.folder], {
      ...{ uid, gid, cwd: this.folder },
      stdio: ['ignore', 'ignore', 'pipe'],
    });
    this.#child = child;
    const ready = Promise.withResolvers<void>();
    this.log = '';
    child.stderr.on('data', (chunk: Buffer) => {
      this.log += chunk.toString();
      if (/ready to accept (read-only )?connections/.test(this.log)) ready.resolve();
    });
    child.once('exit', () => ready.reject(new Error(`postgres ended: ${this.log}`)));
    await ready.promise;
  }

  /** It lets nobody in any more, and waits for those who are there. */
  beginShutdown(): void {
    this.#child?.kill('SIGTERM');
  }

  async stop(): Promise<void> {
    const child = this.#child;
    if (child === undefined || child.exitCode !== null) return;
    this.#child = undefined;
    child.kill('SIGQUIT');
    await once(child, 'exit');
  }

  /** Statements by the superuser, one after the other; gives the rows of the last. */
  async run(...statements: readonly string[]): Promise<readonly Record<string, unknown>[]> {
    await using client = await this.client('postgres', 'postgres');
    let rows: Record<string, unknown>[] = [];
    for (const statement of statements) rows = (await client.query<Record<string, unknown>>(statement)).rows;
    return rows;
  }

  async client(user: string, database: string): Promise<pg.Client & AsyncDisposable> {
    const client = new pg.Client({ host: '127.0.0.1', port: this.port, user, database, password: postgresPassword });
    client.on('error', () => {});
    await client.connect();
    return Object.assign(client, { [Symbol.asyncDispose]: () => client.end() });
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.stop();
    await rm(this.folder, { recursive: true });
  }
}

const access = [
  'host replication postgres 127.0.0.1/32 trust',
  'host all postgres 127.0.0.1/32 trust',
  'hostssl all careful 127.0.0.1/32 scram-sha-256',
  'host all careful 127.0.0.1/32 reject',
  'host all all 127.0.0.1/32 scram-sha-256',
].join('\n');

async function runAsSomebody(command: string, args: readonly string[]): Promise<void> {
  const { uid, gid } = await unprivilegedUser();
  const child = spawn(command, args, { uid, gid, cwd: '/', stdio: ['ignore', 'ignore', 'pipe'] });
  let errors = '';
  child.stderr.on('data', (chunk: Buffer) => {
    errors += chunk.toString();
  });
  const [code] = await once(child, 'close');
  if (code !== 0) throw new Error(`${command} failed: ${errors}`);
}
