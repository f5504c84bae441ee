/** Every channel there is: those of the file, and those made on the page, which live in the store. */
import { z } from 'zod';
import type { Origin } from '../../../../contract/src/vocabulary.ts';
import { PitwallError } from '../../core/errors.ts';
import type { SealingKey } from '../../platform/sealing-key.ts';
import type { Store, WriteTransaction } from '../../storage/store.ts';
import type { ResolvedChannel } from './channels/channel.ts';
import { channelKinds } from './channels/registry.ts';

const resourceKind = 'channel';
/** Each gets a message of every change; nobody reads that many, and anybody with a manager's token may add one. */
export const mostPageChannels = 20;

/** As stored. The address is sealed as well: its path is often a secret of its own. */
const documentSchema = z.strictObject({ kind: z.enum(['webhook', 'slack']), target: z.string(), sealed: z.string() });

/** A channel as config/ hands it over; its origin is added here. */
export type DeclaredChannel = Omit<ResolvedChannel, 'origin'>;

/** A channel that the page makes: an address is all that is asked for. */
export interface PageChannel {
  readonly kind: 'webhook' | 'slack';
  readonly url: string;
  /** Signs a webhook's messages; Slack has none. */
  readonly secret: string | undefined;
}

export interface ChannelBook {
  all(): readonly ResolvedChannel[];
  /** Those that could send now: nothing of their settings is missing. */
  usable(): readonly ResolvedChannel[];
  /** What the file declares, in place of what it declared before. It outranks a channel of the page with its name. */
  configure(declared: readonly DeclaredChannel[]): void;
  /** Stores a channel of the page in the caller's transaction; `refresh` makes it used. */
  put(tx: WriteTransaction, channelId: string, channel: PageChannel, nowMs: number): Promise<void>;
  remove(tx: WriteTransaction, channelId: string): Promise<void>;
  refresh(): Promise<void>;
}

/** Reads the page's channels from the store. */
export async function openChannelBook(store: Store, key: SealingKey): Promise<ChannelBook> {
  let configured: readonly ResolvedChannel[] = [];
  let fromPage: readonly ResolvedChannel[] = [];

  async function refresh(): Promise<void> {
    const rows = await store.read
      .selectFrom('resource')
      .select(['id', 'document'])
      .where('kind', '=', resourceKind)
      .orderBy('id')
      .execute();
    fromPage = rows.flatMap(({ id, document }) => channelOfPage(id, document, key) ?? []);
  }

  function all(): ResolvedChannel[] {
    const names = new Set(configured.map((channel) => channel.channelId));
    return [...configured, ...fromPage.filter((channel) => !names.has(channel.channelId))];
  }

  await refresh();
  return {
    all,
    usable: () => all().filter((channel) => channel.settings !== undefined),
    configure(declared) {
      configured = declared.map((channel) => ({ ...channel, origin: 'config' }));
    },
    async put(tx, channelId, { kind, url, secret }, nowMs) {
      // In the transaction that adds it, so that a burst of requests cannot pass together.
      await refuseOneMore(tx);
      const sealed = key.seal(JSON.stringify({ url, secret }), placeOf(channelId));
      const document = JSON.stringify({ kind, target: shownTarget(url), sealed });
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

async function refuseOneMore({ db }: WriteTransaction): Promise<void> {
  const row = await db
    .selectFrom('resource')
    .select(({ fn }) => fn.countAll<number>().as('count'))
    .where('kind', '=', resourceKind)
    .executeTakeFirstOrThrow();
  if (row.count < mostPageChannels) return;
  throw new PitwallError('limit-reached', `${row.count} channels were added on the page, the most there may be`, {
    hint: 'Remove some of them, or declare channels in pitwall.yaml, which may hold any number.',
  });
}

function placeOf(channelId: string): string {
  return `channel:${channelId}`;
}

/** One that the key does not open is still shown, so that somebody can mend it. */
function channelOfPage(channelId: string, document: string, key: SealingKey): ResolvedChannel | undefined {
  const parsed = documentSchema.safeParse(JSON.parse(document));
  if (!parsed.success) return undefined;
  const { kind, target, sealed } = parsed.data;
  const about = { channelId, kind, origin: 'page' as Origin, shownTarget: target };
  const opened = key.open(sealed, placeOf(channelId));
  const inside = opened === undefined ? undefined : channelKinds.get(kind)!.schema.safeParse(JSON.parse(opened)).data;
  if (inside === undefined) return { ...about, missing: ['the key that seals its secret'], settings: undefined };
  return { ...about, missing: [], settings: inside };
}

/** Scheme, host and port: the path of a webhook's address is often its secret. */
export function shownTarget(url: string): string {
  return URL.canParse(url) ? new URL(url).origin : 'not an address';
}
