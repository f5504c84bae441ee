/** Who has it: whether somebody was told of the trouble as it is now. Pure. */

import type { z } from 'zod';
import type { factViewSchema, ServiceView } from '../../../../contract/src/views.ts';
import type { Told } from './sources.ts';
import { formatInstant } from './words.ts';

type FactView = z.output<typeof factViewSchema>;

interface ToldFactInput {
  readonly nowMs: number;
  readonly service: Pick<ServiceView, 'status' | 'sinceMs'>;
  readonly told: Told | undefined;
  readonly channels: number;
}

const messages = { text: 'messages', href: '/told' };

export function toldFact({ nowMs, service, told, channels }: ToldFactInput): FactView {
  const label = 'Who has it';
  if (channels === 0) return { label, strong: 'Nobody was told', detail: 'you are the first to see it' };
  // A message of the trouble before, or of its end, is no news of this one. One that told of the same status is: a
  // moment of not knowing begins the trouble anew, and tells nobody again.
  const isNews = told !== undefined && (told.to === service.status || told.atMs >= (service.sinceMs ?? nowMs));
  if (!isNews) return { label, strong: 'Nobody yet', detail: 'the message is on its way', evidence: messages };
  return { label, strong: `Told: ${told.channelId}`, detail: formatInstant(told.atMs, nowMs), evidence: messages };
}
