/** Pitwall as the page sees it: the built files, canned answers and events, under the policy the real one serves. */
import { readFile } from 'node:fs/promises';
import { createServer, type IncomingMessage, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { extname, join, normalize } from 'node:path';
import type { LiveEvent } from '../../contract/src/events.ts';
import type { OperationName } from '../../contract/src/operations.ts';
import { routes } from '../src/api/routes.gen.ts';
import {
  type Board,
  emptyBoard,
  firstRunBoard,
  healthyBoard,
  type Output,
  proposals,
  type Service,
  service,
  troubleBoard,
} from './canned.ts';
import { job, kindRows, pages } from './canned-kinds.ts';
import { channels, ledger, messages, results, series, servicePage } from './canned-service.ts';

export type Scenario = 'first-run' | 'healthy' | 'trouble' | 'empty' | 'error' | 'loading' | 'logged-out';
type Call = { readonly name: OperationName; readonly input: Record<string, unknown> };
class Refusal extends Error {
  readonly status: number;
  readonly code: string;
  constructor(status: number, code: string, message: string) {
    super(message);
    this.status = status;
    this.code = code;
  }
}

const types: Record<string, string> = {
  '.html': 'text/html; charset=utf-8',
  '.js': 'text/javascript',
  '.css': 'text/css',
  '.svg': 'image/svg+xml',
};
const policy =
  "default-src 'self'; style-src 'self' 'unsafe-inline'; img-src 'self' data:; base-uri 'none'; " +
  "form-action 'self'; frame-ancestors 'none'; object-src 'none'";

const boards: Partial<Record<Scenario, (nowMs: number) => Board>> = {
  'first-run': firstRunBoard,
  trouble: troubleBoard,
  empty: emptyBoard,
};

export class FakeServer {
  scenario: Scenario = 'first-run';
  readonly calls: Call[] = [];
  /** Set to fail the next calls of an operation. */
  readonly refusals = new Map<OperationName, Refusal>();
  /** What the machine has gained or lost by calls. */
  decided = new Set<string>();
  beating = true;
  #streams = new Set<ServerResponse>();
  #waiters: { name: OperationName; done: (call: Call) => void }[] = [];
  #server = createServer((request, response) => {
    this.#answer(request, response).catch((error: unknown) => {
      const refusal = error instanceof Refusal ? error : new Refusal(500, 'internal', String(error));
      response.writeHead(refusal.status, { 'content-type': 'application/problem+json' });
      response.end(
        JSON.stringify({
          code: refusal.code,
          message: refusal.message,
          retryable: false,
          status: refusal.status,
          title: refusal.code,
        }),
      );
    });
  });
  #timer = setInterval(() => this.beating && this.send({ type: 'heartbeat', atMs: Date.now() }), 2_000);

  async start(port = 0): Promise<string> {
    await new Promise<void>((done) => this.#server.listen(port, '127.0.0.1', done));
    return `http://127.0.0.1:${(this.#server.address() as AddressInfo).port}`;
  }

  async stop(): Promise<void> {
    clearInterval(this.#timer);
    for (const stream of this.#streams) stream.destroy();
    this.#server.closeAllConnections();
    await new Promise((done) => this.#server.close(done));
  }

  /** As new, with another story to tell. */
  reset(scenario: Scenario): void {
    this.scenario = scenario;
    this.calls.length = 0;
    this.refusals.clear();
    this.decided.clear();
    this.beating = true;
  }

  send(event: LiveEvent): void {
    for (const stream of this.#streams) stream.write(`data: ${JSON.stringify(event)}\n\n`);
  }

  refuse(name: OperationName, status: number, code: string, message: string): void {
    this.refusals.set(name, new Refusal(status, code, message));
  }

  /** The next call of an operation, or the last one if it came already. */
  async called(name: OperationName): Promise<Call> {
    const before = this.calls.findLast((one) => one.name === name);
    if (before) return before;
    return new Promise((done) => this.#waiters.push({ name, done }));
  }

  async #answer(request: IncomingMessage, response: ServerResponse): Promise<void> {
    const url = new URL(request.url ?? '/', 'http://x');
    response.setHeader('content-security-policy', policy);
    if (!url.pathname.startsWith('/api/v1/')) return this.#file(url.pathname, response);
    const path = url.pathname.slice('/api/v1'.length);
    if (path === '/events') return this.#stream(request, response);
    const found = this.#route(request.method ?? 'GET', path);
    if (found === null) throw new Refusal(404, 'not-found', `There is no ${path}`);
    const chunks: Buffer[] = [];
    for await (const chunk of request) chunks.push(chunk as Buffer);
    const text = Buffer.concat(chunks).toString();
    const body = text === '' ? {} : (JSON.parse(text) as Record<string, unknown>);
    const call: Call = {
      name: found.name,
      input: { ...Object.fromEntries(url.searchParams), ...body, ...found.params },
    };
    this.calls.push(call);
    for (const waiter of this.#waiters.filter((one) => one.name === call.name)) waiter.done(call);
    this.#waiters = this.#waiters.filter((one) => one.name !== call.name);
    const refusal = this.refusals.get(call.name);
    if (refusal) throw refusal;
    if (this.scenario === 'loading' && call.name !== 'session.get') return;
    const output = this.#run(call);
    response.writeHead(200, { 'content-type': 'application/json' });
    response.end(JSON.stringify(output));
  }

  #route(method: string, path: string): { name: OperationName; params: Record<string, string> } | null {
    for (const [name, route] of Object.entries(routes)) {
      const pattern = new RegExp(`^${route.path.replace(/\{(\w+)\}/g, '(?<$1>[^/]+)')}$`);
      const match = method === route.method ? pattern.exec(path) : null;
      if (match) return { name: name as OperationName, params: { ...match.groups } };
    }
    return null;
  }

  #board(nowMs: number): Board {
    const board = (boards[this.scenario] ?? healthyBoard)(nowMs);
    const added = [...this.decided].filter((id) => id.startsWith('+')).map((id) => id.slice(1));
    const group = board.upNow.groups[0];
    if (group)
      group.services.push(...added.map((title) => service(nowMs, title, title, 'up', 'Up 1 s', { watchedDays: 1 })));
    return { ...board, proposals: board.proposals.filter((one) => !this.decided.has(one.proposalId)) };
  }

  #rows(nowMs: number): Service[] {
    const shown = this.#board(nowMs).upNow.groups.flatMap((group) => group.services) as Service[];
    return this.scenario === 'trouble' ? [...shown, ...kindRows(nowMs)] : shown;
  }

  #run({ name, input }: Call): unknown {
    const nowMs = Date.now();
    const given = input as never;
    if (this.scenario === 'logged-out') throw new Refusal(401, 'unauthenticated', 'Log in first');
    if (this.scenario === 'error' && name !== 'session.get')
      throw new Refusal(503, 'store-failed', 'The store took more than 2 s and was let go.');
    const answers: Partial<Record<OperationName, () => unknown>> = {
      'board.get': () => this.#board(nowMs),
      'services.list': () =>
        ({
          atMs: nowMs,
          services: [...this.#rows(nowMs)],
          nextAfterId: null,
        }) satisfies Output<'services.list'>,
      'services.get': () => pages[String(input.serviceId)]?.(nowMs) ?? servicePage(nowMs),
      'jobs.get': () => job(nowMs),
      'series.read': () => series(given, nowMs),
      'results.list': () => results(given, nowMs),
      'ledger.list': () => ledger(nowMs),
      'ledger.verify': () =>
        ({
          ok: true,
          chains: [{ chain: 'main', entries: 4118, head: '9f2c' }],
          fault: null,
        }) satisfies Output<'ledger.verify'>,
      'channels.list': () => (this.scenario === 'first-run' ? { channels: [] } : channels(nowMs)),
      'messages.list': () => (this.scenario === 'first-run' ? { messages: [], nextBeforeId: null } : messages(nowMs)),
      'channels.create': () =>
        ({ channelId: 'c9', secret: 'whsec_C2FVsBQIhrscChlQIMV+b5sSYspob7oD' }) satisfies Output<'channels.create'>,
      'channels.test': () => ({ messageId: 'msg_9', state: 'delivered', attempts: 1, lastError: null }),
      'channels.remove': () => ({ channelId: String(input.channelId) }),
      'session.get': () => ({ role: 'manager', expiresAtMs: null }) satisfies Output<'session.get'>,
      'session.create': () => ({ role: 'manager', expiresAtMs: nowMs + 3_600_000 }) satisfies Output<'session.create'>,
      'proposals.accept': () => this.#accept(String(input.proposalId)),
      'proposals.ignore': () => this.#ignore(String(input.proposalId)),
      'services.look': () => look(String(input.address)),
      'services.create': () => this.#create(String(input.address)),
      'services.remove': () => this.#remove(String(input.serviceId)),
      'checks.run': () =>
        ({
          atMs: nowMs,
          outcome: 'pass',
          reason: 'expectations-met',
          sentence: 'Everything asked for was there',
          totalUs: 212_000,
          phases: { waitUs: 112_000 },
          observed: { status: 200, bytes: 18_201 },
        }) satisfies Output<'checks.run'>,
    };
    const answer = answers[name];
    if (answer === undefined) throw new Refusal(404, 'not-found', `The fake has no ${name}`);
    return answer();
  }

  #accept(proposalId: string): Output<'proposals.accept'> {
    const title = proposals.find((one) => one.proposalId === proposalId)?.title ?? proposalId;
    this.decided.add(proposalId).add(`+${title}`);
    return { serviceId: title, title };
  }
  #ignore(proposalId: string): Output<'proposals.ignore'> {
    this.decided.add(proposalId);
    return { proposalId };
  }
  #create(address: string): Output<'services.create'> {
    const title = address.replace(/^\w+:\/\//, '');
    this.decided.add(`+${title}`);
    return { serviceId: title, title };
  }
  #remove(serviceId: string): Output<'services.remove'> {
    this.decided.delete(`+${serviceId}`);
    for (const one of proposals) if (one.title === serviceId) this.decided.delete(one.proposalId);
    return { serviceId };
  }

  #stream(request: IncomingMessage, response: ServerResponse): void {
    response.writeHead(200, { 'content-type': 'text/event-stream', 'cache-control': 'no-store' });
    response.write(': open\n\n');
    if (this.beating) response.write(`data: ${JSON.stringify({ type: 'heartbeat', atMs: Date.now() })}\n\n`);
    this.#streams.add(response);
    request.on('close', () => this.#streams.delete(response));
  }

  async #file(path: string, response: ServerResponse): Promise<void> {
    const dist = join(import.meta.dirname, '../dist');
    const known = extname(path) === '' ? '/index.html' : normalize(path);
    const bytes = await readFile(join(dist, known)).catch(() => null);
    if (bytes === null) throw new Refusal(404, 'not-found', path);
    response.writeHead(200, { 'content-type': types[extname(known)] ?? 'application/octet-stream' });
    response.end(bytes);
  }
}

function look(address: string): Output<'services.look'> {
  return {
    address: address.includes('://') ? address : `https://${address}`,
    kind: 'http',
    title: address.replace(/^\w+:\/\//, ''),
    serviceId: 'shop-example',
    outcome: 'pass',
    sentence: '200, a page titled “Parts for old engines”.',
    totalUs: 212_000,
    phases: { dnsUs: 11_000, connectUs: 24_000, tlsUs: 41_000, waitUs: 112_000, transferUs: 24_000 },
    observed: { status: 200, certificateDaysLeft: 89 },
    wouldCheck: 'the page is 200, within 10 s',
  };
}
