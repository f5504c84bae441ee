/** The few things worth doing now, the most costly to leave first. Pure. */
import type { BoardView } from '../../../../contract/src/operations/board.ts';
import type { ServiceView } from '../../../../contract/src/views.ts';
import { byUrgency } from './verdict.ts';
import { count, isNotHeard } from './words.ts';

type Advice = BoardView['whatNext'][number];

export interface WhatNextInput {
  readonly services: readonly ServiceView[];
  readonly channels: number;
  readonly failedMessages: number;
  readonly proposals: number;
  readonly configFile: string | undefined;
  readonly configFaults: number;
  readonly demo: boolean;
}

const mostAdvice = 5;

export function whatNext(input: WhatNextInput): Advice[] {
  const faults = faultAdvice(input);
  const told = toldAdvice(input);
  // However much is broken: that nobody hears of it stays on the list.
  const trouble = troubleAdvice(input.services).slice(0, mostAdvice - faults.length - told.length);
  return [...faults, ...trouble, ...told, ...growAdvice(input)].slice(0, mostAdvice);
}

function faultAdvice({ configFaults, configFile }: WhatNextInput): Advice[] {
  if (configFaults === 0) return [];
  return [
    {
      title: `Mend ${count(configFaults, 'mistake')} in the configuration`,
      why: 'The version before it still runs.',
      evidence: null,
      next: { label: 'Copy', kind: 'copy', target: `./pitwall validate ${configFile ?? 'pitwall.yaml'}` },
    },
  ];
}

function troubleAdvice(services: readonly ServiceView[]): Advice[] {
  const troubled = services.filter(
    (service) => service.status !== 'up' && service.status !== 'maintenance' && !isNotHeard(service),
  );
  return [...troubled].sort(byUrgency).map((service) => ({
    title: service.status === 'unknown' ? `Find out about ${service.title}` : `Mend ${service.title}`,
    why: service.sentence,
    evidence: { text: service.word, href: `/services/${service.serviceId}` },
    next: { label: 'Look', kind: 'open' as const, target: `/services/${service.serviceId}` },
  }));
}

function toldAdvice({ channels, failedMessages }: WhatNextInput): Advice[] {
  if (channels === 0) {
    return [
      {
        title: 'Choose who is told',
        why: 'Now it is nobody. A webhook address is enough.',
        evidence: { text: '0 channels', href: '/told' },
        next: { label: 'Choose', kind: 'focus', target: 'add-channel' },
      },
    ];
  }
  if (failedMessages === 0) return [];
  return [
    {
      title: 'Mend the way you are told',
      why: `${count(failedMessages, 'message')} did not arrive.`,
      evidence: { text: 'messages', href: '/told' },
      next: { label: 'Look', kind: 'open', target: '/told' },
    },
  ];
}

function growAdvice(input: WhatNextInput): Advice[] {
  const facing = input.services.filter((service) => service.facesCustomers).length;
  const own = input.services.length;
  const advice: Advice[] = [];
  if (facing === 0) {
    advice.push({
      title: 'Watch what customers see',
      why: 'Your shop’s address. Nothing to install there.',
      evidence: { text: `${facing} of ${own} face customers`, href: '/services' },
      next: { label: 'Type it', kind: 'focus', target: 'add-address' },
    });
  }
  if (input.proposals > 0) {
    advice.push({
      title: 'Say what of this machine matters',
      why: `${count(input.proposals, 'thing')} found here ${input.proposals === 1 ? 'is' : 'are'} not watched.`,
      evidence: null,
      next: { label: 'Decide', kind: 'focus', target: 'found' },
    });
  }
  if (input.configFile === undefined) {
    advice.push({
      title: 'Keep it in a file',
      why: 'Optional, complete, and read again on each change.',
      evidence: { text: 'pitwall.yaml', href: '/services' },
      next: { label: 'Copy', kind: 'copy', target: 'npm start -- --config examples/simple/pitwall.yaml' },
    });
  }
  return advice;
}
