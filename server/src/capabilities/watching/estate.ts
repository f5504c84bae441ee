/** What is watched now, from all three origins, handed to the recorder and the prober whenever it changes. */
import { PitwallError } from '../../core/errors.ts';
import type { Store, WriteTransaction } from '../../storage/store.ts';
import type { AnyKind } from '../checks/kind.ts';
import type { WatchedService } from '../services/api.ts';
import { mergeServices, type PageService, watchedFromPage } from './domain.ts';

const resourceKind = 'service';
/** Each costs a check for ever, and anybody with a token may add one; a file that a person wrote has no such limit. */
export const mostPageServices = 200;

export interface Estate {
  services(): readonly WatchedService[];
  /** What the file declares; replaces what it declared before. */
  configure(services: readonly WatchedService[]): Promise<void>;
  /** Stores a service of the page in the caller's transaction; `refresh` makes it watched. */
  put(tx: WriteTransaction, service: PageService, nowMs: number): Promise<void>;
  /** Takes it out of the store and says what it was. */
  remove(tx: WriteTransaction, serviceId: string): Promise<PageService | undefined>;
  refresh(): Promise<void>;
}

export interface EstateOptions {
  readonly store: Store;
  readonly kinds: ReadonlyMap<string, AnyKind>;
  readonly builtIn: readonly WatchedService[];
  readonly onChange: (services: readonly WatchedService[]) => Promise<void>;
}

export async function openEstate({ store, kinds, builtIn, onChange }: EstateOptions): Promise<Estate> {
  let configured: readonly WatchedService[] = [];
  let merged: readonly WatchedService[] = [];

  async function fromPage(): Promise<WatchedService[]> {
    const rows = await store.read
      .selectFrom('resource')
      .select('document')
      .where('kind', '=', resourceKind)
      .orderBy('updated_at_ms')
      .execute();
    return rows.flatMap((row) => {
      const service = JSON.parse(row.document) as PageService;
      const spec = kinds.get(service.check.kind)?.schema.safeParse(service.check.spec);
      return spec?.success === true ? [watchedFromPage(service, spec.data)] : [];
    });
  }

  async function refresh(): Promise<void> {
    merged = mergeServices(builtIn, configured, await fromPage());
    await onChange(merged);
  }

  return {
    services: () => merged,
    async configure(services) {
      configured = services;
      await refresh();
    },
    async put(tx, service, nowMs) {
      // In the transaction that adds it, so that a burst of requests cannot pass together.
      await refuseOneMore(tx);
      const row = { kind: resourceKind, id: service.serviceId, version: 1, updated_at_ms: nowMs };
      await tx.db
        .insertInto('resource')
        .values({ ...row, document: JSON.stringify(service) })
        .execute();
    },
    async remove(tx, serviceId) {
      const row = await tx.db
        .deleteFrom('resource')
        .where('kind', '=', resourceKind)
        .where('id', '=', serviceId)
        .returning('document')
        .executeTakeFirst();
      return row === undefined ? undefined : (JSON.parse(row.document) as PageService);
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
  if (row.count < mostPageServices) return;
  throw new PitwallError('limit-reached', `${row.count} services were added on the page, the most there may be`, {
    hint: 'Remove some of them, or declare services in pitwall.yaml, which may hold any number.',
  });
}
