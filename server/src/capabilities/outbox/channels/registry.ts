/** Every kind of channel there is. One line each. */
import type { ChannelKind } from './channel.ts';
import { webhookChannel } from './webhook.ts';

const kinds: readonly ChannelKind[] = [webhookChannel as ChannelKind];

export const channelKinds: ReadonlyMap<string, ChannelKind> = new Map(kinds.map((kind) => [kind.kind, kind]));
