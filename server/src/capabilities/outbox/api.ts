/** For app/: telling people. */
export type { ChannelBook } from './channel-book.ts';
export { openChannelBook } from './channel-book.ts';
export type { ChannelKinds, ResolvedChannel } from './channels/channel.ts';
export { channelKinds } from './channels/registry.ts';
export { readToldFigures } from './figures.ts';
export type { Outbox } from './loop.ts';
export { startOutbox } from './loop.ts';

export { messageFor } from './messages.ts';
export { outboxHandlers } from './ops.ts';
export { enqueueAgain, enqueueMessages } from './store.ts';
