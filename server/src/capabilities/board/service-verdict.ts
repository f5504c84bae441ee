/** The sentence and the answers on one service’s page. Pure. */
import type { ServiceView } from '../../../../contract/src/views.ts';
import { formatDuration } from '../../core/duration.ts';
import type { LiveService } from '../recording/api.ts';
import type { Verdict } from './verdict.ts';
import { formatInstant } from './words.ts';

export interface ServiceVerdictInput {
  readonly nowMs: number;
  readonly service: ServiceView;
  readonly live: LiveService;
  readonly told: { readonly atMs: number; readonly channelId: string } | undefined;
  readonly channels: number;
}

export function serviceVerdict(input: ServiceVerdictInput): Verdict {
  const { service, nowMs } = input;
  const trouble = service.status === 'down' || service.status === 'degraded';
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
      {
        label: 'What it costs',
        strong: costOf(service, trouble),
        detail: trouble ? 'in money: once sales an hour are declared' : uptimeLine(service),
      },
      ownerOf(input, trouble),
    ],
    next: nextOf(input),
  };
}

function headline(service: ServiceView): Verdict['parts'] {
  const { title, status, word } = service;
  switch (status) {
    case 'up':
      return [{ text: `${title} works.`, status: null }];
    case 'down':
      return [{ text: `${title} is down.`, status }];
    case 'degraded':
      return [{ text: `${title} is ${word.startsWith('Slow') ? 'slow' : 'degraded'}.`, status }];
    case 'maintenance':
      return [{ text: `${title} is in maintenance.`, status }];
    case 'unknown':
      return [{ text: word === 'Not configured' ? `${title} is not configured.` : `${title} is not known.`, status }];
  }
}

function costOf(service: ServiceView, trouble: boolean): string {
  if (!trouble) return 'Nothing now';
  return service.facesCustomers ? 'Customers feel it' : 'No customer sees it';
}

function uptimeLine({ uptime }: ServiceView): string {
  if (uptime.ratio === null) return 'nothing is known yet';
  const percent = Math.floor(uptime.ratio * 100_000) / 1_000;
  const unknown = uptime.unknownRatio ?? 0;
  const rest = unknown > 0.0005 ? `, ${(unknown * 100).toFixed(1)} % of the time unknown` : '';
  return `up ${percent} % of what is known${rest}`;
}

function ownerOf({ told, channels, nowMs, service }: ServiceVerdictInput, trouble: boolean): Verdict['facts'][number] {
  if (channels === 0) return { label: 'Who has it', strong: 'Nobody is told', detail: 'no channel is set up' };
  if (trouble && told !== undefined && told.atMs >= (service.sinceMs ?? 0)) {
    return { label: 'Who has it', strong: `Told: ${told.channelId}`, detail: formatInstant(told.atMs, nowMs) };
  }
  return {
    label: 'Who has it',
    strong: trouble ? 'Nobody yet' : 'Nobody needs to',
    detail: `${channels} would be told`,
  };
}

function nextOf({ service, live, channels }: ServiceVerdictInput): Verdict['next'] {
  const missing = live.checks.flatMap(({ check }) => check.missing)[0];
  if (missing !== undefined) return { label: `Set ${missing}`, kind: 'copy', target: `export ${missing}=` };
  if (service.status === 'down' || service.status === 'degraded') {
    const failing = live.checks.find((check) => check.status === service.status) ?? live.checks[0];
    if (failing === undefined) return null;
    const input = { serviceId: service.serviceId, checkId: failing.check.checkId };
    return { label: `Run “${failing.check.title}” now`, kind: 'call', target: 'checks.run', input };
  }
  return channels === 0 ? { label: 'Choose who is told', kind: 'focus', target: 'add-channel' } : null;
}
