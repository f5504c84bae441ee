/** From what is live to what is shown of services and checks. Pure. */
import type { z } from 'zod';
import { reasonSentence } from '../../../../contract/src/reasons.ts';
import type { checkViewSchema, serviceViewSchema, stripSchema, uptimeSchema } from '../../../../contract/src/views.ts';
import { decodePointCode } from '../../core/point-code.ts';
import { isDerived, kindNamed } from '../checks/api.ts';
import type { DayFigures } from '../history/api.ts';
import { dayMs, phasesOf, startOfDay } from '../history/api.ts';
import type { LiveCheck, LiveService } from '../recording/api.ts';
import { addAvailability, noAvailability, unknownRatio, uptimeRatio } from '../status/api.ts';
import { type StatusFacts, statusSentence, statusWord } from './words.ts';

type ServiceView = z.output<typeof serviceViewSchema>;
type CheckView = z.output<typeof checkViewSchema>;

/** The sentence of a kind on what it saw; given by the registry of kinds. */
export type Describe = (check: LiveCheck) => string;

const unknownTick = 60_000;

export function stripOf(days: readonly DayFigures[], count: number, nowMs: number): z.output<typeof stripSchema> {
  const firstDayMs = startOfDay(nowMs) - (count - 1) * dayMs;
  const letters = new Array<string>(count).fill('.');
  const trouble: z.output<typeof stripSchema>['trouble'] = [];
  for (const { dayMs: startMs, availability } of days) {
    const day = Math.round((startMs - firstDayMs) / dayMs);
    if (day < 0 || day >= count) continue;
    const { upMs, downMs, degradedMs, unknownMs, maintenanceMs } = availability;
    letters[day] = letterOf(availability, startMs === startOfDay(nowMs));
    if (upMs + downMs + degradedMs + unknownMs + maintenanceMs > 0 && downMs + degradedMs + unknownMs > 0) {
      trouble.push({ day, downMs, degradedMs, unknownMs });
    }
  }
  return { firstDayMs, days: letters.join(''), trouble };
}

function letterOf(figures: DayFigures['availability'], today: boolean): string {
  const { upMs, degradedMs, downMs, unknownMs, maintenanceMs } = figures;
  const knownMs = upMs + degradedMs + downMs;
  if (knownMs + unknownMs + maintenanceMs === 0) return '.';
  if (downMs > 0) return 'd';
  if (degradedMs > 0) return 'g';
  if (maintenanceMs > 0) return 'm';
  // The first minute after a start is no doubt; else a day is unknown when nothing is known for most of it.
  if (today && unknownMs < unknownTick) return knownMs === 0 ? '.' : 'u';
  return unknownMs > knownMs ? 'n' : 'u';
}

export function uptimeOf(days: readonly DayFigures[], fromMs: number, toMs: number): z.output<typeof uptimeSchema> {
  const total = days.reduce((sum, day) => addAvailability(sum, day.availability), noAvailability);
  return { fromMs, toMs, ...total, ratio: uptimeRatio(total), unknownRatio: unknownRatio(total) };
}

export function checkFacts(check: LiveCheck): StatusFacts {
  const reason = check.change?.reason ?? 'first-result';
  const slow = check.last !== undefined && decodePointCode(check.last.code).reason === 'too-slow';
  return {
    status: check.status,
    sinceMs: check.sinceMs,
    reason,
    evidence: check.change?.evidence ?? {},
    slow,
    missing: check.check.missing,
    atFirst: troubleAtFirst(check),
    notTelling: whyNotTelling(check),
  };
}

/** One failure is no verdict; that nothing was heard would be untrue all the same. */
function troubleAtFirst({ sinceMs, last }: LiveCheck): string | undefined {
  if (sinceMs !== undefined || last === undefined) return undefined;
  const { outcome, reason, suspect } = decodePointCode(last.code);
  if (suspect || (outcome !== 'fail' && outcome !== 'degraded')) return undefined;
  return `${reasonSentence(reason, last.facts)}; the next result decides`;
}

/** A job that is not due yet has results, none of which is on the way. */
function whyNotTelling({ sinceMs, last }: LiveCheck): string | undefined {
  if (sinceMs !== undefined || last === undefined) return undefined;
  const { outcome, reason, suspect, missed } = decodePointCode(last.code);
  return outcome === 'unknown' && !suspect && !missed ? reasonSentence(reason, last.facts) : undefined;
}

/** What a check in trouble saw last: the cause of an outage is often another after a while than when it began. */
function newestTrouble({ status, last }: LiveCheck): string | undefined {
  if (last === undefined || (status !== 'down' && status !== 'degraded')) return undefined;
  const { outcome, reason, suspect } = decodePointCode(last.code);
  const isTrouble = !suspect && (outcome === 'fail' || (outcome === 'degraded' && status === 'degraded'));
  return isTrouble ? reasonSentence(reason, last.facts) : undefined;
}

export function serviceFacts({ state, checks }: LiveService): StatusFacts {
  const worst = checks.find((check) => check.status === state.status);
  const newest = worst && newestTrouble(worst);
  return {
    status: state.status,
    sinceMs: state.sinceMs,
    reason: state.reason,
    evidence: newest === undefined ? state.evidence : { ...state.evidence, why: newest },
    slow: worst !== undefined && checkFacts(worst).slow,
    missing: checks.flatMap((check) => check.check.missing),
    atFirst: checks.map(troubleAtFirst).find((text) => text !== undefined),
    notTelling: checks.map(whyNotTelling).find((text) => text !== undefined),
  };
}

export interface ServiceViewInput {
  readonly live: LiveService;
  readonly days: readonly DayFigures[];
  readonly dayCount: number;
  readonly nowMs: number;
  readonly describe: Describe;
}

export function serviceView({ live, days, dayCount, nowMs, describe }: ServiceViewInput): ServiceView {
  const { service, state } = live;
  const facts = serviceFacts(live);
  return {
    serviceId: service.serviceId,
    title: service.title,
    tile: service.tile ?? null,
    criticality: service.criticality,
    facesCustomers: service.facesCustomers,
    origin: service.origin,
    status: state.status,
    sinceMs: state.sinceMs ?? null,
    word: statusWord(facts, nowMs),
    sentence: serviceSentence(live, facts),
    summary: live.checks
      .filter((check) => check.last !== undefined)
      .map(describe)
      // Nothing is said of a check between a start and its first result, or that reached nothing to describe.
      .filter((text) => text !== '')
      .join(', '),
    strip: stripOf(days, dayCount, nowMs),
    uptime: uptimeOf(days, startOfDay(nowMs) - (dayCount - 1) * dayMs, nowMs),
  };
}

/** A trouble's sentence names the check only where the service has several. */
function serviceSentence({ state, checks }: LiveService, facts: StatusFacts): string {
  const { why } = facts.evidence;
  if (state.reason === 'worst-check' && checks.length === 1 && typeof why === 'string') return why;
  return statusSentence(facts);
}

/** Why the status of a check is what it is, as things stand now. */
export function checkSentence(live: LiveCheck): string {
  return newestTrouble(live) ?? statusSentence(checkFacts(live));
}

export interface CheckViewInput {
  readonly live: LiveCheck;
  readonly nextSlotMs: number | null;
  readonly last24h: CheckView['last24h'];
  readonly describe: Describe;
}

export function checkView({ live, nextSlotMs, last24h, describe }: CheckViewInput): CheckView {
  const { check } = live;
  return {
    key: check.key,
    checkId: check.checkId,
    title: check.title,
    kind: check.kind,
    judged: isDerived(kindNamed(check.kind)),
    intervalMs: check.intervalMs,
    timeoutMs: check.timeoutMs,
    status: live.status,
    sinceMs: live.sinceMs ?? null,
    statusSentence: checkSentence(live),
    lastResult: live.last === undefined ? null : lastResultView(live, describe),
    nextSlotMs,
    shownSpec: check.shownSpec,
    limitMs: latencyLimitMs(check.spec),
    last24h,
  };
}

function lastResultView(live: LiveCheck, describe: Describe): NonNullable<CheckView['lastResult']> {
  const last = live.last!;
  const meaning = decodePointCode(last.code);
  return {
    slotMs: last.slotMs,
    outcome: meaning.outcome,
    reason: meaning.reason,
    sentence: reasonSentence(meaning.reason, last.facts),
    totalUs: last.values[0]! < 0 ? null : last.values[0]!,
    phases: phasesOf(last.values),
    attempts: meaning.attempts,
    suspect: meaning.suspect,
    observed: { ...last.observed },
    summary: describe(live),
  };
}

/** The latency limit on the total that a spec declares, whatever its kind. */
export function latencyLimitMs(spec: unknown): number | null {
  const total = (spec as { expect?: { latency?: { total?: unknown } } } | undefined)?.expect?.latency?.total;
  return typeof total === 'number' ? total : null;
}
