/** One attempt of one check: what its kind is given, and how its time ends. */
import type { Clock } from '../../platform/clock.ts';
import type { Network, ResolvedAddress, ResolveOptions } from '../../platform/network.ts';
import { type CheckKind, internalError, type ProbeContext, type ProbeResult } from '../checks/kind.ts';
import type { RingEntry, TimeoutRing } from './timeout-ring.ts';

/** A kind that does not come back after its sockets were freed is left behind, so that its place is free again. */
const graceUs = 1_000_000;

/** Its own network too, without an object more: whom it asked for last is what a failure is about. */
export class Attempt implements ProbeContext, RingEntry, Network {
  readonly clock: Clock;
  readonly network: Network = this;
  /** Name or address; undefined where it asked for none. */
  lastHost: string | undefined;
  readonly #outside: Network;
  readonly timeoutMs: number;
  readonly secrets: readonly string[];
  readonly startUs: number;
  atUs: number;
  cancelled = false;
  #release: (() => void) | undefined;
  #passed = false;
  readonly #ring: TimeoutRing;
  /** Let go of at the end: the ring keeps the attempt until its time is up, and must not keep its result with it. */
  #done: ((attempt: Attempt, result: ProbeResult) => void) | undefined;

  constructor(
    world: { readonly clock: Clock; readonly network: Network },
    ring: TimeoutRing,
    given: { readonly timeoutMs: number; readonly secrets: readonly string[] },
    done: (attempt: Attempt, result: ProbeResult) => void,
  ) {
    this.clock = world.clock;
    this.#outside = world.network;
    this.timeoutMs = given.timeoutMs;
    this.secrets = given.secrets;
    this.startUs = world.clock.monotonicUs();
    this.atUs = this.startUs + given.timeoutMs * 1_000;
    this.#ring = ring;
    this.#done = done;
    ring.add(this);
  }

  run(kind: CheckKind, spec: unknown): void {
    try {
      kind.probe(spec, this).then(
        (result) => this.#finish(result),
        (error) => this.#finish(this.#internalError(error)),
      );
    } catch (error) {
      this.#finish(this.#internalError(error));
    }
  }

  resolve(host: string, options?: ResolveOptions): Promise<ResolvedAddress> {
    this.lastHost = host;
    return this.#outside.resolve(host, options);
  }

  forbids(address: string): string | undefined {
    this.lastHost = address;
    return this.#outside.forbids(address);
  }

  onDeadline(release: () => void): void {
    this.#release = release;
    if (this.#passed) release();
  }

  /** Time is up, or the check is no longer wanted. */
  expire(nowUs: number): void {
    if (this.#passed) {
      this.#finish(this.#internalError({ code: 'did not end in time' }));
      return;
    }
    this.#passed = true;
    this.atUs = nowUs + graceUs;
    this.#ring.add(this);
    this.#release?.();
  }

  #finish(result: ProbeResult): void {
    if (this.cancelled) return;
    this.cancelled = true;
    const done = this.#done!;
    this.#release = undefined;
    this.#done = undefined;
    done(this, result);
  }

  #internalError(error: unknown): ProbeResult {
    return internalError(error, this.clock.monotonicUs() - this.startUs);
  }
}
