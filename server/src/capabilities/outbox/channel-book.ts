/** Every channel there is: those of the file, and those made on the page, which live in the store. */
import { z } from 'zod';
import type { Origin } from '../../../../contract/src/vocabulary.ts';
import { Secret } from '../../core/secret.ts';
import type { Store, WriteTransaction } from '../../storage/store.ts';
import type { ResolvedChannel } from './channels/channel.ts';

const resourceKind = 'channel';

/** As stored; a stranger may have had his hands on the file, so it is checked when read. */
const documentSchema = z.strictObject({ kind: z.literal('webhook'), url: z.string(), secret: z.string() });

/** A channel as config/ hands it over; its origin is added here. */
export type DeclaredChannel = Omit<ResolvedChannel, 'origin'>;

export interface ChannelBook {
  all(): readonly ResolvedChannel[];
  /** What the file declares, in place of what it declared before. It outranks a channel of the page with its name. */
  configure(declared: readonly DeclaredChannel[]): void;
  /** Stores a channel of the page in the caller's transaction; `refresh` makes it used. */
  put(tx: WriteTransaction, channelId: string, settings: { url: string; secret: Secret }, nowMs: number): Promise<void>;
  remove(tx: WriteTransaction, channelId: string): Promise<void>;
  refresh(): Promise<void>;
}

/** Reads the page's channels from the store. */
export async function openChannelBook(store: Store): Promise<ChannelBook> {
  let configured: readonly ResolvedChannel[] = [];
  let fromPage: readonly ResolvedChannel[] = [];

  async function refresh(): Promise<void> {
    const rows = await store.read
      .selectFrom('resource')
      .select(['id', 'document'])
      .where('kind', '=', resourceKind)
      .orderBy('id')
      .execute();
    fromPage = rows.flatMap(({ id, document }) => {
      const parsed = documentSchema.safeParse(JSON.parse(document));
      if (!parsed.success) return [];
      const { kind, url, secret } = parsed.data;
      const settings = { url, secret: new Secret(secret) };
      return [{ channelId: id, kind, origin: 'page' as Origin, shownTarget: shownTarget(url), missing: [], settings }];
    });
  }

  await refresh();
  return {
    all() {
      const names = new Set(configured.map((channel) => channel.channelId));
      return [...configured, ...fromPage.filter((channel) => !names.has(channel.channelId))];
    },
    configure(declared) {
      configured = declared.map((channel) => ({ ...channel, origin: 'config' }));
    },
    async put(tx, channelId, { url, secret }, nowMs) {
      const document = JSON.stringify({ kind: 'webhook', url, secret: secret.reveal() });
      await tx.db
        .insertInto('resource')
        .values({ kind: resourceKind, id: channelId, version: 1, document, updated_at_ms: nowMs })
        .execute();
    },
    async remove(tx, channelId) {
      await tx.db.deleteFrom('resource').where('kind', '=', resourceKind).where('id', '=', channelId).execute();
    },
    refresh,
  };
}

/** Scheme, host and port: the path of a webhook's address is often its secret. */
export function shownTarget(url: string): string {
  return URL.canParse(url) ? new URL(url).origin : 'not an address';
}
