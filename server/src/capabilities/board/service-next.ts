/** What to do about one service in trouble, first things first. Pure. */
import type { ServicePageView } from '../../../../contract/src/operations/services.ts';
import { formatDuration } from '../../core/duration.ts';
import type { LiveCheck } from '../recording/api.ts';
import { hrefOf } from './causes.ts';
import type { ServiceVerdictInput } from './service-verdict.ts';
import { tellSomebody } from './told-fact.ts';
import { count, formatInstant } from './words.ts';

type Advice = ServicePageView['whatNext'][number];

export function serviceNext(input: ServiceVerdictInput): Advice[] {
  const { service, live, causes } = input;
  if (service.status !== 'down' && service.status !== 'degraded') return [];
  const failing = live.checks.find((check) => check.status === service.status) ?? live.checks[0];
  return [
    ...causes.map(
      (cause): Advice => ({
        title: `Look at ${cause.title} first`,
        why: `${service.title} needs it, and it is in trouble too: ${cause.sentence}.`,
        evidence: null,
        next: { label: 'Look', kind: 'open', target: hrefOf(cause) },
      }),
    ),
    ...(failing === undefined ? [] : [lookAtAnswer(input), mendAdvice(input, failing)]),
    ...(input.channels === 0 ? [tellAdvice(input)] : []),
  ];
}

function lookAtAnswer({ service, nowMs }: ServiceVerdictInput): Advice {
  const since = service.sinceMs === null ? '' : `, since ${formatInstant(service.sinceMs, nowMs)}`;
  return {
    title: 'See what came back',
    why: `${service.sentence}${since}.`,
    evidence: null,
    next: { label: 'Show', kind: 'focus', target: 'evidence' },
  };
}

function mendAdvice({ service, told, nowMs }: ServiceVerdictInput, { check }: LiveCheck): Advice {
  const { upAfter, intervalMs, checkId } = check;
  const takes = upAfter === 1 ? 'with its next good result' : `after ${upAfter} good results`;
  const within = formatDuration(upAfter * intervalMs);
  const who = told === undefined ? '' : ` ${told.channelId} was told at ${formatInstant(told.atMs, nowMs)}.`;
  return {
    title: 'Mend it, then ask again',
    why: `It counts as up ${takes}, within ${within}.${who}`,
    evidence: null,
    next: { label: 'Run now', kind: 'call', target: 'checks.run', input: { serviceId: service.serviceId, checkId } },
  };
}

function tellAdvice({ failingChannels }: ServiceVerdictInput): Advice {
  const failing = `${count(failingChannels, 'channel')} ${failingChannels === 1 ? 'does' : 'do'} not deliver.`;
  return {
    title: 'Tell somebody',
    why: failingChannels === 0 ? 'Nobody hears of this but who opens this page.' : failing,
    evidence: null,
    next: { ...tellSomebody(failingChannels), label: failingChannels === 0 ? 'Choose' : 'Look' },
  };
}
