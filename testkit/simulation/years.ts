/**
 * Years of operation in minutes: results come every half hour, faults are rare and long, and the beats of the main thread
 * are six hours apart, so that a day costs a few milliseconds. What is looked at is what only years bring: retention, day
 * rows, the turn of the year, the days on which clocks are changed. Each is counted again from a plain list.
 */
import { existsSync } from 'node:fs';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { ResultBatch } from '../../server/src/capabilities/prober/api.ts';
import { slotAtOrAfter } from '../../server/src/capabilities/prober/api.ts';
import type { WatchedService } from '../../server/src/capabilities/services/api.ts';
import type { Availability } from '../../server/src/capabilities/status/api.ts';
import { sha256Hex } from '../../server/src/core/digest.ts';
import { encodePointCode, type PointMeaning } from '../../server/src/core/point-code.ts';
import { checkColumns, type Store } from '../../server/src/storage/store.ts';
import { SeededRandom } from '../seeded-random.ts';
import { SimulatedTime } from '../simulated-time.ts';
import { SimulatedDisk } from './disk.ts';
import { compare, judgeChanges, judgeLastWord, judgeLedger, judgeTold, recountOf } from './end.ts';
import type { Ground } from './ground.ts';
import { dayMs, HistoryRecount, hourMs, rawFromMs } from './history-recount.ts';
import { Judges, type Violation } from './judges.ts';
import type { PeersOptions } from './peers.ts';
import { SimulatedPitwall } from './pitwall.ts';
import { type ChannelMood, moodAt, type Script, type Spell, type TargetMood } from './script.ts';

const intervalMs = hourMs / 2;
const timeoutMs = 10_000;
const beatMs = 6 * hourMs;
/** A change may reach back to the slots that decided it; a day is final when it is this old. */
const finalAfterDays = 3;
const judgedEveryDays = 97;
const fewestHeardKept = 300;
/** Where clocks are changed, on different days, by an hour or by half of one; and where they are not. */
const zones = ['Europe/Berlin', 'America/New_York', 'Australia/Lord_Howe', 'Pacific/Apia', 'UTC'];

export interface YearsReport {
  readonly seed: number;
  readonly violations: readonly Violation[];
  readonly figures: Readonly<Record<string, number | string>>;
  readonly digest: string;
}

export async function simulateYears(seed: number, { years }: { readonly years: number }): Promise<YearsReport> {
  const dataDir = await mkdtemp(join(existsSync('/dev/shm') ? '/dev/shm' : tmpdir(), 'pitwall-years-'));
  const zoneBefore = process.env.TZ;
  const run = new Years(seed, Math.round(years * 365), dataDir);
  process.env.TZ = run.zone;
  try {
    await run.run();
    return run.report();
  } finally {
    if (zoneBefore === undefined) delete process.env.TZ;
    else process.env.TZ = zoneBefore;
    await run.close();
    await rm(dataDir, { recursive: true, force: true });
  }
}

class Years implements Ground {
  readonly script: Script;
  readonly time: SimulatedTime;
  readonly random: SeededRandom;
  readonly disk: SimulatedDisk;
  readonly judges: Judges;
  readonly peers: PeersOptions;
  readonly zone: string;
  readonly #days: number;
  readonly #seed: number;
  readonly #histories = new Map<string, HistoryRecount>();
  readonly #expectedDays = new Map<string, Availability>();
  #pitwall: SimulatedPitwall;
  #finalBeforeMs = 0;
  #crashes = 0;
  #results = 0;
  #daysCompared = 0;
  #crashArmed = false;

  constructor(seed: number, days: number, dataDir: string) {
    this.#seed = seed;
    this.#days = days;
    this.random = new SeededRandom(`years ${seed}`);
    const { random } = this;
    this.zone = random.pick(zones);
    this.script = writeYears(seed, random, days);
    this.time = new SimulatedTime(this.script.startWallMs, new SeededRandom(`time ${seed}`));
    this.judges = new Judges(() => this.time.nowUs / 1_000);
    const onDurable = (): void => this.judges.durable(this.disk.observer);
    const diskRandom = new SeededRandom(`disk ${seed}`);
    this.disk = new SimulatedDisk({ dataDir, time: this.time, random: diskRandom, onDurable, maintainEveryMs: 0 });
    this.disk.crashesAt = () => this.#crashesNow();
    this.peers = {
      script: this.script,
      time: this.time,
      random,
      onProbe: () => {},
      onHandOver: (channelId, { messageId, message }) => {
        this.judges.handedOver(this.disk.observer, channelId, messageId, message.data);
        return false;
      },
      onArrival: (arrival) => {
        this.judges.arrived(arrival);
        return false;
      },
    };
    this.#pitwall = new SimulatedPitwall(this, { paced: true });
  }

  async run(): Promise<void> {
    await this.#start();
    for (let day = 0; day < this.#days; day += 1) {
      await this.#mishap();
      for (let beat = 0; beat < dayMs / beatMs; beat += 1) await this.#beat(day < this.#days - 2);
      this.#finishDays();
      if (day % judgedEveryDays === judgedEveryDays - 1) await this.#judgeHistory();
    }
    // What is owed has two quiet days to arrive in.
    await this.#judgeHistory();
    judgeTold(this);
    judgeLastWord(this.judges);
    judgeChanges(this);
    await judgeLedger(this, this.#pitwall);
  }

  report(): YearsReport {
    const { violations, transitions, arrivals } = this.judges;
    const told = arrivals.map(({ channelId, messageId, data, atMs }) => [
      channelId,
      messageId,
      data.possibleRepeat,
      atMs,
    ]);
    const figures = {
      days: this.#days,
      results: this.#results,
      transitions: transitions.length,
      arrivals: arrivals.length,
      crashes: this.#crashes,
      daysCompared: this.#daysCompared,
      zone: this.zone,
    };
    return {
      seed: this.#seed,
      violations,
      figures,
      digest: sha256Hex(JSON.stringify([transitions, told, violations])),
    };
  }

  async close(): Promise<void> {
    this.#pitwall.kill();
    await this.disk.close();
  }

  reopened(store: Store): void {
    this.judges.restarted(this.disk.observer, this.script.services, (key) => {
      const seriesId = this.#seriesId(key);
      if (seriesId === undefined) return new Set();
      const stored = new Set(store.series.scan({ seriesId, fromMs: 0, toMs: Number.MAX_SAFE_INTEGER }).atMs);
      const heard = this.judges.recounts.get(key)!.heard;
      const newestMs = heard.at(-1)?.slotMs ?? 0;
      this.#histories.get(key)?.forget(newestMs - dayMs, (slotMs) => stored.has(slotMs));
      // Older raw points may be gone already, and were committed long ago.
      for (const { slotMs } of heard) if (slotMs < newestMs - dayMs) stored.add(slotMs);
      return stored;
    });
  }

  results(): void {}

  taken(batch: ResultBatch): void {
    this.#results += batch.keys.length;
    const refusedBeforeMs = rawFromMs(this.#pitwall.nowMs());
    for (const [row, key] of batch.keys.entries()) {
      // After a long absence: what was due so long ago is refused (DESIGN §6).
      if (batch.slotMs[row]! < refusedBeforeMs) continue;
      const history = this.#histories.get(key) ?? new HistoryRecount();
      this.#histories.set(key, history);
      history.add(batch.slotMs[row]!, { code: batch.codes[row]!, totalUs: batch.values[row * checkColumns]! });
    }
  }

  /** Asked by the disk at each commit. */
  #crashesNow(): boolean {
    if (!this.#crashArmed || !this.#pitwall.running) return false;
    this.#crashArmed = false;
    this.#pitwall.kill();
    return true;
  }

  async #settled(forMs: number): Promise<void> {
    const settle = async (): Promise<void> => {
      do await new Promise((resolve) => setImmediate(resolve));
      while (this.disk.busy > 0);
    };
    await settle();
    await this.time.runUntil(this.time.nowUs + forMs * 1_000, settle);
  }

  async #start(): Promise<void> {
    this.#pitwall = new SimulatedPitwall(this, { paced: true });
    const starting = this.#pitwall.start(this.script.services).catch((fault: unknown) => {
      this.judges.fault('unexpected', `start: ${(fault as Error).stack}`);
    });
    await this.#settled(10_000);
    await starting;
  }

  /** Rarely: a clock that is set, or an end, with an absence of minutes to months after it. */
  async #mishap(): Promise<void> {
    const { random } = this;
    if (random.chance(0.01)) this.time.setWallClockBy(random.pick([-26, -1, 1, 26]) * hourMs);
    if (random.chance(0.03)) this.#crashArmed = true;
    else if (random.chance(0.02)) this.#pitwall.kill();
    if (this.#pitwall.main.alive) return;
    await this.#restart();
  }

  async #restart(): Promise<void> {
    const { random } = this;
    this.#crashes += 1;
    this.#crashArmed = false;
    const absentMs = random.chance(0.1) ? random.int(1, 45) * dayMs : random.int(1, 180) * 60_000;
    await this.#settled(absentMs);
    await this.#start();
  }

  /** Six hours: each slot's results, then what the main thread does each second. */
  async #beat(isTroubled: boolean): Promise<void> {
    const untilUs = this.time.nowUs + beatMs * 1_000;
    const { services } = this.script;
    const checks = services.flatMap((service) => service.checks);
    while (this.time.nowUs < untilUs) {
      if (!this.#pitwall.main.alive) await this.#restart();
      const nowMs = this.#pitwall.nowMs();
      const nextMs = Math.min(...checks.map((check) => slotAtOrAfter(check, nowMs + 1)));
      const due = checks.filter((check) => slotAtOrAfter(check, nextMs) === nextMs);
      await this.#settled(nextMs - nowMs);
      if (!this.#pitwall.main.alive) continue;
      const batch = this.#batch(
        due.map(({ key }) => key),
        nextMs,
        isTroubled,
      );
      const { recorder } = this.#pitwall.pipeline;
      recorder.take(batch);
      if (this.random.chance(0.01)) recorder.take(batch);
    }
    await this.#second();
  }

  #batch(keys: readonly string[], slotMs: number, isTroubled: boolean): ResultBatch {
    const { random, script } = this;
    const heard = isTroubled ? keys.filter(() => !random.chance(0.002)) : keys;
    const codes: number[] = [];
    const values: number[] = [];
    for (const key of heard) {
      const mood = isTroubled ? moodAt(script.targets.get(key)!, this.time.nowUs / 1_000) : 'up';
      const suspect = isTroubled && random.chance(0.003);
      codes.push(encodePointCode({ ...meaningOf(mood, random), suspect, missed: false, attempts: 1 }));
      const totalUs = mood === 'strange' ? -1 : random.int(1_000, 900_000);
      values.push(totalUs, -1, -1, -1, -1, -1);
    }
    return { keys: heard, slotMs: heard.map(() => slotMs), codes, values, details: [], observed: [] };
  }

  /** As app/seconds.ts does it; a crash at one of its commits leaves the rest undone. */
  async #second(): Promise<void> {
    const { pipeline, store, main } = this.#pitwall;
    if (!main.alive) return;
    void pipeline.recorder.tick();
    await this.#settled(5_000);
    while (main.alive && (await store.maintain(this.#pitwall.nowMs())).more);
    if (!main.alive) return;
    const { book, subjects } = pipeline;
    void store.write((tx) => book.closeDays(tx.db, subjects(), this.#pitwall.nowMs(), 1_000));
    await this.#settled(5_000);
  }

  /** What a day came to, while what was heard of it is still remembered. */
  #finishDays(): void {
    if (!this.#pitwall.main.alive) return;
    const finalMs = (Math.floor(this.#pitwall.nowMs() / dayMs) - finalAfterDays) * dayMs;
    for (const { serviceId, checks } of this.#pitwall.pipeline.subjects()) {
      const recounts = checks.map(
        ({ key, watchedSinceMs }) => [watchedSinceMs, this.judges.recounts.get(key)!] as const,
      );
      const sinceMs = Math.min(...checks.map(({ watchedSinceMs }) => watchedSinceMs));
      const firstMs = Math.max(this.#finalBeforeMs, Math.floor(sinceMs / dayMs) * dayMs);
      for (let fromMs = firstMs; fromMs < finalMs; fromMs += dayMs) {
        this.#expectedDays.set(`${serviceId} ${fromMs}`, recountOf(recounts, fromMs, fromMs + dayMs));
      }
    }
    this.#finalBeforeMs = Math.max(this.#finalBeforeMs, finalMs);
    for (const recount of this.judges.recounts.values()) recount.trim(finalMs - 2 * dayMs, fewestHeardKept);
  }

  async #judgeHistory(): Promise<void> {
    if (!this.#pitwall.main.alive) await this.#restart();
    this.#crashArmed = false;
    await this.#second();
    const { pipeline, store } = this.#pitwall;
    const nowMs = this.#pitwall.nowMs();
    for (const [key, history] of this.#histories)
      history.judge(this.judges, key, store.series, this.#seriesId(key)!, nowMs);
    const today = Math.floor(nowMs / dayMs) * dayMs;
    for (const { serviceId, checks } of pipeline.subjects()) {
      const days = new Map((await pipeline.book.days(serviceId, 0, nowMs)).map((one) => [one.dayMs, one.availability]));
      const sinceMs = Math.min(...checks.map(({ watchedSinceMs }) => watchedSinceMs));
      const firstMs = Math.max(Math.floor(sinceMs / dayMs) * dayMs, today - 399 * dayMs);
      for (let atMs = firstMs; atMs < today - finalAfterDays * dayMs; atMs += dayMs) {
        const name = `${serviceId} on ${new Date(atMs).toISOString()}`;
        const counted = days.get(atMs);
        const expected = this.#expectedDays.get(`${serviceId} ${atMs}`);
        if (counted === undefined) this.judges.fault('day lost', name);
        else if (expected !== undefined) compare(this, name, counted, expected);
        this.#daysCompared += 1;
      }
    }
  }

  #seriesId(key: string): number | undefined {
    const row = this.disk.observer.prepare('SELECT id FROM series WHERE key = ?').get(key);
    return row === undefined ? undefined : Number(row.id);
  }
}

function meaningOf(mood: TargetMood, random: SeededRandom): Pick<PointMeaning, 'outcome' | 'reason'> {
  const now = mood === 'flapping' ? random.pick(['up', 'up', 'refused', 'slow'] as const) : mood;
  if (now === 'slow') return { outcome: 'degraded', reason: 'too-slow' };
  if (now === 'refused' || now === 'hanging') return { outcome: 'fail', reason: 'connection-refused' };
  if (now === 'strange') return { outcome: 'unknown', reason: 'dns-failed' };
  return { outcome: 'pass', reason: 'expectations-met' };
}

function writeYears(seed: number, random: SeededRandom, days: number): Script {
  const services = ['service-0', 'service-1'].map((serviceId, index) => writeService(random, serviceId, index + 1));
  const troubleMs = days * dayMs;
  const keys = services.flatMap((service) => service.checks).map(({ key }) => key);
  const startWallMs = Date.UTC(2027, random.int(0, 11), random.int(1, 28), random.int(0, 23), random.int(0, 59));
  return {
    seed,
    startWallMs,
    troubleMs,
    leastEndMs: troubleMs,
    endMs: troubleMs,
    services,
    targets: new Map(
      keys.map((key) => [key, spells<TargetMood>(random, troubleMs, 'up', ['slow', 'refused', 'flapping', 'strange'])]),
    ),
    channels: new Map([
      ['desk', spells<ChannelMood>(random, troubleMs, 'fine', ['failing', 'busy', 'reset', 'unreachable'])],
    ]),
    mishaps: [],
  };
}

function writeService(random: SeededRandom, serviceId: string, checks: number): WatchedService {
  return {
    serviceId,
    title: serviceId,
    tile: undefined,
    criticality: 'P1',
    facesCustomers: true,
    dependsOn: [],
    origin: 'config',
    ability: undefined,
    checks: ['a', 'b'].slice(0, checks).map((checkId) => ({
      key: `${serviceId}/${checkId}`,
      serviceId,
      checkId,
      title: `Check ${checkId}`,
      kind: 'simulated',
      intervalMs,
      timeoutMs,
      retries: 0,
      downAfter: random.int(1, 3),
      upAfter: random.int(1, 3),
      spec: {},
      shownSpec: {},
      secrets: [],
      missing: [],
    })),
  };
}

/** Mostly well; now and then something else for hours or days, and well again in the last two days. */
function spells<Mood>(random: SeededRandom, untilMs: number, well: Mood, others: readonly Mood[]): Spell<Mood>[] {
  const all: Spell<Mood>[] = [{ fromMs: 0, mood: well }];
  const quietFromMs = untilMs - 2 * dayMs;
  for (let atMs = random.spellMs(12 * dayMs); atMs < quietFromMs; atMs += random.spellMs(12 * dayMs, hourMs)) {
    all.push({ fromMs: atMs, mood: random.pick(others) });
    atMs += random.spellMs(10 * hourMs, hourMs);
    all.push({ fromMs: Math.min(atMs, quietFromMs), mood: well });
  }
  return all;
}
