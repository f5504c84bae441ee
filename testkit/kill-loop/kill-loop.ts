/**
 * A real Pitwall, watching a shop that breaks and telling people about it, is killed again and again: at any instant,
 * while it starts, in the middle of a delivery, and inside the sealing of an hour. Nothing that anyone was told of may
 * be lost, nothing may be repeated without saying so, and the history must agree with what the shop saw.
 */
import { copyFileSync, existsSync, rmSync } from 'node:fs';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { DatabaseSync } from 'node:sqlite';
import { systemClock } from '../../server/src/platform/clock.ts';
import { PitwallProcess } from '../pitwall-process.ts';
import { SeededRandom } from '../seeded-random.ts';
import { finalFindings, restartFindings } from './findings.ts';
import { LoggedShop, question } from './logged-shop.ts';
import { OldHours, oldSeries } from './old-hours.ts';
import type { Finding, LoopRecord, Run } from './record.ts';
import { Told } from './told.ts';

export interface KillLoopOptions {
  readonly seed: number;
  readonly kills: number;
  /** Of them, how many at least must fall inside the sealing of an hour. */
  readonly insideSealing: number;
  readonly say: (line: string) => void;
}

export const killModes = ['any', 'starting', 'mid-delivery', 'answered', 'sealing'] as const;
type KillMode = (typeof killModes)[number];

export interface KillLoopOutcome {
  readonly kills: Readonly<Record<KillMode, number>>;
  readonly insideSealing: number;
  readonly findings: readonly Finding[];
  readonly counts: Readonly<Record<string, number>>;
}

const services = 30;
const channels = ['owner', 'chat', 'log'] as const;
const flipMs = 150;
const hourMs = 3_600_000;
/** How long the store waits for an hour's last results before it seals it (sqlite-store.ts). */
const sealingGraceMs = 60_000;
/** Not every kill that is meant for a sealing hits it. */
const moreSealings = 1.3;
const longestRunMs = 1_200;
/** A trap that nobody walked into is given up. */
const longestTrapMs = 4_000;
const longestSealingWaitMs = 15_000;
const settledWithinMs = 60_000;
/** Longer than the outbox ever leaves a message alone after a failure (outbox/domain.ts). */
const longestRetryMs = 300_000;

export async function runKillLoop(options: KillLoopOptions): Promise<KillLoopOutcome> {
  const random = new SeededRandom(options.seed);
  await using shop = await LoggedShop.start(services, new SeededRandom(`shop ${options.seed}`));
  await using told = await Told.start(new SeededRandom(`told ${options.seed}`));
  const folder = await mkdtemp(path.join(tmpdir(), 'pitwall-kill-loop-'));
  await using cleanup = new AsyncDisposableStack();
  cleanup.defer(() => rm(folder, { recursive: true }));
  const configFile = path.join(folder, 'pitwall.yaml');
  await writeFile(configFile, configOf(shop, told));
  await using pitwall = await PitwallProcess.prepare(configFile, { settableClock: true });
  const loop = new KillLoop(options, random, shop, told, pitwall, folder);
  return await loop.run();
}

function configOf(shop: LoggedShop, told: Told): string {
  const often = 'interval: 1s, timeout: 400ms, retries: 0';
  const declared = shop.services.map(({ serviceId, downAfter, page, tcpPort }) => {
    const verdict = `downAfter: ${downAfter}, upAfter: ${downAfter}`;
    const checks = [
      ...(page ? [`page: { kind: http, url: "${shop.pageUrl(serviceId)}", ${often}, ${verdict} }`] : []),
      ...(tcpPort === undefined
        ? []
        : [
            `port: { kind: tcp, host: 127.0.0.1, port: ${tcpPort}, send: ${question}, expect: { text: OK }, ${often}, ${verdict} }`,
          ]),
    ];
    return `  ${serviceId}:\n    checks:\n${checks.map((check) => `      ${check}\n`).join('')}`;
  });
  const secret = `whsec_${Buffer.from('a secret of twenty-four!').toString('base64')}`;
  const tell = channels.map(
    (name) => `  ${name}: { kind: webhook, url: "${told.urlOf(name)}", secret: "${secret}" }\n`,
  );
  return `services:\n${declared.join('')}channels:\n${tell.join('')}`;
}

class KillLoop {
  readonly #options: KillLoopOptions;
  readonly #random: SeededRandom;
  readonly #shop: LoggedShop;
  readonly #told: Told;
  readonly #pitwall: PitwallProcess;
  readonly #folder: string;
  readonly #hours: OldHours;
  readonly #runs: Run[] = [];
  readonly #findings: Finding[] = [];
  readonly #kills: Record<KillMode, number> = { any: 0, starting: 0, 'mid-delivery': 0, answered: 0, sealing: 0 };
  #insideSealing = 0;
  #offsetMs = 0;
  #deliveriesChecked = 0;

  constructor(
    options: KillLoopOptions,
    random: SeededRandom,
    shop: LoggedShop,
    told: Told,
    pitwall: PitwallProcess,
    folder: string,
  ) {
    this.#options = options;
    this.#random = random;
    this.#shop = shop;
    this.#told = told;
    this.#pitwall = pitwall;
    this.#folder = folder;
    this.#hours = new OldHours(pitwall.dataDir);
    // Some minutes into an hour, so that none ends by itself.
    this.#offsetMs = this.#toHour(300_000);
  }

  async run(): Promise<KillLoopOutcome> {
    const { kills, insideSealing, say } = this.#options;
    this.#shop.flipEvery(flipMs);
    for (let kill = 0; kill < kills; kill += 1) {
      const sealingsLeft = insideSealing - this.#insideSealing;
      const mustSeal = sealingsLeft > 0 && this.#random.ratio() < (sealingsLeft * moreSealings) / (kills - kill);
      await this.#oneKill(
        mustSeal ? 'sealing' : this.#random.pick(['any', 'any', 'starting', 'mid-delivery', 'answered']),
      );
      if ((kill + 1) % 20 === 0) {
        const deliveries = this.#told.deliveries.length;
        say(
          `${kill + 1} kills, ${this.#insideSealing} inside the sealing, ${deliveries} deliveries, ${this.#findings.length} findings`,
        );
      }
    }
    while (this.#insideSealing < insideSealing && this.#kills.sealing < 2 * insideSealing)
      await this.#oneKill('sealing');
    const counts = await this.#settle();
    return { kills: this.#kills, insideSealing: this.#insideSealing, findings: this.#findings, counts };
  }

  get #record(): LoopRecord {
    const { deliveries } = this.#told;
    return { shop: this.#shop, runs: this.#runs, deliveries, channels, pitwall: this.#pitwall };
  }

  /** How far ahead the clock must be for the next hour (of the shifted time) to have begun so long ago. */
  #toHour(sinceMs: number): number {
    const nowMs = systemClock.nowMs();
    const shiftedMs = nowMs + this.#offsetMs;
    return (Math.floor(shiftedMs / hourMs) + 1) * hourMs + sinceMs - nowMs;
  }

  async #oneKill(mode: KillMode): Promise<void> {
    if (mode === 'sealing') {
      const nowMs = systemClock.nowMs();
      await this.#hours.fill(Math.floor((nowMs + this.#offsetMs) / hourMs));
      this.#offsetMs = this.#toHour(sealingGraceMs);
    }
    this.#pitwall.setClock(this.#offsetMs);
    const run: Run = { startedMs: systemClock.nowMs(), offsetMs: this.#offsetMs, killedMs: Number.POSITIVE_INFINITY };
    this.#runs.push(run);
    const ready = this.#pitwall.start();
    if (mode === 'starting') {
      ready.catch(() => {});
      await systemClock.sleep(this.#random.int(20, 1_200));
    } else {
      await ready;
      await this.#checkRestart();
      await this.#untilItsTime(mode);
    }
    run.killedMs = systemClock.nowMs();
    await this.#pitwall.end('SIGKILL');
    this.#kills[mode] += 1;
    if (mode === 'sealing' && this.#isInsideSealing(run)) this.#insideSealing += 1;
  }

  async #checkRestart(): Promise<void> {
    const upTo = this.#told.deliveries.length;
    const fresh = this.#told.deliveries.slice(this.#deliveriesChecked, upTo);
    this.#deliveriesChecked = upTo;
    // The chain grows with every kill, and with it the time that verifying takes.
    const verifies = this.#runs.length < 100 || this.#runs.length % 10 === 0;
    this.#findings.push(...(await restartFindings(this.#pitwall, fresh, verifies)));
  }

  async #untilItsTime(mode: KillMode): Promise<void> {
    const { promise, resolve } = Promise.withResolvers<void>();
    const kill = (): void => {
      process.kill(this.#pitwall.pid!, 'SIGKILL');
      resolve();
    };
    if (mode === 'mid-delivery' || mode === 'answered') {
      this.#told.trap(mode === 'answered', kill);
      await Promise.race([promise, systemClock.sleep(longestTrapMs)]);
      this.#told.disarm();
    } else if (mode === 'sealing') await this.#untilSealing(kill);
    else await systemClock.sleep(this.#random.int(0, longestRunMs));
  }

  /** Looks at the watermark until it has come so far, and kills in the same breath. */
  async #untilSealing(kill: () => void): Promise<void> {
    const hour = this.#sealedHour(this.#runs.at(-1)!);
    const database = new DatabaseSync(path.join(this.#pitwall.dataDir, 'pitwall.db'), { readOnly: true });
    const watermark = database.prepare('SELECT through_series AS series FROM sealed_hour WHERE hour = ?');
    const enough = this.#random.int(0, oldSeries);
    const givenUpMs = systemClock.nowMs() + longestSealingWaitMs;
    while (systemClock.nowMs() < givenUpMs) {
      const row = watermark.get(hour) as { series: number } | undefined;
      if (row !== undefined && row.series >= enough) break;
      await systemClock.sleep(1);
    }
    kill();
    database.close();
  }

  #sealedHour({ startedMs, offsetMs }: Run): number {
    return Math.floor((startedMs + offsetMs) / hourMs) - 1;
  }

  /** From a copy, so that what the kill left is first touched by the next start. */
  #isInsideSealing(run: Run): boolean {
    const copy = path.join(this.#folder, 'copy.db');
    for (const end of ['', '-wal']) {
      const file = path.join(this.#pitwall.dataDir, `pitwall.db${end}`);
      rmSync(`${copy}${end}`, { force: true });
      if (existsSync(file)) copyFileSync(file, `${copy}${end}`);
    }
    const database = new DatabaseSync(copy);
    try {
      const hour = this.#sealedHour(run);
      const row = database.prepare('SELECT done FROM sealed_hour WHERE hour = ?').get(hour);
      return row?.['done'] === 0;
    } finally {
      database.close();
    }
  }

  /** The last start: everything recovers, everybody is told, and then the books are gone through. */
  async #settle(): Promise<Record<string, number>> {
    this.#shop.mend();
    this.#told.befriend();
    this.#offsetMs += longestRetryMs;
    this.#pitwall.setClock(this.#offsetMs);
    this.#runs.push({ startedMs: systemClock.nowMs(), offsetMs: this.#offsetMs, killedMs: Number.POSITIVE_INFINITY });
    await this.#pitwall.start();
    await this.#checkRestart();
    const givenUpMs = systemClock.nowMs() + settledWithinMs;
    while (!(await this.#isSettled())) {
      if (systemClock.nowMs() < givenUpMs) await systemClock.sleep(250);
      else return this.#giveUp();
    }
    await this.#checkRestart();
    const { findings, counts } = await finalFindings(this.#record, this.#hours);
    this.#findings.push(...findings);
    return counts;
  }

  async #giveUp(): Promise<Record<string, number>> {
    const { body } = await this.#pitwall.call('GET', '/channels');
    this.#findings.push({ kind: 'did not settle', evidence: JSON.stringify(body) });
    return {};
  }

  async #isSettled(): Promise<boolean> {
    const services = (await this.#pitwall.call('GET', '/services?days=1')).body.services as {
      serviceId: string;
      status: string;
    }[];
    const own = services.filter(({ serviceId }) => serviceId.startsWith('service-'));
    const { body } = await this.#pitwall.call('GET', '/channels');
    const waiting = (body.channels as { pending: number }[]).reduce((sum, { pending }) => sum + pending, 0);
    return own.length > 0 && own.every(({ status }) => status === 'up') && waiting === 0;
  }
}
