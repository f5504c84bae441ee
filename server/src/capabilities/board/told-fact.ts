/** Who has it: whether somebody was told of the trouble as it is now. Pure. */

import type { z } from 'zod';
import type { factViewSchema, NextStep, ServiceView } from '../../../../contract/src/views.ts';
import type { Told } from './sources.ts';
import { count, formatInstant } from './words.ts';

type FactView = z.output<typeof factViewSchema>;

/** Those that do not deliver are named, and not counted among those that would. */
export function wouldBeTold(input: { readonly channels: number; readonly failingChannels: number }): FactView {
  const { channels, failingChannels: failing } = input;
  const evidence = { text: count(channels, 'channel'), href: '/told' };
  const without = failing === 0 ? '' : `${count(failing, 'channel')} ${failing === 1 ? 'does' : 'do'} not deliver; `;
  return { label: 'Who has it', strong: 'Nobody needs to', detail: `${without}would be told:`, evidence };
}

export function tellSomebody(failingChannels: number): NextStep {
  return failingChannels === 0
    ? { label: 'Choose who is told', kind: 'focus', target: 'add-channel' }
    : { label: 'Mend the way you are told', kind: 'open', target: '/told' };
}

interface ToldFactInput {
  readonly nowMs: number;
  readonly service: Pick<ServiceView, 'status' | 'sinceMs'>;
  readonly told: Told | undefined;
  readonly channels: number;
  readonly failingChannels: number;
}

const messages = { text: 'messages', href: '/told' };

export function toldFact({ nowMs, service, told, channels, failingChannels }: ToldFactInput): FactView {
  const label = 'Who has it';
  if (channels === 0 && failingChannels === 0)
    return { label, strong: 'Nobody was told', detail: 'you are the first to see it' };
  // A message of the trouble before, or of its end, is no news of this one. One that told of the same status is: a
  // moment of not knowing begins the trouble anew, and tells nobody again.
  const isNews = told !== undefined && (told.to === service.status || told.atMs >= (service.sinceMs ?? nowMs));
  if (!isNews && channels === 0) {
    return { label, strong: 'Nobody yet', detail: 'no channel delivers', evidence: messages };
  }
  if (!isNews) return { label, strong: 'Nobody yet', detail: 'the message is on its way', evidence: messages };
  return { label, strong: `Told: ${told.channelId}`, detail: formatInstant(told.atMs, nowMs), evidence: messages };
}
