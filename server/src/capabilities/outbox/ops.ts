/** Who is told: adding, testing and removing channels, and what became of the messages. */
import type { Caller, SomeHandlers } from '../../../../contract/src/handlers.ts';
import { notSet } from '../../../../contract/src/reasons.ts';
import { slugPattern } from '../../../../contract/src/vocabulary.ts';
import { PitwallError } from '../../core/errors.ts';
import { Secret } from '../../core/secret.ts';
import { neverAllowed } from '../../platform/address-rules.ts';
import type { RandomSource } from '../../platform/clock.ts';
import { type Network, NetworkFault } from '../../platform/network.ts';
import type { Store } from '../../storage/store.ts';
import { appendToLedger } from '../ledger/api.ts';
import { type ChannelBook, shownTarget } from './channel-book.ts';
import { isSlack, slackChannel } from './channels/slack.ts';
import { readChannelFigures, readDelivery, readMessages } from './figures.ts';
import type { Outbox } from './loop.ts';
import { testMessage } from './messages.ts';
import { enqueueMessages } from './store.ts';

export interface OutboxHandlerOptions {
  readonly store: Store;
  readonly book: ChannelBook;
  readonly outbox: Pick<Outbox, 'wake' | 'tryNow'>;
  /** The way out of channels made on the page. */
  readonly pageNetwork: () => Network;
  readonly random: RandomSource;
  readonly nowMs: () => number;
  /** Where people reach the page, for links. */
  readonly baseUrl: () => string;
  /** The list of channels changed. */
  readonly onChanged: () => void;
}

type Names = 'channels.list' | 'channels.create' | 'channels.test' | 'channels.remove' | 'messages.list';

const lookupTimeoutMs = 5_000;
/** An attempt is over after ten seconds; whoever asked for a test waits for it, and not for the next. */
const testWithinMs = 12_000;

export function outboxHandlers(options: OutboxHandlerOptions): SomeHandlers<Names> {
  const { store, book, outbox, nowMs } = options;
  const find = (channelId: string) => {
    const channel = book.all().find((candidate) => candidate.channelId === channelId);
    if (channel === undefined) throw new PitwallError('not-found', `There is no channel ${channelId}`);
    return channel;
  };
  return {
    'channels.list': async () => {
      const figures = await readChannelFigures(store.read);
      return {
        channels: book.all().map(({ channelId, kind, origin, shownTarget: target, missing }) => ({
          channelId,
          kind,
          origin,
          target,
          lastDeliveredAtMs: figures.get(channelId)?.lastDeliveredAtMs ?? null,
          pending: figures.get(channelId)?.pending ?? 0,
          lastError:
            missing.length > 0 ? `Not configured: ${notSet(missing)}` : (figures.get(channelId)?.lastError ?? null),
        })),
      };
    },
    'channels.create': ({ url }, { caller }) => createChannel(options, url, caller!),
    'channels.test': async ({ channelId }, { caller }) => {
      const { missing } = find(channelId);
      const message = testMessage(channelId, options.random.token(12), nowMs(), { baseUrl: options.baseUrl() });
      await store.write(async (tx) => {
        await enqueueMessages(tx, [message], [channelId], nowMs());
        await note(tx, caller!, 'channels.test', channelId, nowMs(), { messageId: message.messageId });
      });
      const { messageId } = message;
      if (missing.length > 0) {
        return { messageId, state: 'pending', attempts: 0, lastError: `Not configured: ${notSet(missing)}` };
      }
      await outbox.tryNow(messageId, channelId, testWithinMs);
      return readDelivery(store.read, messageId, channelId);
    },
    'channels.remove': async ({ channelId }, { caller }) => {
      if (find(channelId).origin !== 'page') {
        throw new PitwallError('read-only', `${channelId} was not added on the page`, {
          hint: 'Remove it from the configuration file.',
        });
      }
      await store.write(async (tx) => {
        await book.remove(tx, channelId);
        await note(tx, caller!, 'channels.remove', channelId, nowMs(), {});
      });
      await book.refresh();
      outbox.wake();
      options.onChanged();
      return { channelId };
    },
    'messages.list': (page) => readMessages(store.read, page),
  };
}

async function createChannel(
  { store, book, outbox, pageNetwork, random, nowMs, onChanged }: OutboxHandlerOptions,
  url: string,
  caller: Caller,
): Promise<{ channelId: string; secret: string | null }> {
  const target = new URL(url);
  const kind = isSlack(target.hostname) ? 'slack' : 'webhook';
  if (kind === 'slack') refuseUnfit(url);
  await refuseForbidden(target, pageNetwork());
  const others = book.all();
  if (others.some(({ settings }) => addressOf(settings) === url)) {
    throw new PitwallError('conflict', 'That address is told already', { path: 'url' });
  }
  const channelId = channelIdFor(target.hostname, new Set(others.map((channel) => channel.channelId)));
  const made = `whsec_${Buffer.from(random.token(32), 'base64url').toString('base64')}`;
  const secret = kind === 'webhook' ? made : undefined;
  await store.write(async (tx) => {
    await book.put(tx, channelId, { kind, url, secret }, nowMs());
    await note(tx, caller, 'channels.create', channelId, nowMs(), { kind, target: shownTarget(url) });
  });
  await book.refresh();
  outbox.wake();
  onChanged();
  return { channelId, secret: secret ?? null };
}

function addressOf(settings: unknown): string | undefined {
  const { url } = (settings ?? {}) as { url?: string | Secret };
  return url instanceof Secret ? url.reveal() : url;
}

/** An address of Slack that takes no messages of this form is refused now, and not with the first message. */
function refuseUnfit(url: string): void {
  const [issue] = slackChannel.schema.safeParse({ url }).error?.issues ?? [];
  if (issue === undefined) return;
  const fix = issue.code === 'custom' ? (issue.params as { fix?: string } | undefined)?.fix : undefined;
  throw new PitwallError('invalid-input', issue.message, { path: 'url', ...(fix === undefined ? {} : { hint: fix }) });
}

/**
 * Said now rather than at the first message, also of a name of which one address is forbidden: whoever answers for it
 * chooses which one is dialled. A name that cannot be looked up today may be there tomorrow; each dial looks again.
 */
async function refuseForbidden({ hostname }: URL, network: Network): Promise<void> {
  const host = hostname.replace(/^\[(.*)\]$/, '$1');
  const refusal = (address: unknown, rule: unknown) => {
    const leads = address === host ? '' : `, which leads to ${address}`;
    return new PitwallError('address-not-allowed', `Pitwall may not send to ${hostname}${leads}: ${rule}`, {
      path: 'url',
      hint:
        rule === neverAllowed
          ? 'No setting allows these: name an address of the receiver on another network'
          : 'Declare the channel in pitwall.yaml, or allow the address there: server.allowAddresses',
    });
  };
  try {
    const { alsoForbidden } = await network.resolve(host, { timeoutMs: lookupTimeoutMs });
    if (alsoForbidden !== undefined) throw refusal(alsoForbidden.address, alsoForbidden.rule);
  } catch (error) {
    if (!(error instanceof NetworkFault)) throw error;
    if (error.reason === 'address-not-allowed') throw refusal(error.facts.address, error.facts.rule);
  }
}

function channelIdFor(hostname: string, taken: ReadonlySet<string>): string {
  const slug = hostname
    .toLowerCase()
    .replace(/^www\./, '')
    .replace(/[^a-z0-9]+/g, '-')
    .slice(0, 50)
    .replace(/^-+|-+$/g, '');
  const base = slugPattern.test(slug) ? slug : 'webhook';
  for (let n = 1; ; n += 1) {
    const channelId = n === 1 ? base : `${base}-${n}`;
    if (!taken.has(channelId)) return channelId;
  }
}

async function note(
  tx: Parameters<typeof appendToLedger>[0],
  { role, actor }: Caller,
  kind: string,
  subject: string,
  atMs: number,
  body: unknown,
): Promise<void> {
  await appendToLedger(tx, [{ chain: `person:${role}`, kind, atMs, actor, subject, body }]);
}
