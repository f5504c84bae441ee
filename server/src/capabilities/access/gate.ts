/** Who may come in: start links, sessions, and the token of the command line. */
import { join } from 'node:path';
import type { Caller } from '../../../../contract/src/handlers.ts';
import { sameDigest, sha256Hex } from '../../core/digest.ts';
import { PitwallError } from '../../core/errors.ts';
import type { Clock, RandomSource } from '../../platform/clock.ts';
import { writePrivateFile } from '../../platform/private-file.ts';
import type { Store } from '../../storage/store.ts';
import { appendToLedger } from '../ledger/api.ts';
import {
  countTry,
  type IncomingRequest,
  judgeSession,
  linkLifetimeMs,
  refuseRequest,
  type Session,
  sessionLifetimeMs,
  type Tries,
} from './domain.ts';
import { deleteIdleSessions, deleteSession, insertSession, readSession, renewSession } from './store.ts';

export interface AccessOptions {
  readonly store: Store;
  readonly clock: Clock;
  readonly random: RandomSource;
  /** Holds `cli.token`. */
  readonly dataDir: string;
  /** Where people reach the page, such as http://127.0.0.1:4400: in start links, and beside the command line's token. */
  readonly baseUrl: () => string;
  /** See `allowedHostsFor`. */
  readonly allowedHosts: () => ReadonlySet<string>;
}

export interface Credentials {
  readonly sessionToken: string | undefined;
  readonly bearer: string | undefined;
}

export interface StartLink {
  readonly url: string;
  readonly expiresAtMs: number;
}

export interface Access {
  /** Who it is, or undefined. Using a session keeps it alive. */
  authenticate(credentials: Credentials): Promise<Caller | undefined>;
  /** Why a request is not even looked at, or undefined. */
  refuse(request: IncomingRequest): string | undefined;
  /** A fresh link, good once and for ten minutes, that logs its bearer in as manager. */
  startLink(): StartLink;
  /** Exchanges the token of a start link for a session. Throws `unauthenticated`, `rate-limited`. */
  redeem(token: string, remote: string): Promise<{ token: string; session: Session }>;
  /** The session behind a token, while it is valid. */
  sessionOf(token: string | undefined): Promise<Session | undefined>;
  end(token: string | undefined): Promise<boolean>;
}

const mostLinks = 20;
const mostRemotes = 1_000;
const tokenBytes = 32;

/** Writes a new command-line token into `DIR/cli.token` (0600), with this Pitwall's address on its second line. */
export async function openAccess(options: AccessOptions): Promise<Access> {
  const { store, clock, random, dataDir, baseUrl } = options;
  const cliToken = random.token(tokenBytes);
  await writePrivateFile(join(dataDir, 'cli.token'), `${cliToken}\n${baseUrl()}\n`);
  await store.write((tx) => deleteIdleSessions(tx, clock.nowMs() - sessionLifetimeMs));
  return new Gatekeeper(options, sha256Hex(cliToken));
}

class Gatekeeper implements Access {
  readonly #options: AccessOptions;
  readonly #cliDigest: string;
  /** Digest of a link's token → when it ends, on the clock that nobody can set. */
  readonly #links = new Map<string, number>();
  readonly #tries = new Map<string, Tries>();

  constructor(options: AccessOptions, cliDigest: string) {
    this.#options = options;
    this.#cliDigest = cliDigest;
  }

  refuse(request: IncomingRequest): string | undefined {
    return refuseRequest(request, this.#options.allowedHosts());
  }

  async authenticate({ sessionToken, bearer }: Credentials): Promise<Caller | undefined> {
    if (bearer !== undefined) {
      // Whoever names a token wants to be judged by it, and not by a cookie that happens to be there.
      return sameDigest(sha256Hex(bearer), this.#cliDigest) ? { role: 'manager', actor: 'cli:manager' } : undefined;
    }
    const session = await this.sessionOf(sessionToken);
    return session === undefined ? undefined : { role: session.role, actor: session.actor };
  }

  startLink(): StartLink {
    const { clock, random, baseUrl } = this.#options;
    const token = random.token(tokenBytes);
    // The oldest goes first: nobody needs more than a few at once.
    if (this.#links.size >= mostLinks) this.#links.delete(this.#links.keys().next().value!);
    this.#links.set(sha256Hex(token), clock.monotonicUs() + linkLifetimeMs * 1_000);
    return { url: `${baseUrl().replace(/\/+$/, '')}/#token=${token}`, expiresAtMs: clock.nowMs() + linkLifetimeMs };
  }

  async redeem(token: string, remote: string): Promise<{ token: string; session: Session }> {
    this.#countTry(remote);
    const { store, clock, random } = this.#options;
    const digest = sha256Hex(token);
    const endsUs = this.#links.get(digest);
    // Gone before anything else happens: two requests with one token must not both get in.
    this.#links.delete(digest);
    if (endsUs === undefined || clock.monotonicUs() >= endsUs) {
      throw new PitwallError('unauthenticated', 'This link was used already, or is older than ten minutes', {
        hint: 'Run ./pitwall url in a terminal on the machine Pitwall runs on, and open the link it prints.',
      });
    }
    const nowMs = clock.nowMs();
    const session: Session = {
      role: 'manager',
      actor: 'person:manager',
      createdAtMs: nowMs,
      expiresAtMs: nowMs + sessionLifetimeMs,
    };
    const sessionToken = random.token(tokenBytes);
    try {
      await store.write(async (tx) => {
        await insertSession(tx, sha256Hex(sessionToken), session);
        await note(tx, 'session.create', session, nowMs);
      });
    } catch (error) {
      // Nobody got in, so the link is still good.
      this.#links.set(digest, endsUs);
      throw error;
    }
    return { token: sessionToken, session };
  }

  async sessionOf(token: string | undefined): Promise<Session | undefined> {
    if (token === undefined || token === '') return undefined;
    const { store, clock } = this.#options;
    const digest = sha256Hex(token);
    const session = await readSession(store.read, digest);
    if (session === undefined) return undefined;
    const verdict = judgeSession(session, clock.nowMs());
    if (verdict.reason === 'expired') return undefined;
    if (verdict.reason === 'valid') return session;
    // A full disk shortens a session; it does not end it.
    const renewed = await store
      .write((tx) => renewSession(tx, digest, verdict.next, clock.nowMs()))
      .then(() => true)
      .catch(() => false);
    return renewed ? verdict.next : session;
  }

  async end(token: string | undefined): Promise<boolean> {
    const session = await this.sessionOf(token);
    if (token === undefined || session === undefined) return false;
    const { store, clock } = this.#options;
    return await store.write(async (tx) => {
      const ended = await deleteSession(tx, sha256Hex(token));
      if (ended) await note(tx, 'session.end', session, clock.nowMs());
      return ended;
    });
  }

  #countTry(remote: string): void {
    const { next, allowed } = countTry(this.#tries.get(remote), this.#options.clock.nowMs());
    if (this.#tries.size >= mostRemotes && !this.#tries.has(remote)) this.#tries.clear();
    this.#tries.set(remote, next);
    if (!allowed) {
      throw new PitwallError('rate-limited', 'Too many log-ins were tried', { hint: 'Wait a minute and try again.' });
    }
  }
}

async function note(
  tx: Parameters<typeof appendToLedger>[0],
  kind: string,
  { role, actor }: Session,
  atMs: number,
): Promise<void> {
  await appendToLedger(tx, [{ chain: `person:${role}`, kind, atMs, actor, subject: 'session', body: { role } }]);
}
