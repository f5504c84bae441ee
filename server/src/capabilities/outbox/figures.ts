/** What the page shows of messages: per channel, per service, and as a list. */
import type { Kysely } from 'kysely';
import type { Status } from '../../../../contract/src/vocabulary.ts';
import type { WebhookMessage } from '../../../../contract/src/webhook-message.ts';
import type { Tables } from '../../storage/tables.ts';

type Database = Kysely<Tables>;

export interface ChannelFigures {
  readonly pending: number;
  readonly lastDeliveredAtMs: number | null;
  /** Of the newest message, while it has not arrived. */
  readonly lastError: string | null;
}

export async function readChannelFigures(db: Database): Promise<Map<string, ChannelFigures>> {
  const rows = await db
    .selectFrom('outbox')
    .select(['channel_id', 'state'])
    .select(({ fn }) => [
      fn.countAll<number>().as('messages'),
      fn.max('finished_at_ms').as('finished_at_ms'),
      fn.max('id').as('newest_id'),
    ])
    .groupBy(['channel_id', 'state'])
    .execute();
  const figures = new Map<string, { pending: number; lastDeliveredAtMs: number | null; lastError: string | null }>();
  const newest = new Map<string, number>();
  for (const row of rows) {
    const one = figures.get(row.channel_id) ?? { pending: 0, lastDeliveredAtMs: null, lastError: null };
    if (row.state === 'pending') one.pending = Number(row.messages);
    if (row.state === 'delivered') one.lastDeliveredAtMs = row.finished_at_ms;
    figures.set(row.channel_id, one);
    newest.set(row.channel_id, Math.max(newest.get(row.channel_id) ?? 0, row.newest_id));
  }
  if (newest.size === 0) return figures;
  const last = await db
    .selectFrom('outbox')
    .select(['channel_id', 'last_error'])
    .where('id', 'in', [...newest.values()])
    .execute();
  for (const { channel_id, last_error } of last) figures.get(channel_id)!.lastError = last_error;
  // The newest may only wait behind the one that fails.
  const failing = await db
    .selectFrom('outbox')
    .select(['channel_id', 'last_error'])
    .where('state', '=', 'pending')
    .where('last_error', 'is not', null)
    .orderBy('id')
    .execute();
  for (const { channel_id, last_error } of failing) figures.get(channel_id)!.lastError = last_error;
  return figures;
}

/** What the board says about telling people. */
export interface ToldFigures {
  /** Those that would deliver: what they were last given arrived, or they were given nothing yet. */
  readonly channels: number;
  /** Those that have all they need, and whose newest message did not arrive. */
  readonly failingChannels: number;
  /** Given up within the last day. */
  readonly failedMessages: number;
  /** The newest delivered message about each service, and which status it told of. */
  readonly delivered: ReadonlyMap<string, { readonly atMs: number; readonly channelId: string; readonly to: Status }>;
}

/** Delivered messages further back than this many are not looked at. */
const lookBackRows = 500;
const dayMs = 86_400_000;

/**
 * `usable`: those that have all they need. `channelIds`: those there are. What a channel that was removed did not get is
 * no trouble any more.
 */
export async function readToldFigures(
  db: Database,
  usable: readonly string[],
  channelIds: readonly string[],
  nowMs: number,
): Promise<ToldFigures> {
  const failed = await db
    .selectFrom('outbox')
    .select(({ fn }) => fn.countAll<number>().as('messages'))
    .where('state', '=', 'failed')
    .where('channel_id', 'in', [...channelIds])
    .where('finished_at_ms', '>', nowMs - dayMs)
    .executeTakeFirstOrThrow();
  const rows = await db
    .selectFrom('outbox')
    .select(['payload', 'channel_id', 'finished_at_ms'])
    .where('state', '=', 'delivered')
    .orderBy('id', 'desc')
    .limit(lookBackRows)
    .execute();
  const delivered = new Map<string, { atMs: number; channelId: string; to: Status }>();
  for (const { payload, channel_id, finished_at_ms } of rows) {
    const { serviceId, to } = (JSON.parse(payload) as WebhookMessage).data;
    if (!delivered.has(serviceId)) delivered.set(serviceId, { atMs: finished_at_ms ?? 0, channelId: channel_id, to });
  }
  const figures = await readChannelFigures(db);
  const failingChannels = usable.filter((channelId) => (figures.get(channelId)?.lastError ?? null) !== null).length;
  const channels = usable.length - failingChannels;
  return { channels, failingChannels, failedMessages: Number(failed.messages), delivered };
}

/** What became of one message in one channel. */
export async function readDelivery(db: Database, messageId: string, channelId: string) {
  const { state, attempts, last_error } = await db
    .selectFrom('outbox')
    .select(['state', 'attempts', 'last_error'])
    .where('message_id', '=', messageId)
    .where('channel_id', '=', channelId)
    .executeTakeFirstOrThrow();
  return { messageId, state, attempts, lastError: last_error };
}

/** Messages older than `beforeId` (left out: the newest), newest first. */
export async function readMessages(
  db: Database,
  page: { readonly beforeId?: number | undefined; readonly limit: number },
) {
  const query = db.selectFrom('outbox').selectAll();
  const rows = await (page.beforeId === undefined ? query : query.where('id', '<', page.beforeId))
    .orderBy('id', 'desc')
    .limit(page.limit + 1)
    .execute();
  const messages = rows.slice(0, page.limit).map((row) => ({
    id: row.id,
    messageId: row.message_id,
    channelId: row.channel_id,
    title: (JSON.parse(row.payload) as WebhookMessage).data.title,
    state: row.state,
    attempts: row.attempts,
    possibleRepeat: row.possible_repeat === 1,
    lastError: row.last_error,
    createdAtMs: row.created_at_ms,
    finishedAtMs: row.finished_at_ms,
  }));
  return { messages, nextBeforeId: rows.length > page.limit ? (messages.at(-1)?.id ?? null) : null };
}
