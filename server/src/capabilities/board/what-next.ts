/** The few things worth doing now, the most costly to leave first. Pure. */
import type { BoardView } from '../../../../contract/src/operations/board.ts';
import type { ServiceView } from '../../../../contract/src/views.ts';
import { type Cause, hrefOf } from './causes.ts';
import { byUrgency } from './verdict.ts';
import { count, counted, isNotHeard } from './words.ts';

type Advice = BoardView['whatNext'][number];

export interface WhatNextInput {
  readonly services: readonly (ServiceView & { readonly causes: readonly Cause[] })[];
  readonly channels: number;
  readonly failingChannels: number;
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

/** What explains another's trouble comes before it, however little it matters by itself. */
function troubleAdvice(services: WhatNextInput['services']): Advice[] {
  const troubled = services
    .filter((service) => service.status !== 'up' && service.status !== 'maintenance' && !isNotHeard(service))
    .sort(byUrgency);
  const inOrder = new Set<WhatNextInput['services'][number]>();
  for (const service of troubled) {
    for (const { serviceId } of service.causes) inOrder.add(troubled.find((one) => one.serviceId === serviceId)!);
    inOrder.add(service);
  }
  return [...inOrder].map((service) => {
    const href = hrefOf(service);
    const explained = troubled.filter((one) => one.causes.some(({ serviceId }) => serviceId === service.serviceId));
    return {
      title: service.status === 'unknown' ? `Find out about ${service.title}` : `Mend ${service.title}`,
      why: whyOf(service, explained),
      evidence: { text: service.word, href },
      next: { label: 'Look', kind: 'open' as const, target: href },
    };
  });
}

function whyOf({ sentence, causes }: WhatNextInput['services'][number], explained: readonly ServiceView[]): string {
  const [cause] = causes;
  if (cause !== undefined) return `${sentence}. It needs ${cause.title}, which is in trouble too: that first.`;
  const [first] = explained;
  if (first === undefined) return sentence;
  const more = explained.length > 1 ? ` and ${explained.length - 1} more` : '';
  return `${sentence}. ${first.title}${more} ${explained.length > 1 ? 'need' : 'needs'} it, and ${explained.length > 1 ? 'are' : 'is'} in trouble too.`;
}

function toldAdvice({ channels, failingChannels, failedMessages }: WhatNextInput): Advice[] {
  if (failingChannels > 0) {
    const others = channels > 0 ? ` ${count(channels, 'other')} ${channels === 1 ? 'does' : 'do'}.` : ' No other does.';
    return [
      {
        title: 'Mend the way you are told',
        why: `${count(failingChannels, 'channel')} ${failingChannels === 1 ? 'does' : 'do'} not deliver.${others}`,
        evidence: { text: 'channels', href: '/told' },
        next: { label: 'Look', kind: 'open', target: '/told' },
      },
    ];
  }
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
  const services = counted(input.services);
  const facing = services.filter((service) => service.facesCustomers).length;
  const own = services.length;
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
