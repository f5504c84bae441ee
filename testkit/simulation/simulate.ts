/** Runs what a seed stands for from beginning to end, and says what was found. The same seed gives the same run. */

import { existsSync } from 'node:fs';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { sha256Hex } from '../../server/src/core/digest.ts';
import { judgeTheEnd } from './end.ts';
import type { TransitionRow, Violation } from './judges.ts';
import { type ScriptOptions, writeScript } from './script.ts';
import { World } from './world.ts';

export interface RunReport {
  readonly seed: number;
  readonly violations: readonly Violation[];
  readonly figures: {
    readonly results: number;
    readonly transitions: number;
    readonly arrivals: number;
    readonly repeats: number;
    readonly crashes: number;
    readonly commits: number;
    readonly unrecorded: number;
    readonly clockSteps: number;
  };
  readonly transitions: readonly TransitionRow[];
  /** Channel, message, whether marked as a repeat, and when. */
  readonly told: readonly (readonly [string, string, boolean, number])[];
  /** Of everything that happened: two runs of a seed have the same. */
  readonly digest: string;
}

export async function simulate(seed: number, options: ScriptOptions): Promise<RunReport> {
  const script = writeScript(seed, options);
  // Memory where the system has it as a folder: nothing here needs to outlive the machine.
  const dataDir = await mkdtemp(join(existsSync('/dev/shm') ? '/dev/shm' : tmpdir(), 'pitwall-simulation-'));
  const world = new World(script, dataDir);
  try {
    world.begin();
    const settle = () => world.settle();
    await world.time.runUntil(script.troubleMs * 1_000, settle);
    for (let atMs = script.troubleMs; atMs < script.endMs && (atMs < script.leastEndMs || world.owes()); ) {
      atMs += 60_000;
      await world.time.runUntil(atMs * 1_000, settle);
    }
    await judgeTheEnd(world, world.pitwall);
    const { violations, transitions, arrivals, unrecorded } = world.judges;
    const told = arrivals.map(
      ({ channelId, messageId, data, atMs }) => [channelId, messageId, data.possibleRepeat, atMs] as const,
    );
    return {
      seed,
      violations,
      figures: {
        results: world.resultsSeen,
        transitions: transitions.length,
        arrivals: arrivals.length,
        repeats: arrivals.filter(({ data }) => data.possibleRepeat).length,
        crashes: world.crashes,
        commits: world.disk.commits,
        unrecorded: unrecorded.size,
        clockSteps: script.mishaps.filter(({ mishap }) => mishap.kind === 'wall-clock').length,
      },
      transitions,
      told,
      digest: sha256Hex(JSON.stringify([transitions, told, violations])),
    };
  } finally {
    world.pitwall.kill();
    await world.disk.close();
    await rm(dataDir, { recursive: true, force: true });
  }
}
