/** Which changes people are told of, and in which words. Pure. */
import { type ReasonCode, reasonSentence } from '../../../../contract/src/reasons.ts';
import type { Criticality, Status } from '../../../../contract/src/vocabulary.ts';
import type { WebhookMessage } from '../../../../contract/src/webhook-message.ts';
import { sha256Hex } from '../../core/digest.ts';

/** A change of a service's status, with what people were last told. */
export interface ToldChange {
  readonly serviceId: string;
  /** The last of up, degraded and down that was told, or needed no telling; undefined before the first. */
  readonly lastKnown: Status | undefined;
  readonly from: Status;
  readonly to: Status;
  readonly reason: ReasonCode;
  readonly evidence: Readonly<Record<string, unknown>>;
  readonly effectiveAtMs: number;
  readonly decidedAtMs: number;
}

export interface ToldService {
  readonly serviceId: string;
  readonly title: string;
  readonly criticality: Criticality;
  /** What customers can do with it, in shop words: “Chat replies”. */
  readonly ability: string | undefined;
  /** What is said in place of the service's title and status, where the change is about something else. */
  readonly headline?: string | undefined;
}

/** What the service needs, as it is when the change is decided. */
export interface NeededService {
  readonly serviceId: string;
  readonly title: string;
  readonly status: Status;
}

/** A message with its idempotency key: the same for every attempt and every channel. */
export interface OutgoingMessage {
  readonly messageId: string;
  readonly message: WebhookMessage;
}

/**
 * The message about a change, or undefined where nobody is told: changes between up, degraded and down are, and a
 * first-ever down. Not knowing is shown on the page and never sent; what follows it is compared with what was last told.
 */
export function messageFor(
  change: ToldChange,
  service: ToldService,
  page: { readonly baseUrl: string },
  needs: readonly NeededService[] = [],
): OutgoingMessage | undefined {
  const { to, lastKnown, reason, effectiveAtMs, decidedAtMs } = change;
  if (to === 'unknown' || to === 'maintenance' || to === lastKnown) return undefined;
  if (lastKnown === undefined && to !== 'down') return undefined;
  const linkTo = (serviceId: string) => `${page.baseUrl.replace(/\/+$/, '')}/services/${encodeURIComponent(serviceId)}`;
  const link = linkTo(service.serviceId);
  const cause = to === 'up' ? undefined : needs.find(({ status }) => status === 'down' || status === to);
  const nextStep = nextStepOf(change, link);
  return {
    messageId: messageIdOf(change),
    message: {
      type: 'service.changed',
      timestamp: new Date(decidedAtMs).toISOString(),
      data: {
        title: titleOf(to, service, sinceText(effectiveAtMs, decidedAtMs)) + alsoText(cause),
        serviceId: service.serviceId,
        service: service.title,
        criticality: service.criticality,
        from: lastKnown ?? change.from,
        to,
        reason,
        sentence: reasonSentence(reason, change.evidence),
        effectiveAtMs,
        decidedAtMs,
        nextStep:
          cause === undefined
            ? nextStep
            : `Look at ${cause.title} first: ${linkTo(cause.serviceId)}. Then: ${lowerFirst(nextStep)}`,
        link,
        possibleRepeat: false,
        unrecorded: false,
      },
    },
  };
}

/** The message that “Send a test” sends, marked as one. */
export function testMessage(
  channelId: string,
  token: string,
  nowMs: number,
  page: { readonly baseUrl: string },
): OutgoingMessage {
  const link = page.baseUrl.replace(/\/+$/, '');
  return {
    messageId: `msg_test_${token}`,
    message: {
      type: 'channel.test',
      timestamp: new Date(nowMs).toISOString(),
      data: {
        title: `Test: Pitwall reaches you through ${channelId}`,
        // One service of its own for each channel, so that a test never waits behind a real message or holds one up.
        serviceId: `channel-test-${channelId}`,
        service: 'Pitwall',
        criticality: 'P5',
        from: 'up',
        to: 'up',
        reason: 'channel-test',
        sentence: 'Somebody asked for a test message; nothing is wrong',
        effectiveAtMs: nowMs,
        decidedAtMs: nowMs,
        nextStep: 'Nothing: if you read this, messages arrive',
        link,
        possibleRepeat: false,
        unrecorded: false,
      },
    },
  };
}

/** Made from the change itself, so that deciding the same change again makes no second message. */
function messageIdOf({ serviceId, from, to, effectiveAtMs, decidedAtMs }: ToldChange): string {
  return `msg_${sha256Hex([serviceId, from, to, effectiveAtMs, decidedAtMs].join('|')).slice(0, 32)}`;
}

const words = {
  down: { ability: 'stopped', service: 'is down' },
  degraded: { ability: 'impaired', service: 'is degraded' },
  up: { ability: 'recovered', service: 'is up again' },
} as const;

function titleOf(to: 'up' | 'degraded' | 'down', { ability, title, headline }: ToldService, since: string): string {
  if (headline !== undefined) return `${headline} since ${since}`;
  const { ability: happened, service: is } = words[to];
  const fact = `${title} ${is} since ${since}`;
  return ability === undefined ? fact : `${ability} ${happened}: ${fact}`;
}

function alsoText(cause: NeededService | undefined): string {
  return cause === undefined ? '' : `; ${cause.title}, which it needs, is ${cause.status} too`;
}

/** `09:14 UTC`, with its day where that is another than the day it was decided. */
function sinceText(effectiveAtMs: number, decidedAtMs: number): string {
  const iso = new Date(effectiveAtMs).toISOString();
  const sameDay = iso.slice(0, 10) === new Date(decidedAtMs).toISOString().slice(0, 10);
  return `${sameDay ? '' : `${iso.slice(0, 10)} `}${iso.slice(11, 16)} UTC`;
}

function nextStepOf({ to, evidence, effectiveAtMs, decidedAtMs }: ToldChange, link: string): string {
  // Of this service alone: others may be in trouble still.
  if (to === 'up') return `Nothing to do for it. What happened stands at ${link}`;
  const why = typeof evidence.why === 'string' && evidence.why !== '' ? evidence.why : undefined;
  const check = typeof evidence.check === 'string' ? `the check “${evidence.check}”` : 'its checks';
  const failing = to === 'down' ? 'failing' : 'degraded';
  const minutes = Math.round((decidedAtMs - effectiveAtMs) / 60_000);
  const late = minutes >= 10 ? `. It began ${minutes} min before it was known` : '';
  return `Open ${link} and look at ${check}, which is ${failing}${why === undefined ? '' : `: ${lowerFirst(why)}`}${late}`;
}

function lowerFirst(text: string): string {
  // Names and abbreviations (“HTTP …”) keep their case.
  return /^[A-Z][a-z]/.test(text) ? text[0]!.toLowerCase() + text.slice(1) : text;
}
