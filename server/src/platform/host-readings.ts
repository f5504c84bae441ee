/** What this machine, or the container Pitwall runs in, has left. */
import { readFile, statfs } from 'node:fs/promises';
import os from 'node:os';

export interface DiskReading {
  readonly totalBytes: number;
  /** What a program without privileges may still write. */
  readonly freeBytes: number;
}

export interface MemoryReading {
  readonly totalBytes: number;
  readonly availableBytes: number;
}

export interface HostReadings {
  disk(path: string): Promise<DiskReading>;
  memory(): Promise<MemoryReading>;
  load(): { readonly load1: number; readonly cpus: number };
}

export const hostReadings: HostReadings = {
  async disk(path) {
    const { bsize, blocks, bfree, bavail } = await statfs(path);
    // As df counts: blocks reserved for root are neither used nor free.
    return { totalBytes: (blocks - bfree + bavail) * bsize, freeBytes: bavail * bsize };
  },
  async memory() {
    const machine = await machineMemory();
    const limited = await controlGroupMemory();
    return limited !== undefined && limited.totalBytes < machine.totalBytes ? limited : machine;
  },
  load: () => ({ load1: os.loadavg()[0]!, cpus: os.availableParallelism() }),
};

async function machineMemory(): Promise<MemoryReading> {
  const text = await textOf('/proc/meminfo');
  const available = /^MemAvailable:\s+(\d+) kB$/m.exec(text ?? '')?.[1];
  const availableBytes = available === undefined ? os.freemem() : Number(available) * 1_024;
  return { totalBytes: os.totalmem(), availableBytes };
}

/** The limit of this process's own control group (v2), where it has one. File cache that can go counts as available. */
async function controlGroupMemory(): Promise<MemoryReading | undefined> {
  const own = /^0::(\/.*)$/m.exec((await textOf('/proc/self/cgroup')) ?? '')?.[1];
  for (const folder of own === undefined || own === '/'
    ? ['/sys/fs/cgroup']
    : [`/sys/fs/cgroup${own}`, '/sys/fs/cgroup']) {
    const limit = Number((await textOf(`${folder}/memory.max`)) ?? Number.NaN);
    const current = Number((await textOf(`${folder}/memory.current`)) ?? Number.NaN);
    if (!Number.isFinite(limit) || !Number.isFinite(current)) continue;
    const cache = Number(/^inactive_file (\d+)$/m.exec((await textOf(`${folder}/memory.stat`)) ?? '')?.[1] ?? 0);
    return { totalBytes: limit, availableBytes: Math.max(0, limit - current + cache) };
  }
  return undefined;
}

async function textOf(path: string): Promise<string | undefined> {
  return readFile(path, 'utf8').catch(() => undefined);
}
