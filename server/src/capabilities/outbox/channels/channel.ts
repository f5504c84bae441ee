/** The seam of channels: a channel kind is one file that calls `defineChannel`, and one line in `registry.ts`. */
import type { z } from 'zod';
import type { Origin } from '../../../../../contract/src/vocabulary.ts';
import type { WebhookMessage } from '../../../../../contract/src/webhook-message.ts';
import type { Clock } from '../../../platform/clock.ts';
import type { Network } from '../../../platform/network.ts';
import type { AttemptResult } from '../domain.ts';

/** A channel wherever it was declared, variables filled in. */
export interface ResolvedChannel {
  readonly channelId: string;
  readonly kind: string;
  readonly origin: Origin;
  /** Where it goes, secrets left out: what the page shows. */
  readonly shownTarget: string;
  /** Variables or files that are not there; while there are any, its messages wait. */
  readonly missing: readonly string[];
  /** What the kind's schema made of it; absent while something is missing. */
  readonly settings: unknown;
}

export interface Delivery {
  /** The idempotency key. */
  readonly messageId: string;
  readonly message: WebhookMessage;
}

export interface ChannelContext {
  /** The machine's, as it is set now: receivers compare a timestamp with their own. */
  readonly clock: Clock;
  /** With the address policy of this channel's origin inside. */
  readonly network: Network;
  /** The attempt is over, its sockets freed, when this much time has gone. */
  readonly timeoutMs: number;
  /** Pitwall ends: the attempt is over at once. */
  readonly signal?: AbortSignal;
}

export interface ChannelKind<S = unknown> {
  readonly kind: string;
  readonly title: string;
  /** From the texts of pitwall.yaml to settings in which every secret is a `Secret`; each key says what it is for. */
  readonly schema: z.ZodType<S>;
  /** Each key whose value is a secret, and what whoever reads it can do: “sign messages”. */
  readonly secrets: Readonly<Record<string, string>>;
  /** How long an attempt may take, where the outbox's ten seconds are too few. */
  readonly timeoutMs?: number;
  /** Where it goes, from what is written (variables unfilled, `{file: …}` as it is), with nothing that opens a door. */
  shownTarget(written: Readonly<Record<string, unknown>>): string;
  /** Hands one message over, once. Never throws; nothing in the result holds a secret. */
  send(settings: S, delivery: Delivery, context: ChannelContext): Promise<AttemptResult>;
}

export type ChannelKinds = ReadonlyMap<string, ChannelKind>;

export function defineChannel<S>(kind: ChannelKind<S>): ChannelKind<S> {
  return kind;
}
