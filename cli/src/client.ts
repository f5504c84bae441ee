/** Calls operations of a running Pitwall over HTTP, with the token that it left in its data folder. */
import { readFile } from 'node:fs/promises';
import path from 'node:path';
import { errorCodes, type Problem } from '../../contract/src/error-codes.ts';
import type { Operation } from '../../contract/src/operation.ts';
import { CliFailure } from './failures.ts';

export interface Connection {
  readonly baseUrl: string;
  readonly token: string;
}

export interface ConnectionOptions {
  readonly data: string;
  readonly port?: number | undefined;
}

const defaultPort = 4_400;

/** The token, and on a second line of the same file the address of the Pitwall that wrote it. */
export async function readConnection(options: ConnectionOptions, send: typeof fetch): Promise<Connection> {
  const file = path.join(options.data, 'cli.token');
  const text = await readFile(file, 'utf8').catch(async (error: NodeJS.ErrnoException) => {
    const why = error.code === 'ENOENT' ? 'there is none' : `it cannot be read (${error.code})`;
    const hint = await whereItMayBe(options.port ?? defaultPort, send);
    throw new CliFailure('unauthenticated', `no token in ${file}: ${why}`, hint);
  });
  const [token = '', address = ''] = text.split('\n').map((line) => line.trim());
  if (!/^[\x21-\x7e]+$/.test(token))
    throw new CliFailure('unauthenticated', `${file} holds no token`, 'restart Pitwall');
  const written = /^https?:\/\/\S+$/.test(address) ? address.replace(/\/+$/, '') : undefined;
  const baseUrl =
    options.port === undefined ? (written ?? `http://127.0.0.1:${defaultPort}`) : `http://127.0.0.1:${options.port}`;
  return { baseUrl, token };
}

/** A Pitwall that runs with another folder is not found by starting one more: its folder is what is missing. */
async function whereItMayBe(port: number, send: typeof fetch): Promise<string> {
  const address = `http://127.0.0.1:${port}`;
  const signal = AbortSignal.timeout(1_000);
  const health: unknown = await send(`${address}/healthz`, { signal }).then(
    (response) => response.json(),
    () => undefined,
  );
  if ((health as { status?: unknown } | undefined)?.status !== 'ok') {
    return 'start Pitwall, or name the folder of the running one with --data; the token is for its user only';
  }
  return `a Pitwall runs at ${address} with another folder: add the --data DIR it was started with (the foot of its page names it)`;
}

/** Calls one operation; throws CliFailure, or the server's own problem. */
export async function callOperation(
  operation: Operation,
  input: Readonly<Record<string, unknown>>,
  connection: Connection,
  send: typeof fetch,
): Promise<unknown> {
  const rest = { ...input };
  const filledPath = operation.http.path.replaceAll(/\{(\w+)\}/g, (_, name: string) => {
    const value = String(rest[name]);
    delete rest[name];
    return encodeURIComponent(value);
  });
  const url = new URL(`${connection.baseUrl}/api/v1${filledPath}`);
  const { method } = operation.http;
  const headers: Record<string, string> = { authorization: `Bearer ${connection.token}`, accept: 'application/json' };
  if (method === 'POST') headers['content-type'] = 'application/json';
  else for (const [name, value] of Object.entries(rest)) url.searchParams.set(name, String(value));
  const init: RequestInit = { method, headers, redirect: 'error', signal: AbortSignal.timeout(30_000) };
  if (method === 'POST') init.body = JSON.stringify(rest);
  const response = await send(url, init).catch((error: unknown) => {
    const message = `Pitwall does not answer at ${connection.baseUrl}${causeOf(error)}`;
    throw new CliFailure('not-reachable', message, 'start it with ./pitwall start, or name its port with --port');
  });
  const text = await response.text().catch(() => '');
  const { textOutput } = operation.http;
  if (textOutput !== undefined && response.ok && response.headers.get('content-type') === textOutput.contentType) {
    return { [textOutput.field]: text };
  }
  const answer = parsed(text);
  if (response.ok && answer !== undefined) return answer;
  throw failureOf(response, answer, connection.baseUrl);
}

function causeOf(error: unknown): string {
  const cause = (error as { cause?: { code?: unknown } }).cause?.code;
  if ((error as Error).name === 'TimeoutError') return ' within 30 s';
  return typeof cause === 'string' ? ` (${cause})` : '';
}

function parsed(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}

function failureOf(response: Response, answer: unknown, baseUrl: string): Error | Problem {
  const problem = answer as Partial<Problem> | undefined;
  if (typeof problem?.code === 'string' && Object.hasOwn(errorCodes, problem.code)) {
    return Object.assign(new Error(problem.message), problem);
  }
  const hint = 'look whether something else listens there, or name the port of Pitwall with --port';
  return new CliFailure('not-reachable', `${baseUrl} answered ${response.status}, but not as Pitwall does`, hint);
}
