/** Pitwall as a running whole: every part made once, given what it needs, and stopped in the reverse order. */
import path from 'node:path';
import { createEventBus } from '../bus/events.ts';
import { allowedHostsFor, openAccess } from '../capabilities/access/api.ts';
import type { ConfigFigures } from '../capabilities/board/api.ts';
import { kinds } from '../capabilities/checks/api.ts';
import type { LoadedConfig } from '../capabilities/config/api.ts';
import { startDiscovery } from '../capabilities/discovery/api.ts';
import { renameHistory } from '../capabilities/history/api.ts';
import { openJobBook } from '../capabilities/jobs/api.ts';
import { appendToLedger } from '../capabilities/ledger/api.ts';
import { openChannelBook } from '../capabilities/outbox/api.ts';
import { openEstate } from '../capabilities/watching/api.ts';
import { PitwallError } from '../core/errors.ts';
import { type Clock, type RandomSource, systemRandom } from '../platform/clock.ts';
import { createNetwork } from '../platform/resolver.ts';
import { openSealingKey } from '../platform/sealing-key.ts';
import { openSpillFile } from '../platform/spill-file.ts';
import { openSqliteStore } from '../storage/sqlite/sqlite-store.ts';
import type { Store } from '../storage/store.ts';
import { createHttpSurface } from '../surfaces/http/http-surface.ts';
import { gatherBoard } from './board-sources.ts';
import { builtInServices } from './built-in.ts';
import { createHandlers } from './handlers.ts';
import { localPorts } from './local-ports.ts';
import { log, logFault } from './log.ts';
import { type Pipeline, startPipeline } from './pipeline.ts';
import { startSeconds } from './seconds.ts';
import { clockAfterRecord } from './steady-clock.ts';
import { createStoreHealth } from './store-health.ts';
import { timeWrites } from './timed-store.ts';

export interface ServerOptions {
  readonly clock: Clock;
  readonly random?: RandomSource;
  readonly version: string;
  readonly dataDir: string;
  readonly port: number;
  readonly publicUrl: string | undefined;
  /** The built page; undefined serves the API alone. */
  readonly webDir: string | undefined;
  readonly config: LoadedConfig | undefined;
  /** Looks for listeners on this machine; tests leave it out. */
  readonly discovers: boolean;
}

export interface RunningServer {
  readonly baseUrl: string;
  /** How many somebody would be told through, were something to break now. */
  readonly channels: number;
  startUrl(): string;
  configure(config: LoadedConfig): Promise<void>;
  /** A reload was refused: the page says so, what runs goes on. */
  refuseConfig(faults: ConfigFigures['faults']): void;
  stop(): Promise<void>;
}

export async function startServer(options: ServerOptions): Promise<RunningServer> {
  const { version, dataDir, port } = options;
  const random = options.random ?? systemRandom;
  const baseUrl = options.publicUrl ?? `http://127.0.0.1:${port}`;
  await using stack = new AsyncDisposableStack();

  const sqlite = await openSqliteStore({ dataDir, clock: options.clock });
  stack.defer(() => sqlite.close());
  const aside = openSpillFile(path.join(dataDir, 'told-aside'));
  const clock = await clockAfterRecord(options.clock, sqlite, aside);
  const nowMs = (): number => clock.nowMs();
  const startedAtMs = nowMs();
  const store = timeWrites(sqlite, clock);
  const bus = createEventBus();
  const announce = (what: 'config' | 'resources') => bus.publish({ type: 'changed', atMs: nowMs(), what });
  const onChanged = (): void => announce('resources');
  const health = createStoreHealth(sqlite, () => announce('config'));
  const fileNetwork = createNetwork({ allowPrivate: true, allow: [] }, clock);
  const pageNetworkOf = (next: LoadedConfig | undefined) =>
    createNetwork({ allowPrivate: false, allow: next?.server.allowAddresses ?? [] }, clock);
  let pageNetwork = pageNetworkOf(options.config);
  const sealing = await openSealingKey(path.join(dataDir, 'secret.key'));
  const channelBook = await openChannelBook(store, sealing);
  const jobs = await openJobBook(store, sealing);
  // Before anything is sent (what waits for a channel that is not known is failed) and before listeners are asked
  // (a receiver of messages on this machine is not asked what it is).
  channelBook.configure(options.config?.channels ?? []);
  const pipeline = stack.use(
    await startPipeline({
      store,
      aside,
      clock,
      wallClock: options.clock,
      random,
      bus,
      channelBook,
      jobs,
      fileNetwork,
      pageNetwork: () => pageNetwork,
      baseUrl,
      onStoreFault: (fault) => health.note(fault),
      onFault: logFault,
      onProberEvent: (event) => log(`Prober: ${JSON.stringify(event)}`),
    }),
  );
  const builtIn = builtInServices(port, dataDir);
  const estate = await openEstate({ store, kinds, builtIn, onChange: (services) => pipeline.watch(services) });
  const discovery = await startDiscovery({
    store,
    clock,
    knownPorts() {
      const services = [...(options.config?.services ?? []), ...estate.services()];
      const specs = services.flatMap((service) => service.checks.map((check) => check.spec));
      return localPorts([...specs, ...channelBook.all().map((channel) => channel.settings)], port);
    },
    onChanged,
    onFatal: (fault) => logFault('Looking for listeners', fault),
    ...(options.discovers ? {} : { findListeners: async () => [] }),
  });
  stack.defer(() => discovery.stop());
  const access = await openAccess({
    store,
    clock,
    random,
    dataDir,
    baseUrl: () => baseUrl,
    allowedHosts: () => allowedHostsFor(port, options.publicUrl),
  });

  let config: ConfigFigures = { file: undefined, loadedAtMs: undefined, faults: [] };
  async function configure(next: LoadedConfig | undefined): Promise<void> {
    channelBook.configure(next?.channels ?? []);
    pageNetwork = pageNetworkOf(next);
    pipeline.outbox.wake();
    pipeline.setGates(next?.gates ?? []);
    if (next !== undefined) await moveHistory(store, pipeline, next);
    await estate.configure(next?.services ?? []);
    config = { file: next?.file, loadedAtMs: next?.loadedAtMs, faults: [] };
    if (next !== undefined) await noteConfig(store, next);
  }

  const board = await gatherBoard({
    store,
    clock,
    wallClock: options.clock,
    startedAtMs,
    version,
    dataDir,
    baseUrl,
    pipeline,
    estate,
    channelBook,
    discovery,
    config: () => config,
    storeFault: () => health.sentence(),
  });
  const { recorder, outbox, book, subjects } = pipeline;
  const handlers = createHandlers({
    store,
    nowMs,
    random,
    startedAtMs,
    version,
    baseUrl: () => baseUrl,
    access,
    book: channelBook,
    outbox,
    discovery,
    estate,
    jobs,
    runOnce: (check) => pipeline.runOnce(check),
    recorder,
    pageNetwork: () => pageNetwork,
    board,
    storeState: () => health.state(),
    tally: pipeline.tally,
    onChanged,
  });
  const http = await createHttpSurface({
    handlers,
    gate: access,
    bus,
    version,
    clock,
    baseUrl,
    webDir: options.webDir,
    onInternalError: (fault, what) => logFault(what, fault),
  });
  await http.listen({ host: '127.0.0.1', port }).catch((fault: NodeJS.ErrnoException) => {
    throw fault.code === 'EADDRINUSE' ? portInUse(port) : fault;
  });
  stack.defer(() => http.close());

  await configure(options.config);
  stack.defer(startSeconds({ store, recorder, book, subjects, nowMs, clock, onFault: logFault }));
  if (sqlite.uncleanExit) void health.checkFile();
  const running = stack.move();
  return {
    baseUrl,
    channels: channelBook.usable().length,
    startUrl: () => access.startLink().url,
    configure,
    refuseConfig(faults) {
      config = { ...config, faults };
      announce('config');
    },
    stop: () => running.disposeAsync(),
  };
}

/** Before anything is watched under its new name; what waits under the old one is stored first. */
async function moveHistory(store: Store, pipeline: Pipeline, { renames, loadedAtMs }: LoadedConfig): Promise<void> {
  if (renames.length === 0) return;
  await pipeline.recorder.flush();
  const about = { chain: 'config' as const, actor: 'config', kind: 'history.moved', atMs: loadedAtMs };
  const { moved, keptApart } = await store.write(async (tx) => {
    const outcome = await renameHistory(tx, renames);
    await appendToLedger(
      tx,
      outcome.moved.map((rename) => ({ ...about, subject: rename.to, body: rename })),
    );
    return outcome;
  });
  for (const { kind, from, to } of moved) {
    if (kind === 'service') pipeline.book.rename(from, to);
    log(`The history of ${from} goes on as ${to}`);
  }
  for (const { from, to } of keptApart) {
    log(`${to} has a history of its own, so that of ${from} stays apart; \`was\` can be removed`);
  }
}

async function noteConfig(store: Store, { file, digest, services, channels, loadedAtMs }: LoadedConfig): Promise<void> {
  const body = { digest, services: services.map((service) => service.serviceId), channels: channels.length };
  const about = { chain: 'config' as const, actor: 'config', kind: 'config.loaded', subject: file };
  await store.write((tx) => appendToLedger(tx, [{ ...about, atMs: loadedAtMs, body }]));
}

function portInUse(port: number): PitwallError {
  return new PitwallError('port-in-use', `Port ${port} is taken by another program`, {
    hint: `Try another one: npm start -- --port ${port + 1}`,
  });
}
