/** A real nginx on a free port, with a page of its own; it can be stopped and started again. */
import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { connect } from 'node:net';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { freePort } from './free-port.ts';

export class Nginx implements AsyncDisposable {
  readonly port: number;
  readonly #folder: string;
  #child: ChildProcess | undefined;

  private constructor(port: number, folder: string) {
    this.port = port;
    this.#folder = folder;
  }

  static async start(): Promise<Nginx> {
    const folder = await mkdtemp(path.join(tmpdir(), 'pitwall-nginx-'));
    const nginx = new Nginx(await freePort(), folder);
    await mkdir(path.join(folder, 'html'));
    await writeFile(path.join(folder, 'html/index.html'), '<title>Parts shop</title><h1>Open</h1>');
    await writeFile(path.join(folder, 'nginx.conf'), nginx.#configuration());
    await nginx.start();
    return nginx;
  }

  get url(): string {
    return `http://127.0.0.1:${this.port}/`;
  }

  async start(): Promise<void> {
    const args = ['-p', this.#folder, '-c', path.join(this.#folder, 'nginx.conf'), '-e', 'stderr'];
    this.#child = spawn('/usr/sbin/nginx', args, { stdio: 'ignore' });
    await this.#answers();
  }

  async stop(): Promise<void> {
    const child = this.#child;
    if (child === undefined || child.exitCode !== null) return;
    this.#child = undefined;
    child.kill('SIGTERM');
    await once(child, 'exit');
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.stop();
    await rm(this.#folder, { recursive: true });
  }

  /** nginx says nothing when it is ready, so its port is asked until it answers. */
  async #answers(): Promise<void> {
    while (!(await connects(this.port))) {
      if (this.#child?.exitCode !== null) throw new Error('nginx did not start');
    }
  }

  #configuration(): string {
    return `
      daemon off;
      worker_processes 1;
      ${process.getuid?.() === 0 ? 'user root;' : ''}
      pid ${this.#folder}/pid;
      events {}
      http {
        access_log off;
        client_body_temp_path ${this.#folder}/body;
        proxy_temp_path ${this.#folder}/proxy;
        fastcgi_temp_path ${this.#folder}/fastcgi;
        uwsgi_temp_path ${this.#folder}/uwsgi;
        scgi_temp_path ${this.#folder}/scgi;
        server { listen 127.0.0.1:${this.port}; root ${this.#folder}/html; }
      }`;
  }
}

function connects(port: number): Promise<boolean> {
  return new Promise((resolve) => {
    const socket = connect(port, '127.0.0.1');
    const end = (connected: boolean): void => {
      socket.destroy();
      resolve(connected);
    };
    socket.once('connect', () => end(true));
    socket.once('error', () => end(false));
  });
}
