/** The sentence and the answers on one service’s page. Pure. */
import type { ServiceView } from '../../../../contract/src/views.ts';
import { formatDuration } from '../../core/duration.ts';
import type { LiveService } from '../recording/api.ts';
import type { Told } from './sources.ts';
import { toldFact } from './told-fact.ts';
import type { Verdict } from './verdict.ts';
import { count, formatInstant, isNotConfigured, isSlow } from './words.ts';

const nbsp = '\u00a0';

export interface ServiceVerdictInput {
  readonly nowMs: number;
  readonly service: ServiceView;
  readonly live: LiveService;
  readonly told: Told | undefined;
  readonly channels: number;
}

export function serviceVerdict(input: ServiceVerdictInput): Verdict {
  const { service, nowMs } = input;
  const age = service.sinceMs === null ? undefined : formatDuration(Math.max(0, nowMs - service.sinceMs));
  return {
    parts: headline(service),
    facts: [
      { label: 'Why', strong: service.sentence, ...(service.summary === '' ? {} : { detail: service.summary }) },
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

function headline(service: ServiceView): Verdict['parts'] {
  const { title, status } = service;
  switch (status) {
    case 'up':
      return [{ text: `${title} works.`, status: null }];
    case 'down':
      return [{ text: `${title} is down.`, status }];
    case 'degraded':
      return [{ text: `${title} is ${isSlow(service) ? 'slow' : 'degraded'}.`, status }];
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

function ownerOf({ told, channels, nowMs, service }: ServiceVerdictInput): Verdict['facts'][number] {
  if (service.status === 'down' || service.status === 'degraded') return toldFact({ nowMs, service, told, channels });
  if (channels === 0) return { label: 'Who has it', strong: 'Nobody is told', detail: 'no channel is set up' };
  const detail = 'would be told:';
  return {
    label: 'Who has it',
    strong: 'Nobody needs to',
    detail,
    evidence: { text: count(channels, 'channel'), href: '/told' },
  };
}

function nextOf({ service, live, channels }: ServiceVerdictInput): Verdict['next'] {
  const missing = live.checks.flatMap(({ check }) => check.missing)[0];
  if (missing !== undefined) return { label: `Set ${missing}`, kind: 'copy', target: `export ${missing}=` };
  if (service.status === 'down' || service.status === 'degraded') {
    const failing = live.checks.find((check) => check.status === service.status) ?? live.checks[0];
    if (failing === undefined) return null;
    const input = { serviceId: service.serviceId, checkId: failing.check.checkId };
    const label = live.checks.length === 1 ? 'Run its check now' : `Run “${failing.check.title}” now`;
    return { label, kind: 'call', target: 'checks.run', input };
  }
  return channels === 0 ? { label: 'Choose who is told', kind: 'focus', target: 'add-channel' } : null;
}
