/** Every operation, carried out by the capability it belongs to. */
import type { Handlers } from '../../../contract/src/handlers.ts';
import { type Access, accessHandlers } from '../capabilities/access/api.ts';
import { type BoardSources, boardHandlers } from '../capabilities/board/api.ts';
import { kinds, type OnceOutcome } from '../capabilities/checks/api.ts';
import { type Discovery, deleteDecision, discoveryHandlers } from '../capabilities/discovery/api.ts';
import { historyHandlers } from '../capabilities/history/api.ts';
import { type JobBook, jobHandlers } from '../capabilities/jobs/api.ts';
import { ledgerHandlers } from '../capabilities/ledger/api.ts';
import { type ChannelBook, type Outbox, outboxHandlers } from '../capabilities/outbox/api.ts';
import type { Recorder } from '../capabilities/recording/api.ts';
import type { WatchedCheck } from '../capabilities/services/api.ts';
import { type Estate, slugFor, watchingHandlers, watchService } from '../capabilities/watching/api.ts';
import type { RandomSource } from '../platform/clock.ts';
import type { Network } from '../platform/network.ts';
import { type OpenApiDocument, openApiDocument } from '../surfaces/http/openapi.ts';
import { renderExposition } from '../surfaces/metrics/exposition.ts';
import { metricFamilies } from './metrics.ts';
import type { ResultTally } from './result-tally.ts';
import type { StoreState } from './store-health.ts';
import type { TimedStore } from './timed-store.ts';

export interface Parts {
  readonly store: TimedStore;
  readonly nowMs: () => number;
  readonly random: RandomSource;
  readonly startedAtMs: number;
  readonly version: string;
  readonly baseUrl: () => string;
  readonly access: Access;
  readonly book: ChannelBook;
  readonly outbox: Outbox;
  readonly discovery: Discovery;
  readonly estate: Estate;
  readonly jobs: JobBook;
  readonly runOnce: (check: WatchedCheck) => Promise<OnceOutcome>;
  readonly recorder: Recorder;
  readonly pageNetwork: () => Network;
  readonly board: BoardSources;
  readonly storeState: () => StoreState;
  readonly tally: Pick<ResultTally, 'of'>;
  /** Services, channels or proposals changed. */
  readonly onChanged: () => void;
}

export function createHandlers(parts: Parts): Handlers {
  const { store, nowMs, estate, discovery, onChanged } = parts;
  const find = (serviceId: string, checkId: string) =>
    parts.recorder
      .live()
      .find(({ service }) => service.serviceId === serviceId)
      ?.checks.find(({ check }) => check.checkId === checkId);
  const runOnce: Parameters<typeof watchingHandlers>[0]['runOnce'] = async (check) =>
    (await parts.runOnce(check)).result;
  let document: OpenApiDocument | undefined;
  const outbox = outboxHandlers({
    store,
    book: parts.book,
    outbox: parts.outbox,
    pageNetwork: parts.pageNetwork,
    random: parts.random,
    nowMs,
    baseUrl: parts.baseUrl,
    onChanged,
  });
  return {
    ...boardHandlers(parts.board),
    ...historyHandlers({
      store,
      nowMs,
      find(serviceId, checkId) {
        const live = find(serviceId, checkId);
        return live && { key: live.check.key, seriesId: live.seriesId, watchedSinceMs: live.watchedSinceMs };
      },
    }),
    ...watchingHandlers({
      store,
      estate,
      kinds,
      runOnce,
      nowMs,
      forgetProposal: deleteDecision,
      onRemoved: () => void discovery.refresh().then(onChanged, () => {}),
    }),
    ...discoveryHandlers({
      store,
      discovery,
      nowMs,
      onChanged,
      watch(proposal, caller) {
        const taken = new Set(estate.services().map((service) => service.serviceId));
        const { title, check, proposalId } = proposal;
        const service = { serviceId: slugFor(title, taken), title, facesCustomers: false, check, proposalId };
        return watchService({ store, estate, nowMs }, service, caller);
      },
    }),
    ...outbox,
    ...jobHandlers({ store, book: parts.jobs, nowMs, baseUrl: parts.baseUrl, find }),
    ...ledgerHandlers({ store }),
    ...accessHandlers(parts.access),
    async 'metrics.read'(input, context) {
      const { channels } = await outbox['channels.list'](input, context);
      const families = metricFamilies({
        version: parts.version,
        startedAtMs: parts.startedAtMs,
        live: parts.recorder.live(),
        resultsOf: parts.tally.of,
        prober: parts.board.prober(),
        store: {
          lastWriteMs: store.lastWriteMs(),
          liveBytes: store.sizes().liveBytes,
          ok: parts.storeState() === 'ok',
        },
        freeBytes: parts.board.freeBytes(),
        channels,
      });
      return { text: renderExposition(families) };
    },
    async 'openapi.get'() {
      // 60 ms that no start needs.
      document ??= openApiDocument(parts.version);
      return document;
    },
    'health.get': async () => ({
      status: parts.storeState() === 'ok' ? 'ok' : 'impaired',
      version: parts.version,
      startedAtMs: parts.startedAtMs,
      store: { state: parts.storeState(), writeMs: store.lastWriteMs() },
    }),
  };
}
