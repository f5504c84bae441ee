/** For app/: telling people. */
export type { ChannelBook, DeclaredChannel } from './channel-book.ts';
export { openChannelBook } from './channel-book.ts';
export type { ResolvedChannel } from './channels/channel.ts';
export { readToldFigures, type ToldFigures } from './figures.ts';
export type { FinishedMessage, Outbox, OutboxOptions } from './loop.ts';
export { startOutbox } from './loop.ts';
export type { OutgoingMessage, ToldChange } from './messages.ts';
export { messageFor } from './messages.ts';
export { type OutboxHandlerOptions, outboxHandlers } from './ops.ts';
export { enqueueMessages } from './store.ts';
