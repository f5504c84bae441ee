/** The sentence that stands first, and the answers below it: affected, since, cost, owner, next step. Pure. */
import type { z } from 'zod';
import type { NextStep, ServiceView, verdictSchema } from '../../../../contract/src/views.ts';
import { formatDuration } from '../../core/duration.ts';
import { count, formatInstant } from './words.ts';

export type Verdict = z.output<typeof verdictSchema>;

export interface VerdictInput {
  readonly nowMs: number;
  readonly startedAtMs: number;
  readonly services: readonly (ServiceView & { readonly ability: string | undefined; readonly checks: number })[];
  readonly firstRun: boolean;
  /** How many channels anyone is told through. */
  readonly channels: number;
  readonly proposals: number;
  /** The newest message that arrived about a service: when, and through which channel. */
  readonly told: ReadonlyMap<string, { readonly atMs: number; readonly channelId: string }>;
}

type Service = VerdictInput['services'][number];

const rank: Readonly<Record<Service['status'], number>> = { down: 0, degraded: 1, unknown: 2, maintenance: 3, up: 4 };

/** Worst first, then what the shop depends on most, then what has been so for longest. */
export function byUrgency(a: Service | ServiceView, b: Service | ServiceView): number {
  return (
    rank[a.status] - rank[b.status] ||
    a.criticality.localeCompare(b.criticality) ||
    (a.sinceMs ?? 0) - (b.sinceMs ?? 0) ||
    a.title.localeCompare(b.title)
  );
}

export function judgeBoard(input: VerdictInput): Verdict {
  const trouble = input.services.filter((s) => s.status === 'down' || s.status === 'degraded').sort(byUrgency);
  const worst = trouble[0];
  if (worst !== undefined) return troubleVerdict(input, worst, trouble);
  return calmVerdict(input);
}

function troubleVerdict(input: VerdictInput, worst: Service, trouble: readonly Service[]): Verdict {
  const fine = input.services.filter((service) => service.status === 'up' && service.origin !== 'built-in').length;
  const others = trouble.length - 1;
  const text = troubleText(worst) + (others > 0 ? ` ${count(others, 'more is', 'more are')} in trouble.` : '');
  const told = input.told.get(worst.serviceId);
  return {
    parts: [
      ...(fine > 0 ? [{ text: `${count(fine, 'service works', 'services work')}.`, status: null }] : []),
      { text, status: worst.status },
    ],
    facts: [
      { label: 'What is affected', strong: worst.title, rest: affectedRest(worst), detail: worst.sentence },
      sinceFact(worst, input.nowMs),
      costFact(worst, input.nowMs),
      ownerFact(input, told),
    ],
    next: { label: `Look at ${worst.title}`, kind: 'open', target: `/services/${worst.serviceId}` },
  };
}

function troubleText(service: Service): string {
  const down = service.status === 'down';
  if (service.ability !== undefined)
    return down ? `${service.ability} stopped.` : `${service.ability} slow or partly failing.`;
  if (down) return `${service.title} is down.`;
  return service.word.startsWith('Slow') ? `${service.title} is slow.` : `${service.title} is degraded.`;
}

function affectedRest(service: Service): string {
  return service.facesCustomers ? ', which customers use' : '';
}

function sinceFact(service: Service, nowMs: number): Verdict['facts'][number] {
  const sinceMs = service.sinceMs ?? nowMs;
  return {
    label: 'Since',
    strong: formatInstant(sinceMs, nowMs),
    detail: `${formatDuration(Math.max(0, nowMs - sinceMs))} so far`,
    evidence: { text: 'what changed', href: `/services/${service.serviceId}` },
  };
}

function costFact(service: Service, nowMs: number): Verdict['facts'][number] {
  const minutes = formatDuration(Math.max(0, nowMs - (service.sinceMs ?? nowMs)));
  return service.facesCustomers
    ? {
        label: 'What it costs',
        strong: `${minutes} of customers’ time`,
        detail: 'in money: once sales an hour are declared',
      }
    : { label: 'What it costs', strong: 'No customer sees it', detail: 'as far as it is declared' };
}

function ownerFact(
  input: VerdictInput,
  told: { readonly atMs: number; readonly channelId: string } | undefined,
): Verdict['facts'][number] {
  if (input.channels === 0)
    return { label: 'Who has it', strong: 'Nobody was told', detail: 'you are the first to see it' };
  if (told === undefined) return { label: 'Who has it', strong: 'Nobody yet', detail: 'the message is on its way' };
  return {
    label: 'Who has it',
    strong: `Told: ${told.channelId}`,
    detail: formatInstant(told.atMs, input.nowMs),
    evidence: { text: 'messages', href: '/told' },
  };
}

function calmVerdict(input: VerdictInput): Verdict {
  const untold = input.channels === 0;
  const unknown = input.services.filter((service) => service.status === 'unknown').sort(byUrgency);
  return {
    parts: [
      { text: calmText(input, unknown), status: null },
      ...(untold ? [{ text: 'Nobody would be told if it were not.', status: 'degraded' as const }] : []),
      ...(!untold && unknown.length > 0 ? [unknownPart(unknown)] : []),
    ],
    facts: [
      watchedFact(input, unknown),
      calmSince(input),
      {
        label: 'What it costs',
        strong: untold ? 'Outages go unseen' : 'Nothing now',
        detail: untold ? 'until someone opens this page' : 'no service is in trouble',
      },
      {
        label: 'Who has it',
        strong: untold ? 'You, as manager' : count(input.channels, 'channel'),
        detail: untold ? 'by the link in the terminal' : 'would be told at once',
      },
    ],
    next: calmNext(input, unknown),
  };
}

function calmText(input: VerdictInput, unknown: readonly Service[]): string {
  const settled = input.services.length - unknown.length;
  if (settled === 0)
    return input.services.length === 0 ? 'Nothing is watched yet.' : 'The first results are on the way.';
  if (input.firstRun) return 'This machine is well.';
  return unknown.length > 0 ? 'All that is known works.' : 'Everything works.';
}

function unknownPart(unknown: readonly Service[]): Verdict['parts'][number] {
  const [first] = unknown;
  const text = unknown.length === 1 ? `${first!.title} is not known.` : `${unknown.length} services are not known.`;
  return { text, status: 'unknown' };
}

function watchedFact(input: VerdictInput, unknown: readonly Service[]): Verdict['facts'][number] {
  const checks = input.services.reduce((sum, service) => sum + service.checks, 0);
  const passing = unknown.length === 0 ? ', all pass' : '';
  return {
    label: 'What is watched',
    strong: input.firstRun ? 'Pitwall and this host' : count(input.services.length, 'service'),
    rest: `, ${count(checks, 'check')}${passing}`,
    detail:
      input.proposals > 0
        ? `${count(input.proposals, 'more thing')} found on this machine ${input.proposals === 1 ? 'waits' : 'wait'} for your word`
        : unknown.length > 0
          ? unknown[0]!.sentence
          : 'nothing else was found on this machine',
  };
}

function calmSince(input: VerdictInput): Verdict['facts'][number] {
  const sinceMs = Math.max(input.startedAtMs, ...input.services.map((service) => service.sinceMs ?? input.startedAtMs));
  return {
    label: 'Since',
    strong: formatInstant(sinceMs, input.nowMs),
    detail: `${formatDuration(Math.max(0, input.nowMs - sinceMs))} ago${input.firstRun ? ', first start' : ''}`,
  };
}

function calmNext(input: VerdictInput, unknown: readonly Service[]): NextStep | null {
  if (input.channels === 0) return { label: 'Choose who is told', kind: 'focus', target: 'add-channel' };
  const [first] = unknown;
  if (first !== undefined)
    return { label: `Look at ${first.title}`, kind: 'open', target: `/services/${first.serviceId}` };
  return null;
}
