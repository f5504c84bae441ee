/** Every kind of channel there is. One line each. */
import type { ChannelKind, ChannelKinds } from './channel.ts';
import { emailChannel } from './email.ts';
import { slackChannel } from './slack.ts';
import { webhookChannel } from './webhook.ts';

const kinds: readonly ChannelKind[] = [webhookChannel, slackChannel, emailChannel] as readonly ChannelKind[];

export const channelKinds: ChannelKinds = new Map(kinds.map((kind) => [kind.kind, kind]));
