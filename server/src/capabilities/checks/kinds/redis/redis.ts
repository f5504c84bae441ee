/** Kind `redis`: logs in to a Redis or Valkey server, has it answer, and asks what it is and what it holds. */
import type { Doing } from '../../../../platform/connection-faults.ts';
import type { HandedConnection } from '../../../../platform/handed-connection.ts';
import { makeEvidence } from '../../evidence.ts';
import { defineKind, type ProbeContext, type ProbeResult } from '../../kind.ts';
import { wordsOfMs } from '../../limits.ts';
import { connectionVerdict, type GrowingPhases, openConnection } from '../../open-connection.ts';
import { partsOfUrl, unbracketed } from '../sql/plan.ts';
import {
  judgeRedis,
  memoryUsedPercent,
  needsInfo,
  parseInfo,
  type RedisAnswer,
  roleOf,
  type Verdict,
} from './expectations.ts';
import { encodeCommand, type RedisReply, ReplyReader } from './reply-reader.ts';
import { type RedisSpec, redisSchema, usualPort } from './spec.ts';

const limitBytes = 1_048_576;

export const redisKind = defineKind<RedisSpec>({
  kind: 'redis',
  title: 'Redis or Valkey',
  schema: redisSchema,
  secretPaths: ['password'],
  describe: (observed, totalUs) => `${observed['role'] ?? 'server'} answered in ${wordsOfMs(totalUs)} ms`,
  probe: (spec, context) => new RedisAttempt(planOf(spec), context).run(),
});

type Plan = ReturnType<typeof planOf>;

function planOf(spec: RedisSpec) {
  const address = spec.url === undefined ? undefined : partsOfUrl(spec.url);
  const encrypted = /^(?:rediss|valkeys):/i.test(spec.url ?? '');
  const password = spec.password ?? address?.password;
  return {
    host: unbracketed(address?.host ?? spec.host!),
    port: address?.port ?? spec.port ?? usualPort,
    user: spec.user ?? address?.user,
    password,
    database: spec.database ?? Number(address?.database ?? 0),
    tls: spec.tls ?? (encrypted ? 'verify' : 'off'),
    ca: spec.ca,
    command: spec.command,
    expect: spec.expect ?? {},
    secrets: [password, address?.writtenPassword].filter((text) => text !== undefined),
  };
}

/** What the server refused, and what it was asked. */
class RefusedError extends Error {
  readonly reply: RedisReply & { readonly type: 'error' };
  readonly command: string;
  constructor(reply: RedisReply & { readonly type: 'error' }, command: string) {
    super(reply.code);
    this.reply = reply;
    this.command = command;
  }
}

class RedisAttempt {
  readonly #plan: Plan;
  readonly #context: ProbeContext;
  readonly #startUs: number;
  readonly #phases: GrowingPhases = {};
  readonly #reader = new ReplyReader(limitBytes);

  constructor(plan: Plan, context: ProbeContext) {
    this.#plan = plan;
    this.#context = context;
    this.#startUs = context.clock.monotonicUs();
  }

  async run(): Promise<ProbeResult> {
    const { host, port, expect } = this.#plan;
    let connection: HandedConnection | undefined;
    try {
      connection = await openConnection({ host, port, protocol: 'Redis', limitBytes }, this.#context, this.#phases);
      const answer = await this.#talk(connection);
      const totalUs = this.#totalUs();
      return this.#result(judgeRedis(expect, answer, this.#phases, totalUs), answer, totalUs);
    } catch (error) {
      const verdict = connectionVerdict(error, connection, this.#context.timeoutMs) ?? this.#refusal(error);
      return this.#result(verdict, undefined, this.#totalUs());
    } finally {
      connection?.free();
    }
  }

  async #talk(connection: HandedConnection): Promise<RedisAnswer> {
    const { host, tls, ca, command, expect } = this.#plan;
    if (tls !== 'off') {
      await connection.secure({ host, verify: tls === 'verify', ca });
      this.#phases.tlsUs = connection.times.tlsUs;
    }
    await this.#logIn(connection);
    const askedUs = this.#context.clock.monotonicUs();
    const pong = await this.#ask(connection, ['PING'], 'waiting for an answer');
    if (pong !== 'PONG') throw new RefusedError({ type: 'error', code: 'no PONG', message: String(pong) }, 'PING');
    const text = needsInfo(expect) ? await this.#ask(connection, ['INFO'], 'asking for its role') : undefined;
    const value = command === undefined ? undefined : await this.#ask(connection, command, 'waiting for an answer');
    this.#phases.transferUs = this.#context.clock.monotonicUs() - askedUs;
    return { info: text === undefined ? undefined : parseInfo(text ?? ''), value, command };
  }

  async #logIn(connection: HandedConnection): Promise<void> {
    const { user, password, database } = this.#plan;
    if (password === undefined && database === 0) return;
    const startUs = this.#context.clock.monotonicUs();
    if (password !== undefined) {
      const words = user === undefined ? ['AUTH', password] : ['AUTH', user, password];
      await this.#ask(connection, words, 'logging in');
    }
    if (database !== 0) await this.#ask(connection, ['SELECT', String(database)], 'logging in');
    this.#phases.waitUs = this.#context.clock.monotonicUs() - startUs;
  }

  /** One command and its reply. Throws what the server refuses. */
  async #ask(connection: HandedConnection, words: readonly string[], doing: Doing): Promise<string | null> {
    const reply = await connection.during(doing, () => {
      const replied = new Promise<RedisReply>((resolve) => {
        const take = (chunk: Buffer) => {
          const read = this.#reader.push(chunk);
          if (read?.type === 'fault')
            connection.fail({ reason: 'protocol-error', facts: { protocol: 'Redis', code: read.code } });
          else if (read !== undefined) {
            connection.stream.off('data', take);
            resolve(read);
          }
        };
        connection.stream.on('data', take);
      });
      connection.stream.write(encodeCommand(words));
      return replied;
    });
    if (reply.type === 'error') throw new RefusedError(reply, words[0]!.toUpperCase());
    if (this.#reader.isEmpty) return reply.text;
    // What it was not asked would be taken for the answer to the next question.
    connection.fail({ reason: 'protocol-error', facts: { protocol: 'Redis', code: 'more came than was asked for' } });
    return connection.during(doing, () => new Promise<never>(() => {}));
  }

  #refusal(error: unknown): Verdict & { body?: string } {
    if (!(error instanceof RefusedError)) throw error;
    return { outcome: 'fail', ...refusalOf(error.reply, error.command, this.#plan), body: error.reply.message };
  }

  #totalUs(): number {
    return this.#context.clock.monotonicUs() - this.#startUs;
  }

  #result(
    { outcome, reason, facts, body }: Verdict & { body?: string },
    answer: RedisAnswer | undefined,
    totalUs: number,
  ): ProbeResult {
    const result = { outcome, reason, phases: this.#phases, totalUs, observed: observedOf(answer) };
    if (outcome === 'pass') return result;
    const raw = { facts, ...(body === undefined ? {} : { body }) };
    return { ...result, evidence: makeEvidence(raw, [...this.#context.secrets, ...this.#plan.secrets]) };
  }
}

function observedOf(answer: RedisAnswer | undefined): ProbeResult['observed'] {
  if (answer === undefined) return {};
  if (answer.info === undefined) return { answered: true };
  const role = roleOf(answer.info);
  const used = memoryUsedPercent(answer.info);
  return {
    answered: true,
    ...(role === undefined ? {} : { role }),
    ...(used === undefined ? {} : { memoryUsedPercent: Math.round(used * 10) / 10 }),
  };
}

/** Its own codes, and its words where it has one code for many things. */
export function refusalOf(
  { code, message }: { readonly code: string; readonly message: string },
  command: string,
  {
    user = 'default',
    password,
    database,
  }: { user?: string | undefined; password?: string | undefined; database: number },
): Pick<Verdict, 'reason' | 'facts'> & Partial<Pick<Verdict, 'outcome'>> {
  const loginRefused = (why: string) =>
    ({ reason: 'login-refused', facts: { user, code: `${why} (${code})` } }) as const;
  const notReady = (why: string) => ({ reason: 'server-not-ready', facts: { code: `${why} (${code})` } }) as const;
  switch (code) {
    case 'NOAUTH':
      return loginRefused('a password is asked for, and none is set');
    case 'WRONGPASS':
      return loginRefused('wrong password, or no such user');
    case 'DENIED':
      return loginRefused('without a password it lets in its own machine alone');
    case 'LOADING':
      return notReady('it is still loading its data');
    case 'BUSY':
      return notReady('it is busy with a script');
    case 'MISCONF':
      return notReady('it cannot save its data to disk, and takes no more');
    case 'MASTERDOWN':
      return { reason: 'replication-broken', facts: { code: `the link to its primary is down (${code})` } };
    case 'READONLY':
      return { reason: 'role-mismatch', facts: { actual: 'replica', expected: 'primary' } };
  }
  if (/max number of clients/i.test(message)) return { reason: 'no-connections-left', facts: { code: message } };
  if (command === 'SELECT' && /out of range/i.test(message)) return { reason: 'database-missing', facts: { database } };
  if (command === 'AUTH') {
    const needless = password !== undefined && /without any password configured|no password is set/i.test(message);
    return loginRefused(needless ? 'it wants no password, and one is set' : message);
  }
  if (command === 'INFO')
    return { outcome: 'unknown', reason: 'reading-failed', facts: { reading: 'Its state', code: message } };
  return { reason: 'command-failed', facts: { code: message, command } };
}
