/** Who is told by the kill loop's Pitwall: answers, dawdles, refuses, resets, and remembers what it said to what. */
import { systemClock } from '../../server/src/platform/clock.ts';
import type { SeededRandom } from '../seeded-random.ts';
import { type Behaviour, type ReceivedRequest, WebhookReceiver } from '../webhook-receiver.ts';

export interface Delivery {
  readonly request: ReceivedRequest;
  readonly messageId: string;
  readonly channel: string;
  /** The sender was told clearly that it was not taken: another attempt is no repeat. */
  refused: boolean;
}

const dawdleMs = 150;

export class Told implements AsyncDisposable {
  readonly deliveries: Delivery[] = [];
  readonly #receiver: WebhookReceiver;
  readonly #random: SeededRandom;
  #isFriendly = false;
  #trap: { readonly answers: boolean; readonly spring: () => void } | undefined;

  private constructor(receiver: WebhookReceiver, random: SeededRandom) {
    this.#receiver = receiver;
    this.#random = random;
    receiver.answerWith((request) => this.#meet(request));
  }

  static async start(random: SeededRandom): Promise<Told> {
    return new Told(await WebhookReceiver.start(), random);
  }

  urlOf(channel: string): string {
    return `http://127.0.0.1:${this.#receiver.port}/hooks/${channel}`;
  }

  /** From now on everything is taken at once. */
  befriend(): void {
    this.#isFriendly = true;
  }

  /** Calls back in the middle of the next delivery: before its answer, or with the answer on its way. */
  trap(answers: boolean, spring: () => void): void {
    this.#trap = { answers, spring };
  }

  disarm(): void {
    this.#trap = undefined;
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.#receiver[Symbol.asyncDispose]();
  }

  async #meet(request: ReceivedRequest): Promise<Behaviour> {
    const delivery: Delivery = {
      request,
      messageId: String(request.headers['webhook-id']),
      channel: request.path.slice('/hooks/'.length),
      refused: false,
    };
    this.deliveries.push(delivery);
    const trap = this.#trap;
    if (trap !== undefined) {
      this.#trap = undefined;
      if (!trap.answers) {
        trap.spring();
        return 'hang';
      }
      queueMicrotask(() => setImmediate(trap.spring));
      return 204;
    }
    const luck = this.#isFriendly ? 1 : this.#random.ratio();
    if (luck < 0.04) return 'reset';
    if (luck < 0.08) {
      delivery.refused = true;
      return 500;
    }
    if (luck < 0.3) await systemClock.sleep(dawdleMs * this.#random.ratio());
    return 204;
  }
}
