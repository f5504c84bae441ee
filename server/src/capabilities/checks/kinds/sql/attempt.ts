/** One attempt at a database: found, connected, logged in, asked, judged, left with a goodbye. What differs is the driver’s. */
import type { ReasonCode } from '../../../../../../contract/src/reasons.ts';
import type { Outcome } from '../../../../../../contract/src/vocabulary.ts';
import type { Doing } from '../../../../platform/connection-faults.ts';
import type { HandedConnection } from '../../../../platform/handed-connection.ts';
import { type Facts, makeEvidence } from '../../evidence.ts';
import type { ProbeContext, ProbeResult } from '../../kind.ts';
import { connectionVerdict, type GrowingPhases, openConnection } from '../../open-connection.ts';
import { judgeSql, type Replication, type SqlAnswer } from './expectations.ts';
import type { SqlPlan } from './plan.ts';

/** Answers are read whole by the libraries; a check asks for a number or a word. */
const limitBytes = 1_048_576;
/** The server ends a slow query this much before the attempt’s time is up, so that it can say so and works no longer. */
const cancelShare = 0.1;

export interface SqlAnswerRows {
  readonly rowCount: number;
  readonly value: string | null | undefined;
}

/** A session that is logged in. */
export interface SqlSession {
  /** From here on nothing can be written, and a statement ends after so long. */
  prepare(statementTimeoutMs: number): Promise<void>;
  replication(): Promise<Replication>;
  query(text: string): Promise<SqlAnswerRows>;
  /** The bytes that the protocol ends with. */
  readonly goodbye: Buffer;
}

/** What the server, or the library in its place, says went wrong. */
export interface SqlFault {
  readonly reason: ReasonCode;
  readonly facts: Facts;
  /** Its own words. */
  readonly body?: string;
  readonly outcome?: Outcome;
}

export interface SqlDriver {
  readonly protocol: string;
  /** Loads the library; its time is nobody’s latency. */
  load(): Promise<SqlLibrary>;
}

export interface SqlLibrary {
  firstBytesFault(first: Buffer): string | undefined;
  /** Encrypts as the plan says, then logs in. */
  login(connection: HandedConnection, plan: SqlPlan): Promise<SqlSession>;
  faultOf(error: unknown, doing: Doing, plan: SqlPlan): SqlFault;
}

const loaded = new Map<SqlDriver, SqlLibrary>();

export async function probeSql(driver: SqlDriver, plan: SqlPlan, context: ProbeContext): Promise<ProbeResult> {
  const known = loaded.get(driver);
  if (known !== undefined) return new SqlAttempt(known, driver.protocol, plan, context).run();
  const library = await driver.load();
  loaded.set(driver, library);
  return new SqlAttempt(library, driver.protocol, plan, context).run();
}

class SqlAttempt {
  readonly #library: SqlLibrary;
  readonly #protocol: string;
  readonly #plan: SqlPlan;
  readonly #context: ProbeContext;
  readonly #startUs: number;
  readonly #phases: GrowingPhases = {};
  #doing: Doing = 'connecting';
  #session: SqlSession | undefined;

  constructor(library: SqlLibrary, protocol: string, plan: SqlPlan, context: ProbeContext) {
    this.#library = library;
    this.#protocol = protocol;
    this.#plan = plan;
    this.#context = context;
    this.#startUs = context.clock.monotonicUs();
  }

  async run(): Promise<ProbeResult> {
    let connection: HandedConnection | undefined;
    try {
      const { host, port } = this.#plan;
      const { firstBytesFault } = this.#library;
      const target = { host, port, protocol: this.#protocol, limitBytes, firstBytesFault };
      connection = await openConnection(target, this.#context, this.#phases);
      const answer = await this.#talk(connection);
      const totalUs = this.#totalUs();
      await this.#leave(connection);
      return this.#judge(answer, totalUs);
    } catch (error) {
      const totalUs = this.#totalUs();
      const verdict = connectionVerdict(error, connection, this.#context.timeoutMs) ?? this.#serverFault(error);
      if (connection !== undefined) await this.#leave(connection);
      return this.#failed(verdict, totalUs);
    }
  }

  async #leave(connection: HandedConnection): Promise<void> {
    if (this.#session === undefined) connection.free();
    else await connection.part(this.#session.goodbye);
  }

  /** Everything that needs the connection. */
  async #talk(connection: HandedConnection): Promise<SqlAnswer> {
    const { expect, query } = this.#plan;
    const { clock } = this.#context;
    const loginStartUs = clock.monotonicUs();
    const session = await this.#step(connection, 'logging in', () => this.#library.login(connection, this.#plan));
    this.#session = session;
    await this.#step(connection, 'logging in', () => session.prepare(this.#statementTimeoutMs()));
    const { tlsUs } = connection.times;
    if (tlsUs >= 0) this.#phases.tlsUs = tlsUs;
    this.#phases.waitUs = clock.monotonicUs() - loginStartUs - Math.max(0, tlsUs);
    const asksRole = expect.role !== undefined || expect.replicationLag !== undefined;
    const replication = asksRole
      ? await this.#step(connection, 'asking for its role', () => session.replication())
      : undefined;
    const queryStartUs = clock.monotonicUs();
    const rows = await this.#step(connection, 'running the query', () => session.query(query));
    this.#phases.transferUs = clock.monotonicUs() - queryStartUs;
    return { ...rows, replication };
  }

  #step<T>(connection: HandedConnection, doing: Doing, work: () => Promise<T>): Promise<T> {
    this.#doing = doing;
    return connection.during(doing, work);
  }

  #statementTimeoutMs(): number {
    const { timeoutMs } = this.#context;
    return Math.max(1, Math.floor(timeoutMs * (1 - cancelShare) - this.#totalUs() / 1_000));
  }

  #serverFault(error: unknown): SqlFault {
    const fault = this.#library.faultOf(error, this.#doing, this.#plan);
    const { timeoutMs } = this.#context;
    // Whoever logs in may not be allowed to ask that, which says nothing about the server.
    if (this.#doing === 'asking for its role' && fault.reason === 'query-failed')
      return { ...fault, outcome: 'unknown', reason: 'reading-failed', facts: { reading: 'Its role', ...fault.facts } };
    return { ...fault, facts: { timeoutMs, ...fault.facts } };
  }

  #totalUs(): number {
    return this.#context.clock.monotonicUs() - this.#startUs;
  }

  #judge(answer: SqlAnswer, totalUs: number): ProbeResult {
    const verdict = judgeSql(this.#plan.expect, answer, this.#phases, totalUs);
    const { replication, rowCount } = answer;
    const lagMs = replication?.role === 'replica' ? replication.lagMs : undefined;
    const observed = {
      rows: rowCount,
      ...(replication === undefined ? {} : { role: replication.role }),
      ...(lagMs === undefined ? {} : { lagMs }),
    };
    return this.#result(verdict, observed, totalUs);
  }

  #failed({ reason, facts, body, outcome = 'fail' }: SqlFault, totalUs: number): ProbeResult {
    return this.#result({ outcome, reason, facts, body }, {}, totalUs);
  }

  #result(
    verdict: {
      readonly outcome: Outcome;
      readonly reason: ReasonCode;
      readonly facts: Facts;
      readonly body?: string | undefined;
    },
    observed: ProbeResult['observed'],
    totalUs: number,
  ): ProbeResult {
    const { outcome, reason, facts, body } = verdict;
    const result = { outcome, reason, phases: this.#phases, totalUs, observed };
    if (outcome === 'pass') return result;
    const raw = { facts, ...(body === undefined ? {} : { body }) };
    return { ...result, evidence: makeEvidence(raw, [...this.#context.secrets, ...this.#plan.secrets]) };
  }
}
