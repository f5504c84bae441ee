/** What the board shows, gathered from the parts that know it. */
import type { BoardSources } from '../capabilities/board/api.ts';
import { kindNamed } from '../capabilities/checks/api.ts';
import type { Discovery } from '../capabilities/discovery/api.ts';
import { type ChannelBook, readToldFigures } from '../capabilities/outbox/api.ts';
import { slotAtOrAfter } from '../capabilities/prober/api.ts';
import type { LiveCheck } from '../capabilities/recording/api.ts';
import type { WatchedService } from '../capabilities/services/api.ts';
import type { Estate } from '../capabilities/watching/api.ts';
import type { Clock } from '../platform/clock.ts';
import { hostReadings } from '../platform/host-readings.ts';
import type { Pipeline } from './pipeline.ts';

const freeBytesKeptMs = 10_000;

export interface BoardParts extends Pick<BoardSources, 'store' | 'startedAtMs' | 'version' | 'dataDir' | 'config'> {
  readonly clock: Clock;
  readonly wallClock: Clock;
  readonly baseUrl: string;
  readonly pipeline: Pipeline;
  readonly estate: Estate;
  readonly channelBook: ChannelBook;
  readonly discovery: Discovery;
  readonly storeFault: () => string | undefined;
}

export async function gatherBoard(parts: BoardParts): Promise<BoardSources> {
  const { store, clock, dataDir, pipeline, estate, channelBook, discovery } = parts;
  const nowMs = (): number => clock.nowMs();
  return {
    store,
    nowMs,
    machineMs: () => parts.wallClock.nowMs(),
    startedAtMs: parts.startedAtMs,
    version: parts.version,
    address: parts.baseUrl.replace(/^https?:\/\//, ''),
    dataDir,
    live: () => pipeline.recorder.live(),
    book: pipeline.book,
    describe: describeLast,
    nextSlotMs(key) {
      const checks = estate.services().flatMap((service) => service.checks);
      const check = checks.find((candidate) => candidate.key === key);
      return check === undefined ? undefined : slotAtOrAfter(check, nowMs());
    },
    prober: () => proberFigures(pipeline, estate.services()),
    config: parts.config,
    told: () => {
      const channelIds = channelBook.all().map((channel) => channel.channelId);
      const usable = channelBook.usable().map((channel) => channel.channelId);
      return readToldFigures(store.read, usable, channelIds, nowMs());
    },
    proposals() {
      const { proposals, leftAlone } = discovery.proposals();
      return { proposals: proposals.map(({ check: _, ...shown }) => shown), leftAlone };
    },
    storeFault: parts.storeFault,
    shutGate: () => pipeline.shutGate(),
    freeBytes: await freeBytesOf(dataDir, clock),
  };
}

/** Asked for by every board, so the last answer serves for a while. */
async function freeBytesOf(dataDir: string, clock: Clock): Promise<() => number> {
  let freeBytes = 0;
  let readAtMs = 0;
  const read = async (): Promise<void> => {
    readAtMs = clock.nowMs();
    freeBytes = (await hostReadings.disk(dataDir)).freeBytes;
  };
  await read();
  return () => {
    if (clock.nowMs() - readAtMs > freeBytesKeptMs) read().catch(() => {});
    return freeBytes;
  };
}

function describeLast({ check, last }: LiveCheck): string {
  if (last === undefined || Object.keys(last.observed).length === 0) return '';
  return kindNamed(check.kind).describe(last.observed, last.values[0]!);
}

function proberFigures({ prober, restarts }: Pipeline, services: readonly WatchedService[]) {
  const checks = services.flatMap((service) => service.checks);
  const { late, missed, eventLoopDelayP99Ms } = prober.stats();
  const checksPerMinute = Math.round(checks.reduce((sum, check) => sum + 60_000 / check.intervalMs, 0));
  return { checks: checks.length, checksPerMinute, late, missed, eventLoopDelayP99Ms, restarts: restarts() };
}
