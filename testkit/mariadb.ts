/** A real MariaDB on a free port, in a folder of its own. */
import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { rmSync } from 'node:fs';
import { chown, cp, mkdtemp, readdir, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import mysql, { type RowDataPacket } from 'mysql2/promise';
import { freePort } from './free-port.ts';
import { unprivilegedUser } from './unprivileged-user.ts';

export const mariadbPassword = 'canary-password-of-the-shop-9c1d';

export interface MariadbOptions {
  readonly tls?: { readonly key: string; readonly cert: string };
  readonly arguments?: readonly string[];
}

export class Mariadb implements AsyncDisposable {
  readonly port: number;
  readonly folder: string;
  #child: ChildProcess | undefined;
  /** What it wrote so far. */
  log = '';

  private constructor(port: number, folder: string) {
    this.port = port;
    this.folder = folder;
  }

  /** User `shop` with a password may read database `shop`; `admin` may do everything and needs none. */
  static async start(options: MariadbOptions = {}): Promise<Mariadb> {
    const { uid, gid } = await unprivilegedUser();
    const folder = await mkdtemp(path.join(tmpdir(), 'pitwall-mariadb-'));
    await cp(await emptyData(), path.join(folder, 'data'), { recursive: true });
    await writeFile(path.join(folder, 'users.sql'), users);
    const { tls } = options;
    if (tls !== undefined) {
      await writeFile(path.join(folder, 'cert.pem'), tls.cert);
      await writeFile(path.join(folder, 'key.pem'), tls.key);
    }
    await chownAll(folder, uid, gid);
    const mariadb = new Mariadb(await freePort(), folder);
    await mariadb.#start(options);
    return mariadb;
  }

  async #start({ tls, arguments: further = [] }: MariadbOptions): Promise<void> {
    const { uid, gid } = await unprivilegedUser();
    const inFolder = (name: string) => path.join(this.folder, name);
    const args = [
      '--no-defaults',
      `--datadir=${inFolder('data')}`,
      `--port=${this.port}`,
      '--bind-address=127.0.0.1',
      `--socket=${inFolder('socket')}`,
      `--pid-file=${inFolder('pid')}`,
      `--init-file=${inFolder('users.sql')}`,
      ...['--innodb-buffer-pool-size=8M', '--innodb-log-file-size=4M', '--innodb-flush-log-at-trx-commit=0'],
      ...(tls === undefined ? [] : [`--ssl-cert=${inFolder('cert.pem')}`, `--ssl-key=${inFolder('key.pem')}`]),
      ...further,
    ];
    const child = spawn('/usr/sbin/mariadbd', args, {
      uid,
      gid,
      cwd: this.folder,
      stdio: ['ignore', 'ignore', 'pipe'],
    });
    this.#child = child;
    const ready = Promise.withResolvers<void>();
    child.stderr.on('data', (chunk: Buffer) => {
      this.log += chunk.toString();
      if (this.log.includes('ready for connections')) ready.resolve();
    });
    child.once('exit', () => ready.reject(new Error(`mariadbd ended: ${this.log}`)));
    await ready.promise;
  }

  /** Statements by `admin`, one after the other; gives the rows of the last. */
  async run(...statements: readonly string[]): Promise<readonly RowDataPacket[]> {
    await using client = await this.client('admin');
    let rows: readonly RowDataPacket[] = [];
    for (const statement of statements) [rows] = await client.query<RowDataPacket[]>(statement);
    return rows;
  }

  async client(user: string): Promise<mysql.Connection & AsyncDisposable> {
    const password = user === 'admin' ? '' : mariadbPassword;
    const client = await mysql.createConnection({ host: '127.0.0.1', port: this.port, user, password });
    return Object.assign(client, { [Symbol.asyncDispose]: () => client.end() });
  }

  async [Symbol.asyncDispose](): Promise<void> {
    const child = this.#child;
    if (child !== undefined && child.exitCode === null && child.signalCode === null) {
      child.kill('SIGKILL');
      await once(child, 'exit');
    }
    await rm(this.folder, { recursive: true });
  }
}

const users = [
  'CREATE DATABASE shop;',
  `CREATE USER shop@'%' IDENTIFIED BY '${mariadbPassword}';`,
  'GRANT SELECT, CREATE, INSERT ON shop.* TO shop@"%";',
  `CREATE USER watcher@'%' IDENTIFIED BY '${mariadbPassword}';`,
  'GRANT REPLICA MONITOR ON *.* TO watcher@"%";',
  `CREATE USER crowded@'%' IDENTIFIED BY '${mariadbPassword}' WITH MAX_USER_CONNECTIONS 1;`,
  `CREATE USER locked@'%' IDENTIFIED BY '${mariadbPassword}' ACCOUNT LOCK;`,
  "CREATE USER admin@'%';",
  'GRANT ALL ON *.* TO admin@"%";',
  '',
].join('\n');

let prepared: Promise<string> | undefined;

/** Made once for all servers of a run, and gone with it: it takes seconds. */
function emptyData(): Promise<string> {
  prepared ??= prepareData();
  return prepared;
}

async function prepareData(): Promise<string> {
  const { uid, gid } = await unprivilegedUser();
  const folder = await mkdtemp(path.join(tmpdir(), 'pitwall-mariadb-'));
  await chown(folder, uid, gid);
  process.once('exit', () => rmSync(folder, { recursive: true }));
  const args = ['--no-defaults', `--datadir=${folder}`, '--auth-root-authentication-method=normal', '--skip-test-db'];
  const child = spawn('/usr/bin/mariadb-install-db', args, { uid, gid, cwd: '/', stdio: ['ignore', 'pipe', 'pipe'] });
  let output = '';
  for (const stream of [child.stdout, child.stderr])
    stream.on('data', (chunk: Buffer) => {
      output += chunk.toString();
    });
  const [code] = await once(child, 'close');
  if (code !== 0) throw new Error(`mariadb-install-db failed: ${output}`);
  return folder;
}

async function chownAll(folder: string, uid: number, gid: number): Promise<void> {
  await chown(folder, uid, gid);
  for (const name of await readdir(folder, { recursive: true })) await chown(path.join(folder, name), uid, gid);
}
