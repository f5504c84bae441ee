/** The sentence that stands first, and the answers below it: affected, since, cost, owner, next step. Pure. */
import type { z } from 'zod';
import type { NextStep, ServiceView, verdictSchema } from '../../../../contract/src/views.ts';
import { formatDuration } from '../../core/duration.ts';
import { type Cause, causeText } from './causes.ts';
import type { Told } from './sources.ts';
import { tellSomebody, toldFact, wouldBeTold } from './told-fact.ts';
import { abilityTitle, count, counted, formatInstant, isNotHeard, isSlow } from './words.ts';

export type Verdict = z.output<typeof verdictSchema>;

export interface VerdictInput {
  readonly nowMs: number;
  readonly startedAtMs: number;
  readonly services: readonly (ServiceView & {
    readonly ability: string | undefined;
    readonly checks: number;
    /** What it needs and is in trouble too; empty where it is in none. */
    readonly causes: readonly Cause[];
  })[];
  readonly firstRun: boolean;
  /** How many channels anyone would be told through. */
  readonly channels: number;
  /** How many there are beside those that do not deliver. */
  readonly failingChannels: number;
  readonly proposals: number;
  /** The newest message that arrived about a service. */
  readonly told: ReadonlyMap<string, Told>;
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
  const [first] = trouble;
  // What stopped for people leads the sentence, and why it did follows: a database that is down is the second half.
  const worst = trouble.find((s) => s.causes.some(({ serviceId }) => serviceId === first?.serviceId)) ?? first;
  if (worst !== undefined) return troubleVerdict(input, worst, trouble);
  return calmVerdict(input);
}

function troubleVerdict(input: VerdictInput, worst: Service, trouble: readonly Service[]): Verdict {
  const fine = counted(input.services).filter((service) => service.status === 'up').length;
  const [cause] = worst.causes;
  const others = trouble.filter((one) => one !== worst && one.serviceId !== cause?.serviceId).length;
  const text = troubleText(worst) + (others > 0 ? ` ${count(others, 'more is', 'more are')} in trouble.` : '');
  return {
    parts: [
      ...(fine > 0 ? [{ text: `${count(fine, 'service works', 'services work')}.`, status: null }] : []),
      { text, status: worst.status },
    ],
    facts: [
      { label: 'What is affected', strong: worst.title, rest: affectedRest(worst), detail: worst.sentence },
      sinceFact(worst, input.nowMs),
      costFact(worst, input.nowMs),
      toldFact({ ...input, service: worst, told: input.told.get(worst.serviceId) }),
    ],
    next: lookAt(worst.causes[0] ?? worst),
  };
}

function lookAt({ title, serviceId }: { readonly title: string; readonly serviceId: string }): NextStep {
  return { label: `Look at ${title}`, kind: 'open', target: `/services/${serviceId}` };
}

function troubleText(service: Service): string {
  const slow = isSlow(service);
  const because = causeText(service.causes);
  if (service.ability !== undefined) {
    return `${abilityTitle(service.ability, { status: service.status, slow })}${because}.`;
  }
  if (service.status === 'down') return `${service.title} is down${because}.`;
  return `${service.title} is ${slow ? 'slow' : 'degraded'}${because}.`;
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

/** What it means for customers; in money nothing can be said before sales can be declared. */
function costFact(service: Service, nowMs: number): Verdict['facts'][number] {
  const label = 'What it costs';
  if (!service.facesCustomers) {
    const why = service.origin === 'built-in' ? 'until it is full or stops' : 'it is not marked facesCustomers';
    return { label, strong: 'No customer sees it', detail: why };
  }
  const age = formatDuration(Math.max(0, nowMs - (service.sinceMs ?? nowMs)));
  const what =
    service.status === 'down' ? 'Customers go without' : isSlow(service) ? 'Customers wait' : 'Customers feel it';
  return { label, strong: what, detail: `for ${age} now; in money, not known` };
}

function calmVerdict(input: VerdictInput): Verdict {
  const untold = input.channels === 0;
  const blank = input.services.filter((service) => service.status === 'unknown');
  const unheard = blank.filter(isNotHeard);
  const unknown = blank.filter((service) => !isNotHeard(service)).sort(byUrgency);
  return {
    parts: [
      { text: calmText(input, unheard.length, unknown.length), status: null },
      ...(unknown.length > 0 ? [unknownPart(unknown)] : []),
      ...(untold ? [{ text: 'Nobody would be told if it were not.', status: 'degraded' as const }] : []),
    ],
    facts: [
      watchedFact(input, unheard.length, unknown),
      calmSince(input),
      calmCost(untold, unknown.length),
      untold
        ? { label: 'Who has it', strong: 'You, as manager', detail: 'by the link in the terminal' }
        : wouldBeTold(input),
    ],
    next: calmNext(input, unknown),
  };
}

function calmText({ services, firstRun }: VerdictInput, unheard: number, unknown: number): string {
  if (services.length === 0) return 'Nothing is watched yet.';
  if (unheard === services.length) return 'The first results are on the way.';
  if (unheard + unknown === services.length) return 'Nothing is known yet.';
  if (firstRun) return 'This machine is well.';
  if (unknown > 0) return 'All that is known works.';
  return unheard > 0 ? 'All that was heard works.' : 'Everything works.';
}

function unknownPart(unknown: readonly Service[]): Verdict['parts'][number] {
  const [first] = unknown;
  const text = unknown.length === 1 ? `${first!.title} is not known.` : `${unknown.length} services are not known.`;
  return { text, status: 'unknown' };
}

function watchedFact(input: VerdictInput, unheard: number, unknown: readonly Service[]): Verdict['facts'][number] {
  const services = counted(input.services);
  const checks = services.reduce((sum, service) => sum + service.checks, 0);
  const passing = unheard + unknown.length === 0 ? ', all pass' : '';
  return {
    label: 'What is watched',
    strong: input.firstRun ? 'Pitwall and this host' : count(services.length, 'service'),
    rest: `, ${count(checks, 'check')}${passing}`,
    detail: watchedDetail(input.proposals, unknown[0]),
    ...(input.firstRun ? {} : { evidence: { text: 'all services', href: '/services' } }),
  };
}

function watchedDetail(proposals: number, unknown: Service | undefined): string {
  if (unknown !== undefined) return `${unknown.title}: ${unknown.sentence}`;
  if (proposals === 0) return 'nothing else was found on this machine';
  const things = count(proposals, 'more thing');
  return `${things} found on this machine ${proposals === 1 ? 'waits' : 'wait'} for your word`;
}

function calmSince(input: VerdictInput): Verdict['facts'][number] {
  const sinceMs = Math.max(input.startedAtMs, ...input.services.map((service) => service.sinceMs ?? input.startedAtMs));
  return {
    label: 'Since',
    strong: formatInstant(sinceMs, input.nowMs),
    detail: `${formatDuration(Math.max(0, input.nowMs - sinceMs))} ago${input.firstRun ? ', first start' : ''}`,
  };
}

function calmCost(untold: boolean, unknown: number): Verdict['facts'][number] {
  const label = 'What it costs';
  if (untold) return { label, strong: 'Outages go unseen', detail: 'until someone opens this page' };
  if (unknown === 0) return { label, strong: 'Nothing now', detail: 'no service is in trouble' };
  return { label, strong: 'Not known', detail: `${unknown === 1 ? 'it' : 'they'} may be down unseen` };
}

function calmNext(input: VerdictInput, unknown: readonly Service[]): NextStep | null {
  if (input.channels === 0) return tellSomebody(input.failingChannels);
  const [first] = unknown;
  if (first === undefined) return null;
  return lookAt(first);
}
