/** The sentence and the answers on one service’s page. Pure. */
import type { ServiceView } from '../../../../contract/src/views.ts';
import { formatDuration } from '../../core/duration.ts';
import type { LiveService } from '../recording/api.ts';
import { type Cause, causeText, hrefOf } from './causes.ts';
import type { Told } from './sources.ts';
import { tellSomebody, toldFact, wouldBeTold } from './told-fact.ts';
import type { Verdict } from './verdict.ts';
import { formatInstant, isNotConfigured, isSlow } from './words.ts';

const nbsp = '\u00a0';

export interface ServiceVerdictInput {
  readonly nowMs: number;
  readonly service: ServiceView;
  readonly live: LiveService;
  readonly told: Told | undefined;
  readonly channels: number;
  readonly failingChannels: number;
  /** What it needs and is in trouble too. */
  readonly causes: readonly Cause[];
}

export function serviceVerdict(input: ServiceVerdictInput): Verdict {
  const { service, nowMs } = input;
  const age = service.sinceMs === null ? undefined : formatDuration(Math.max(0, nowMs - service.sinceMs));
  return {
    parts: headline(input),
    facts: [
      whyOf(input),
      {
        label: 'Since',
        strong: service.sinceMs === null ? 'not known yet' : formatInstant(service.sinceMs, nowMs),
        ...(age === undefined ? {} : { detail: age }),
      },
      costOf(service),
      ownerOf(input),
    ],
    next: nextOf(input),
  };
}

function whyOf({ service, causes }: ServiceVerdictInput): Verdict['facts'][number] {
  const [cause] = causes;
  const also = cause === undefined ? service.summary : `${cause.title}, which it needs: ${cause.sentence}`;
  return {
    label: 'Why',
    strong: service.sentence,
    ...(also === '' ? {} : { detail: also }),
    ...(cause === undefined ? {} : { evidence: { text: cause.title, href: hrefOf(cause) } }),
  };
}

function headline({ service, causes }: ServiceVerdictInput): Verdict['parts'] {
  const { title, status } = service;
  const because = causeText(causes);
  switch (status) {
    case 'up':
      return [{ text: `${title} works.`, status: null }];
    case 'down':
      return [{ text: `${title} is down${because}.`, status }];
    case 'degraded':
      return [{ text: `${title} is ${isSlow(service) ? 'slow' : 'degraded'}${because}.`, status }];
    case 'maintenance':
      return [{ text: `${title} is in maintenance.`, status }];
    case 'unknown':
      return [{ text: isNotConfigured(service) ? `${title} is not configured.` : `${title} is not known.`, status }];
  }
}

function costOf(service: ServiceView): Verdict['facts'][number] {
  const label = 'What it costs';
  switch (service.status) {
    case 'up':
      return { label, strong: 'Nothing now', detail: uptimeLine(service) };
    case 'maintenance':
      return { label, strong: 'What was planned', detail: uptimeLine(service) };
    case 'unknown':
      return { label, strong: 'Not known', detail: 'it may be down unseen' };
    default:
      return service.facesCustomers
        ? { label, strong: 'Customers feel it', detail: `in money, not known; ${uptimeLine(service)}` }
        : { label, strong: 'No customer sees it', detail: uptimeLine(service) };
  }
}

/** A start, or one slot lost, is no news. */
const worthTelling = 60_000;

function uptimeLine({ uptime }: ServiceView): string {
  if (uptime.ratio === null) return 'no uptime yet';
  const percent = Math.floor(uptime.ratio * 100_000) / 1_000;
  const rest = uptime.unknownMs >= worthTelling ? `; ${formatDuration(uptime.unknownMs)} not known` : '';
  return `up ${percent}${nbsp}% of the known time${rest}`;
}

function ownerOf(input: ServiceVerdictInput): Verdict['facts'][number] {
  const { service, channels, failingChannels } = input;
  if (service.status === 'down' || service.status === 'degraded') return toldFact(input);
  if (channels > 0) return wouldBeTold(input);
  const detail = failingChannels === 0 ? 'no channel is set up' : 'no channel delivers';
  return { label: 'Who has it', strong: 'Nobody is told', detail };
}

function nextOf({ service, live, channels, failingChannels, causes }: ServiceVerdictInput): Verdict['next'] {
  const missing = live.checks.flatMap(({ check }) => check.missing)[0];
  if (missing !== undefined) return { label: `Set ${missing}`, kind: 'copy', target: `export ${missing}=` };
  const [cause] = causes;
  if (cause !== undefined) return { label: `Look at ${cause.title} first`, kind: 'open', target: hrefOf(cause) };
  if (service.status === 'down' || service.status === 'degraded') {
    const failing = live.checks.find((check) => check.status === service.status) ?? live.checks[0];
    if (failing === undefined) return null;
    const input = { serviceId: service.serviceId, checkId: failing.check.checkId };
    const label = live.checks.length === 1 ? 'Run its check now' : `Run “${failing.check.title}” now`;
    return { label, kind: 'call', target: 'checks.run', input };
  }
  return channels === 0 ? tellSomebody(failingChannels) : null;
}
