/** Pitwall as a running whole: every part made once, given what it needs, and stopped in the reverse order. */

import path from 'node:path';
import { createEventBus } from '../bus/events.ts';
import { allowedHostsFor, openAccess } from '../capabilities/access/api.ts';
import type { BoardSources, ConfigFigures } from '../capabilities/board/api.ts';
import { kindNamed, kinds } from '../capabilities/checks/api.ts';
import type { LoadedConfig } from '../capabilities/config/api.ts';
import { startDiscovery } from '../capabilities/discovery/api.ts';
import { openAvailabilityBook, renameHistory, type WatchedSubject } from '../capabilities/history/api.ts';
import { appendToLedger } from '../capabilities/ledger/api.ts';
import {
  enqueueMessages,
  messageFor,
  openChannelBook,
  readToldFigures,
  startOutbox,
} from '../capabilities/outbox/api.ts';
import { type ProberEvent, slotAtOrAfter, startProber } from '../capabilities/prober/api.ts';
import { type Committed, createRecorder, type LiveCheck } from '../capabilities/recording/api.ts';
import type { WatchedService } from '../capabilities/services/api.ts';
import { judge, lapse, serviceStatus } from '../capabilities/status/api.ts';
import { openEstate } from '../capabilities/watching/api.ts';
import { PitwallError } from '../core/errors.ts';
import { type Clock, type RandomSource, systemRandom } from '../platform/clock.ts';
import { hostReadings } from '../platform/host-readings.ts';
import { createNetwork } from '../platform/resolver.ts';
import { openSealingKey } from '../platform/sealing-key.ts';
import { openSqliteStore } from '../storage/sqlite/sqlite-store.ts';
import { createHttpSurface } from '../surfaces/http/http-surface.ts';
import { builtInIds, builtInServices } from './built-in.ts';
import { missedWhileAway } from './catch-up.ts';
import { createHandlers } from './handlers.ts';
import { log, logFault } from './log.ts';
import { startSeconds } from './seconds.ts';
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
  readonly channels: number;
  startUrl(): string;
  configure(config: LoadedConfig): Promise<void>;
  /** A reload was refused: the page says so, what runs goes on. */
  refuseConfig(faults: ConfigFigures['faults']): void;
  stop(): Promise<void>;
}

const freeBytesKeptMs = 10_000;
const resultsEventMs = 1_000;

export async function startServer(options: ServerOptions): Promise<RunningServer> {
  const { clock, dataDir, port } = options;
  const random = options.random ?? systemRandom;
  const startedAtMs = clock.nowMs();
  const baseUrl = options.publicUrl ?? `http://127.0.0.1:${port}`;
  const stack = new AsyncDisposableStack();
  try {
    const sqlite = await openSqliteStore({ dataDir, clock });
    stack.defer(() => sqlite.close());
    const store = timeWrites(sqlite, clock);
    const bus = createEventBus();
    const faults = { store: undefined as string | undefined };
    const channelBook = await openChannelBook(store, await openSealingKey(path.join(dataDir, 'secret.key')));
    const fileNetwork = createNetwork({ allowPrivate: true, allow: [] }, clock);
    const pageNetworkOf = (config: LoadedConfig | undefined) =>
      createNetwork({ allowPrivate: false, allow: config?.server.allowAddresses ?? [] }, clock);
    let pageNetwork = pageNetworkOf(options.config);
    const nowMs = (): number => prober.nowMs();

    const prober = startProber({
      clock,
      policy: { allowPrivate: true, allow: [] },
      onBatch: (batch) => recorder.take(batch),
      onEvent: (event) => void noteProberEvent(event),
    });
    stack.defer(() => prober.stop());
    const outbox = startOutbox({
      store,
      clock,
      random,
      networkOf: (channel) => (channel.origin === 'config' ? fileNetwork : pageNetwork),
      channels: () => channelBook.all(),
      onFatal: (fault) => logFault('Sending messages', fault),
      onFinished: () => bus.publish({ type: 'changed', atMs: nowMs(), what: 'resources' }),
    });
    stack.defer(() => outbox.stop());
    const recorder = createRecorder({
      store,
      nowMs,
      decisions: { judge, lapse, serviceStatus },
      messageOf: (change, service) => messageFor(change, service, { baseUrl }),
      enqueue: (tx, messages) => {
        const channelIds = channelBook.all().map((channel) => channel.channelId);
        return enqueueMessages(tx, messages, channelIds, nowMs());
      },
      appendLedger: async (tx, notes) => {
        await appendToLedger(
          tx,
          notes.map((note) => ({ ...note, chain: 'pitwall' as const, actor: 'pitwall' })),
        );
      },
      sendUnrecorded: (messages) => outbox.sendUnrecorded(messages),
      onCommitted,
      onFault(fault) {
        const before = faults.store;
        faults.store = fault === undefined ? undefined : storeFaultText(fault);
        if (before === faults.store) return;
        if (fault === undefined) log('The store works again');
        else logFault('Storing results', fault);
        bus.publish({ type: 'changed', atMs: nowMs(), what: 'config' });
      },
    });
    const book = await openAvailabilityBook(store.read, subjectOf, startedAtMs);
    let resultsToldAtMs = 0;

    function onCommitted({ serviceChanges, checkChanges, covers }: Committed): void {
      for (const { key, change } of checkChanges) book.touch(serviceOf(key), change.effectiveAtMs);
      for (const { key } of covers) book.touch(serviceOf(key), nowMs());
      if (serviceChanges.length > 0) outbox.wake();
      const atMs = nowMs();
      if (checkChanges.length > 0) bus.publish({ type: 'changed', atMs, what: 'status' });
      else if (atMs - resultsToldAtMs >= resultsEventMs) bus.publish({ type: 'changed', atMs, what: 'results' });
      else return;
      resultsToldAtMs = atMs;
    }

    function subjects(): WatchedSubject[] {
      return recorder.live().map(({ service, checks }) => ({
        serviceId: service.serviceId,
        checks: checks.map(({ check, watchedSinceMs }) => ({ key: check.key, watchedSinceMs })),
      }));
    }

    function subjectOf(serviceId: string): WatchedSubject | undefined {
      return subjects().find((subject) => subject.serviceId === serviceId);
    }

    async function noteProberEvent(event: ProberEvent): Promise<void> {
      log(`Prober: ${JSON.stringify(event)}`);
      if (event.kind === 'slots-missed') return;
      const { kind, atMs, ...body } = event;
      const entry = {
        chain: 'pitwall' as const,
        actor: 'pitwall',
        kind: `prober.${kind}`,
        atMs,
        subject: 'prober',
        body,
      };
      await store
        .write((tx) => appendToLedger(tx, [entry]))
        .catch((fault: unknown) => logFault('Recording what the prober said', fault));
    }

    async function watch(services: readonly WatchedService[]): Promise<void> {
      await recorder.setServices(services);
      // One instant for both: what was due before it is missed, what is due from it on is the prober's.
      const fromMs = nowMs();
      if (!watching) recorder.take(missedWhileAway(recorder.live(), fromMs));
      watching = true;
      prober.setChecks(
        services.flatMap((service) => service.checks),
        fromMs,
      );
      await recorder.flush();
      bus.publish({ type: 'changed', atMs: nowMs(), what: 'resources' });
    }
    let watching = false;

    const estate = await openEstate({ store, kinds, builtIn: builtInServices(port, dataDir), onChange: watch });
    // A receiver of messages on this machine is not asked what it is, and it is known before anything is asked.
    channelBook.configure(options.config?.channels ?? []);
    const discovery = await startDiscovery({
      store,
      clock,
      knownPorts: () => {
        const checks = [...(options.config?.services ?? []), ...estate.services()].flatMap((service) => service.checks);
        const targets = [...checks.map((check) => check.spec), ...channelBook.all().map((channel) => channel.settings)];
        return localPorts(targets, port);
      },
      onChanged: () => bus.publish({ type: 'changed', atMs: nowMs(), what: 'resources' }),
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

    const config = {
      file: options.config?.file,
      loadedAtMs: options.config?.loadedAtMs,
      faults: [] as ConfigFigures['faults'],
    };
    const disk = { atMs: 0, freeBytes: 0 };
    const readDisk = async (): Promise<void> => {
      disk.atMs = clock.nowMs();
      disk.freeBytes = (await hostReadings.disk(dataDir)).freeBytes;
    };
    await readDisk();
    const board: BoardSources = {
      store,
      nowMs,
      startedAtMs,
      version: options.version,
      address: baseUrl.replace(/^https?:\/\//, ''),
      dataDir,
      live: () => recorder.live(),
      book,
      describe: describeLast,
      nextSlotMs: (key) => {
        const check = estate
          .services()
          .flatMap((service) => service.checks)
          .find((candidate) => candidate.key === key);
        return check === undefined ? undefined : slotAtOrAfter(check, nowMs());
      },
      prober: () => proberFigures(prober, estate.services()),
      config: () => config,
      told: () => readToldFigures(store.read, channelBook.all().length, nowMs()),
      proposals: () => {
        const { proposals, leftAlone } = discovery.proposals();
        return { proposals: proposals.map(({ check: _, ...shown }) => shown), leftAlone };
      },
      storeFault: () => faults.store,
      freeBytes: () => {
        if (clock.nowMs() - disk.atMs > freeBytesKeptMs) readDisk().catch(() => {});
        return disk.freeBytes;
      },
    };
    const handlers = createHandlers({
      store,
      nowMs,
      random,
      startedAtMs,
      version: options.version,
      baseUrl: () => baseUrl,
      access,
      book: channelBook,
      outbox,
      discovery,
      estate,
      prober,
      recorder,
      pageNetwork: () => pageNetwork,
      board,
      onChanged: () => bus.publish({ type: 'changed', atMs: nowMs(), what: 'resources' }),
    });
    const http = await createHttpSurface({
      handlers,
      gate: access,
      bus,
      clock,
      baseUrl,
      webDir: options.webDir,
      onInternalError: (fault, what) => logFault(what, fault),
    });
    await http.listen({ host: '127.0.0.1', port }).catch((fault: NodeJS.ErrnoException) => {
      throw fault.code === 'EADDRINUSE' ? portInUse(port) : fault;
    });
    stack.defer(() => http.close());

    async function configure(next: LoadedConfig | undefined): Promise<void> {
      channelBook.configure(next?.channels ?? []);
      pageNetwork = pageNetworkOf(next);
      outbox.wake();
      if (next !== undefined) await moveHistory(next);
      await estate.configure(next?.services ?? []);
      config.file = next?.file;
      config.loadedAtMs = next?.loadedAtMs;
      config.faults = [];
      if (next !== undefined) await noteConfig(next);
    }

    /** Before anything is watched under its new name; what waits under the old one is stored first. */
    async function moveHistory({ renames, loadedAtMs }: LoadedConfig): Promise<void> {
      if (renames.length === 0) return;
      await recorder.flush();
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
        if (kind === 'service') book.rename(from, to);
        log(`The history of ${from} goes on as ${to}`);
      }
      for (const { from, to } of keptApart) {
        log(`${to} has a history of its own, so that of ${from} stays apart; \`was\` can be removed`);
      }
    }

    async function noteConfig({ file, digest, services, channels, loadedAtMs }: LoadedConfig): Promise<void> {
      const body = { digest, services: services.map((service) => service.serviceId), channels: channels.length };
      const entry = {
        chain: 'config' as const,
        actor: 'config',
        kind: 'config.loaded',
        atMs: loadedAtMs,
        subject: file,
        body,
      };
      await store.write((tx) => appendToLedger(tx, [entry]));
    }

    await configure(options.config);
    const stopSeconds = startSeconds({ store, recorder, book, subjects, nowMs, clock, onFault: logFault });
    if (sqlite.uncleanExit) void checkStore(sqlite, faults);
    const owned = stack.move();
    return {
      baseUrl,
      channels: channelBook.all().length,
      startUrl: () => access.startLink().url,
      configure,
      refuseConfig(refused) {
        config.faults = refused;
        bus.publish({ type: 'changed', atMs: nowMs(), what: 'config' });
      },
      async stop() {
        await stopSeconds();
        await prober.stop();
        await recorder.flush().catch((fault: unknown) => logFault('Storing the last results', fault));
        await owned.disposeAsync();
      },
    };
  } catch (fault) {
    await stack.disposeAsync();
    throw fault;
  }
}

export { builtInIds };

function serviceOf(checkKey: string): string {
  return checkKey.slice(0, checkKey.indexOf('/'));
}

function describeLast({ check, last }: LiveCheck): string {
  if (last === undefined || Object.keys(last.observed).length === 0) return '';
  return kindNamed(check.kind).describe(last.observed, last.values[0]!);
}

function proberFigures(prober: ReturnType<typeof startProber>, services: readonly WatchedService[]) {
  const checks = services.flatMap((service) => service.checks);
  const { late, missed, eventLoopDelayP99Ms } = prober.stats();
  const checksPerMinute = Math.round(checks.reduce((sum, check) => sum + 60_000 / check.intervalMs, 0));
  return { checks: checks.length, checksPerMinute, late, missed, eventLoopDelayP99Ms, restarts: 0 };
}

/** Ports of this machine that checks and channels name already, and our own. */
function localPorts(targets: readonly unknown[], ownPort: number): Set<number> {
  const ports = new Set([ownPort]);
  for (const target of targets) {
    const { url, host, port } = (target ?? {}) as { url?: unknown; host?: unknown; port?: unknown };
    const address = typeof url === 'string' && URL.canParse(url) ? new URL(url) : undefined;
    const name = address?.hostname ?? (typeof host === 'string' ? host : '');
    if (!/^(localhost|127\.\d+\.\d+\.\d+|\[?::1\]?)$/.test(name)) continue;
    ports.add(
      address === undefined ? Number(port) : Number(address.port || (address.protocol === 'https:' ? 443 : 80)),
    );
  }
  return ports;
}

function storeFaultText(fault: unknown): string {
  if (fault instanceof PitwallError && fault.code === 'store-full') {
    return 'The disk is full: results wait in memory, messages still go out. Make room and they are stored.';
  }
  return 'Results cannot be stored just now; they wait in memory and are tried again each second.';
}

function portInUse(port: number): PitwallError {
  return new PitwallError('port-in-use', `Port ${port} is taken by another program`, {
    hint: `Try another one: npm start -- --port ${port + 1}`,
  });
}

async function checkStore(
  sqlite: { checkIntegrity(): Promise<string[]> },
  faults: { store: string | undefined },
): Promise<void> {
  const problems = await sqlite.checkIntegrity().catch((fault: unknown) => [String(fault)]);
  if (problems.length === 0) return;
  log(`The database file is damaged: ${problems.slice(0, 3).join('; ')}`);
  faults.store =
    'The database file is damaged after an unclean end; keep a copy of the data folder before anything else.';
}
