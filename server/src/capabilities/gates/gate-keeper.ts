/**
 * Asks the gates when a check fails as it would with Pitwall's own way cut. One answer serves all who ask at the same
 * time and for a moment after; while a gate is shut it is asked again by itself, so that its opening is noticed.
 */
import net from 'node:net';
import type { ReasonCode } from '../../../../contract/src/reasons.ts';
import { nearnessOf } from '../../platform/address-rules.ts';
import type { Clock } from '../../platform/clock.ts';
import type { WayOut } from '../../platform/gate-probes.ts';
import type { Network } from '../../platform/network.ts';
import {
  type GateTarget,
  gatesFor,
  isOfLookup,
  isOfNetwork,
  isOutside,
  type Nearness,
  nearnesses,
  parseGateTarget,
  shutGate,
} from './domain.ts';

interface GateState {
  /** In words; undefined: there is a way out. */
  readonly gate: string | undefined;
}

export interface GateKeeperOptions {
  readonly clock: Clock;
  readonly network: Network;
  readonly wayOut: WayOut;
  readonly onChange: (state: GateState) => void;
}

/** A failure as the prober saw it. */
interface Failure {
  readonly reason: ReasonCode;
  /** Whom the attempt asked for last: a name or an address. */
  readonly host: string;
  /** When its first attempt began. */
  readonly sinceUs: number;
}

interface Question {
  readonly nearness: Nearness;
  /** Undefined where the lookup is what failed, or fails by now. */
  readonly address: string | undefined;
  readonly lookup: boolean;
}

/** How long an answer serves those who ask after it. */
const servesUs = 2_000_000;
const askAgainMs = 2_000;
/** Long enough for the one second after which a lost first packet is sent again. */
const timeoutMs = 1_500;
/** Addresses for documentation (RFC 5737, RFC 3849): they lead wherever the internet does. */
const anywhere = ['192.0.2.1', '2001:db8::1'] as const;

export class GateKeeper {
  readonly #options: GateKeeperOptions;
  #targets: readonly GateTarget[] = [];
  readonly #answers = new Map<string, { readonly answer: Promise<boolean>; endedUs: number }>();
  /** The newest time a gate was found shut, and for what. */
  #lastShut: { readonly gate: string; readonly nearness: Nearness; readonly atUs: number } | undefined;
  #shut: Question | undefined;
  #cancelAgain: (() => void) | undefined;
  #stopped = false;

  constructor(options: GateKeeperOptions) {
    this.#options = options;
  }

  /** The operator's own, as written; each was validated with the configuration. */
  setTargets(texts: readonly string[]): void {
    this.#targets = texts.flatMap((text) => parseGateTarget(text, nearnessOf) ?? []);
    this.#answers.clear();
  }

  /**
   * The gate that is to blame for a failure, or was at any time while it was waited for; undefined where none is. Not a
   * promise where it is plain at once that Pitwall's own way does not come into it.
   */
  blamed({ reason, host, sinceUs }: Failure): Promise<string | undefined> | undefined {
    if (!isOfNetwork(reason)) return undefined;
    const isName = net.isIP(host) === 0;
    if ((!isName || host === 'localhost') && !isOutside(nearnessOf(host), this.#targets)) return undefined;
    return this.#judge(host, isName && isOfLookup(reason), sinceUs);
  }

  stop(): void {
    this.#stopped = true;
    this.#cancelAgain?.();
  }

  async #judge(host: string, lookup: boolean, sinceUs: number): Promise<string | undefined> {
    const address = lookup ? undefined : await this.#addressOf(host);
    const question = { nearness: nearnessOf(address ?? host), address, lookup: address === undefined };
    if (!isOutside(question.nearness, this.#targets)) return undefined;
    const gate = await this.#ask(question);
    if (gate !== undefined) {
      this.#foundShut(question, gate);
      return gate;
    }
    const last = this.#lastShut;
    // What was under way while the way was cut failed with it, though it is back by now.
    const cutMeanwhile = last !== undefined && last.atUs >= sinceUs && rank(last.nearness) <= rank(question.nearness);
    return cutMeanwhile ? last.gate : undefined;
  }

  async #addressOf(host: string): Promise<string | undefined> {
    if (net.isIP(host) !== 0) return host;
    const found = await this.#options.network.resolve(host, { timeoutMs }).catch(() => undefined);
    return found?.address;
  }

  async #ask({ nearness, address, lookup }: Question): Promise<string | undefined> {
    const { wayOut } = this.#options;
    const asked = gatesFor(nearness, this.#targets);
    const [route, resolver, targets] = await Promise.all([
      address === undefined || this.#shared(`route ${address}`, () => this.#hasRoute(nearness, address)),
      !lookup || this.#shared('resolver', () => wayOut.resolverAnswers(timeoutMs)),
      asked.length === 0 || this.#shared(`targets ${nearness}`, () => this.#anyAccepts(asked)),
    ]);
    return shutGate({ route, resolver, targets }, asked);
  }

  /** A machine with IPv4 alone has a way out, whatever it cannot reach of IPv6: that target's own words say why. */
  async #hasRoute(nearness: Nearness, address: string): Promise<boolean> {
    const places = nearness === 'public' ? [address, ...anywhere] : [address];
    const found = await Promise.all(places.map((place) => this.#options.wayOut.hasRoute(place)));
    return found.includes(true);
  }

  async #anyAccepts(targets: readonly GateTarget[]): Promise<boolean> {
    const tries = targets.map(async ({ host, port }) => {
      const address = await this.#addressOf(host);
      if (address === undefined || !(await this.#options.wayOut.accepts(address, port, timeoutMs))) throw new Error();
    });
    return Promise.any(tries).then(
      () => true,
      () => false,
    );
  }

  #shared(name: string, ask: () => Promise<boolean>): Promise<boolean> {
    const { clock } = this.#options;
    const nowUs = clock.monotonicUs();
    for (const [key, { endedUs }] of this.#answers) if (nowUs - endedUs >= servesUs) this.#answers.delete(key);
    const known = this.#answers.get(name);
    if (known !== undefined) return known.answer;
    const own = { answer: ask(), endedUs: Number.POSITIVE_INFINITY };
    this.#answers.set(name, own);
    void own.answer.then(() => {
      own.endedUs = clock.monotonicUs();
    });
    return own.answer;
  }

  #foundShut(question: Question, gate: string): void {
    this.#lastShut = { gate, nearness: question.nearness, atUs: this.#options.clock.monotonicUs() };
    if (this.#shut !== undefined || this.#stopped) return;
    this.#shut = question;
    this.#options.onChange({ gate });
    this.#askLater(question);
  }

  #askLater(question: Question): void {
    this.#cancelAgain = this.#options.clock.setTimer(() => {
      void this.#ask(question).then((gate) => {
        if (this.#stopped) return;
        if (gate === undefined) {
          this.#shut = undefined;
          this.#options.onChange({ gate: undefined });
        } else {
          this.#lastShut = { gate, nearness: question.nearness, atUs: this.#options.clock.monotonicUs() };
          this.#askLater(question);
        }
      });
    }, askAgainMs);
  }
}

function rank(nearness: Nearness): number {
  return nearnesses.indexOf(nearness);
}
