/** Operations over HTTP. Every route of the API is derived from the contract; errors are application/problem+json. */
import fastifyCookie from '@fastify/cookie';
import Fastify, { type FastifyInstance, type FastifyReply, type FastifyRequest } from 'fastify';
import type { CallContext, Caller, Handlers } from '../../../../contract/src/handlers.ts';
import type { Operation, Scope } from '../../../../contract/src/operation.ts';
import { operations } from '../../../../contract/src/operations.ts';
import type { EventBus } from '../../bus/events.ts';
import { PitwallError } from '../../core/errors.ts';
import type { Clock } from '../../platform/clock.ts';
import { carryOut, requireScope } from '../carry-out.ts';
import { addMcp } from '../mcp/mcp-route.ts';
import { apiPrefix } from './api-prefix.ts';
import { addEventStream } from './event-stream.ts';
import { addPage } from './page.ts';
import { asPitwallError, notFound, problemOf, problemType } from './problems.ts';
import { securityHeaders } from './security-headers.ts';
import { answerUnreadable, refuseExpectations } from './unread-requests.ts';

/** Who may come in; decided by the access capability. */
export interface Gate {
  authenticate(credentials: {
    readonly sessionToken: string | undefined;
    readonly bearer: string | undefined;
  }): Promise<Caller | undefined>;
  /** The reason why a request is not even looked at (wrong Host, other site), or undefined. */
  refuse(request: {
    readonly method: string;
    readonly host: string | undefined;
    readonly origin: string | undefined;
    readonly secFetchSite: string | undefined;
  }): string | undefined;
}

export interface HttpSurfaceOptions {
  readonly handlers: Handlers;
  readonly gate: Gate;
  readonly bus: EventBus;
  readonly version: string;
  readonly clock: Clock;
  /** Where people reach the page; its port is part of the cookie's name. */
  readonly baseUrl: string;
  /** The built page; undefined where there is none (tests of the API alone). */
  readonly webDir: string | undefined;
  readonly onInternalError: (error: unknown, what: string) => void;
}

interface SessionCookie {
  readonly name: string;
  readonly path: string;
  readonly httpOnly: boolean;
  readonly sameSite: 'strict';
  readonly secure: boolean;
}

interface Door extends HttpSurfaceOptions {
  readonly cookie: SessionCookie;
}

/** Browsers keep cookies by host without the port: two Pitwalls on one machine must not log each other out. */
function sessionCookieFor(baseUrl: string): SessionCookie {
  const { protocol, port } = new URL(baseUrl);
  const name = `pitwall_session_${port === '' ? 'web' : port}`;
  return { name, path: '/', httpOnly: true, sameSite: 'strict', secure: protocol === 'https:' };
}

export async function createHttpSurface(options: HttpSurfaceOptions): Promise<FastifyInstance> {
  const app = Fastify({
    bodyLimit: 64 * 1024,
    logger: false,
    routerOptions: { maxParamLength: 200 },
    forceCloseConnections: true,
    requestTimeout: 30_000,
    // A request that names no host is refused by the gate, in our words; Node's own answer is bare.
    http: { requireHostHeader: false },
    clientErrorHandler: answerUnreadable,
    // An address that cannot be read comes past every hook.
    frameworkErrors(error, request, reply) {
      reply.headers(securityHeaders);
      sendProblem(options, refusal(options.gate, request) ?? error, request, reply);
    },
  });
  refuseExpectations(app.server);
  await app.register(fastifyCookie);
  // What is not JSON reaches the operations that take text, and is refused by the others as no JSON object.
  app.addContentTypeParser('*', { parseAs: 'string' }, (_, body, done) => done(null, body));
  app.addHook('onRequest', async (request, reply) => {
    reply.headers(securityHeaders);
    const refused = refusal(options.gate, request);
    if (refused !== undefined) throw refused;
  });
  const cookie = sessionCookieFor(options.baseUrl);
  const door: Door = { ...options, cookie };
  app.setErrorHandler((error, request, reply) => sendProblem(options, error, request, reply));
  for (const operation of Object.values(operations) as Operation[]) addRoute(app, door, operation);
  addEventStream(app, { ...options, authorize: (request) => authorize(door, request, 'board:read') });
  await addMcp(app, { ...options, authorize: (request) => authorize(door, request, 'board:read') });
  app.all(`${apiPrefix}/*`, async (request) => {
    throw notFound(request);
  });
  if (options.webDir !== undefined) await addPage(app, options.webDir);
  else {
    app.setNotFoundHandler((request) => {
      throw notFound(request);
    });
  }
  return app;
}

function addRoute(app: FastifyInstance, door: Door, operation: Operation): void {
  const { path, aliases = [], anyMethod = false, method } = operation.http;
  const paths = [apiPrefix + path, ...aliases].map((text) => text.replace(/\{(\w+)\}/g, ':$1'));
  for (const url of paths) {
    app.route({
      method: anyMethod ? ['GET', 'HEAD', 'POST'] : method,
      url,
      handler: async (request, reply) => {
        const caller = operation.scope === 'public' ? undefined : await authorize(door, request, operation.scope);
        const context = contextOf(door.cookie, request, reply, caller);
        const output = await carryOut(door.handlers, operation, inputOf(request, operation), context);
        reply.header('cache-control', 'no-store');
        const { textOutput } = operation.http;
        if (textOutput === undefined) return reply.send(output);
        const text = (output as Record<string, unknown>)[textOutput.field];
        return reply.header('content-type', textOutput.contentType).send(text);
      },
    });
  }
}

function inputOf(request: FastifyRequest, { http }: Operation): unknown {
  const params = request.params as object;
  const { textField } = http;
  if (request.method !== 'POST') return { ...(request.query as object), ...params };
  if (textField !== undefined) return { ...(request.query as object), ...textOf(request.body, textField), ...params };
  const body = request.body ?? {};
  if (typeof body !== 'object' || Array.isArray(body)) {
    throw new PitwallError('invalid-input', 'The body must be a JSON object');
  }
  return { ...body, ...params };
}

function textOf(body: unknown, field: string): Record<string, string> {
  if (body === undefined || body === null || body === '') return {};
  return { [field]: typeof body === 'string' ? body : JSON.stringify(body) };
}

function contextOf(
  { name, ...cookie }: SessionCookie,
  request: FastifyRequest,
  reply: FastifyReply,
  caller: Caller | undefined,
): CallContext {
  return {
    caller,
    remote: request.ip,
    session: {
      token: request.cookies[name],
      start(token, expiresAtMs) {
        reply.setCookie(name, token, { ...cookie, expires: new Date(expiresAtMs) });
      },
      end() {
        reply.clearCookie(name, cookie);
      },
    },
  };
}

async function authorize({ gate, cookie }: Door, request: FastifyRequest, scope: Scope): Promise<Caller> {
  const { authorization } = request.headers;
  // Whoever names a token wants to be judged by it, also by one of the wrong form.
  const bearer = authorization && (/^Bearer (\S{1,300})$/i.exec(authorization)?.[1] ?? '');
  const caller = await gate.authenticate({ sessionToken: request.cookies[cookie.name], bearer });
  if (caller === undefined) {
    throw new PitwallError('unauthenticated', 'Log in first', {
      hint: 'Run ./pitwall url in a terminal on the machine Pitwall runs on, and open the link it prints.',
    });
  }
  requireScope(caller, scope);
  return caller;
}

function refusal(gate: Gate, request: FastifyRequest): PitwallError | undefined {
  const reason = gate.refuse({
    method: request.method,
    host: request.headers.host,
    origin: request.headers.origin,
    secFetchSite: header(request, 'sec-fetch-site'),
  });
  return reason === undefined ? undefined : new PitwallError('origin-refused', reason);
}

function sendProblem(options: HttpSurfaceOptions, error: unknown, request: FastifyRequest, reply: FastifyReply): void {
  const known = asPitwallError(error);
  if (known.code === 'internal') options.onInternalError(error, `${request.method} ${request.url.split('?')[0]}`);
  const { status, body } = problemOf(known);
  if (status === 401) reply.header('www-authenticate', 'Bearer realm="pitwall"');
  reply.status(status).header('content-type', problemType).send(body);
}

function header(request: FastifyRequest, name: string): string | undefined {
  const value = request.headers[name];
  return Array.isArray(value) ? value[0] : value;
}
