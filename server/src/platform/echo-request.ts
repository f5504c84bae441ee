/** Echo requests (ICMP), sent by the system's own `fping` or `ping`: only programs with a right of their own may. */
import type { ProgramEnd } from './child-program.ts';
import { startProgramAside } from './programs-aside.ts';

export interface EchoRequest {
  /** Numeric, already allowed by the address policy; so it can be no option of the program. */
  readonly address: string;
  readonly count: number;
  readonly pauseMs: number;
  /** How long each answer is waited for. */
  readonly waitMs: number;
}

export type EchoEnd =
  /** One for each request, in order; undefined where no answer came. */
  | {
      readonly kind: 'sent';
      readonly tripsUs: readonly (number | undefined)[];
      /** What somebody on the way said of the other side. */
      readonly refusal?: string;
    }
  /** Nothing is known of the other side. */
  | { readonly kind: 'failed'; readonly program: string; readonly what: string }
  | { readonly kind: 'short'; readonly resource: string; readonly code: string };

export interface EchoProgram {
  readonly name: 'fping' | 'ping';
  readonly file: string;
}

/** In the order in which they are tried; where systems differ both places are named. */
export const echoPrograms: readonly EchoProgram[] = [
  { name: 'fping', file: '/usr/bin/fping' },
  { name: 'fping', file: '/usr/sbin/fping' },
  { name: 'fping', file: '/usr/local/bin/fping' },
  { name: 'ping', file: '/usr/bin/ping' },
  { name: 'ping', file: '/bin/ping' },
  { name: 'ping', file: '/sbin/ping' },
];

/** Twenty answers take 2 KB. */
const outputBytes = 16_384;

/** Starts at once; `done` is called exactly once, when no program of it runs. Returns the early end. */
export function startEcho(
  request: EchoRequest,
  programs: readonly EchoProgram[],
  done: (end: EchoEnd) => void,
): () => void {
  let kill = () => {};
  let over = false;
  /** What the programs tried so far could not. */
  let failure: EchoEnd = { kind: 'failed', program: 'fping (or ping)', what: 'is not installed' };
  const tryFrom = (index: number): void => {
    const program = programs[index];
    if (program === undefined) {
      done(failure);
      return;
    }
    const args = program.name === 'fping' ? fpingArguments(request) : pingArguments(request);
    kill = startProgramAside({ file: program.file, args, outputBytes }, (end) => {
      const seen: EchoEnd | 'not-installed' = over
        ? { kind: 'failed', program: program.name, what: 'did not end in time' }
        : readEnd(program.name, request, end);
      // Another program may be there, or have the right that this one lacks.
      if (seen !== 'not-installed' && (over || seen.kind !== 'failed')) done(seen);
      else {
        if (seen !== 'not-installed') failure = seen;
        tryFrom(index + 1);
      }
    });
  };
  tryFrom(0);
  return () => {
    over = true;
    kill();
  };
}

/** `-C`: a time for each; `-p`: pause; `-t`: patience. Quieter (`-q`) it would not say why it cannot. */
export function fpingArguments({ address, count, pauseMs, waitMs }: EchoRequest): string[] {
  return ['-C', String(count), '-p', String(pauseMs), '-t', String(waitMs), '--', address];
}

/** `-n`: no names are looked up. Pause and patience are in seconds here. */
export function pingArguments({ address, count, pauseMs, waitMs }: EchoRequest): string[] {
  return ['-n', '-c', String(count), '-i', String(pauseMs / 1_000), '-W', String(waitMs / 1_000), '--', address];
}

const shortages: Readonly<Record<string, string>> = {
  EAGAIN: 'place for another process',
  EMFILE: 'file handle',
  ENFILE: 'file handle',
  ENOMEM: 'memory',
};

function readEnd(name: EchoProgram['name'], request: EchoRequest, end: ProgramEnd): EchoEnd | 'not-installed' {
  const { startFault, output } = end;
  if (startFault === 'ENOENT') return 'not-installed';
  const resource = shortages[startFault ?? ''];
  if (resource !== undefined) return { kind: 'short', resource, code: startFault! };
  if (startFault !== undefined) return failed(name, `may not be run (${startFault})`);
  const tripsUs = name === 'fping' ? readFping(request, output) : readPing(request, output);
  if (tripsUs !== undefined) return { kind: 'sent', tripsUs, ...refusalIn(output) };
  // ping does not even begin then.
  if (/Network is unreachable/i.test(output))
    return { kind: 'sent', tripsUs: new Array(request.count).fill(undefined) };
  if (/not permitted|permission denied|must run as root|lacking privilege/i.test(output))
    return failed(name, 'may not send echo requests: it lacks the right to (cap_net_raw)');
  if (end.exitCode < 0) return failed(name, 'was killed');
  return failed(name, `ended with code ${end.exitCode} and said nothing that is understood`);
}

/** `ICMP Host Unreachable from 10.0.0.1 for …` (fping), `From 10.0.0.1 icmp_seq=1 Destination Net Unreachable` (ping). */
function refusalIn(output: string): { refusal?: string } {
  const [, what, who] = /^ICMP ([A-Z][\w ()]*?) from (\S+) for /m.exec(output) ?? [];
  const [, from, said] = /^From (\S+?):? icmp_seq=\d+ ([A-Z][\w ]+)$/m.exec(output) ?? [];
  const text = what ?? said;
  return text === undefined ? {} : { refusal: `${who ?? from} says “${text}”` };
}

function failed(program: string, what: string): EchoEnd {
  return { kind: 'failed', program, what };
}

/** `10.0.0.7 : 0.05 - 1.24`: milliseconds, or `-`. Undefined where no such line is there. */
export function readFping({ count }: EchoRequest, output: string): (number | undefined)[] | undefined {
  for (const line of output.split('\n')) {
    const words = /^\S+\s+:((?: (?:-|\d+(?:\.\d+)?))+)\s*$/.exec(line)?.[1]?.trim().split(' ');
    if (words?.length === count) return words.map((word) => (word === '-' ? undefined : microseconds(word)));
  }
  return undefined;
}

/**
 * A line for each answer, `64 bytes from 10.0.0.7: icmp_seq=2 ttl=64 time=0.05 ms`, then a summary. Where the two do not
 * agree it is another program's way of speaking: better not understood than taken for a loss.
 */
export function readPing({ count }: EchoRequest, output: string): (number | undefined)[] | undefined {
  const [, sent, received] = /(\d+) packets transmitted, (\d+) (?:packets )?received/.exec(output) ?? [];
  if (Number(sent) !== count) return undefined;
  const tripsUs = new Array<number | undefined>(count).fill(undefined);
  // Linux counts from 1, BusyBox and macOS from 0.
  const first = /\b(?:icmp_)?seq=0\b/.test(output) ? 0 : 1;
  for (const [, sequence, ms] of output.matchAll(
    /^\d+ bytes from .*\b(?:icmp_)?seq=(\d+) .*\btime[=<]([\d.]+) ?ms/gm,
  )) {
    const index = Number(sequence) - first;
    // A second answer to the same is a copy of the first.
    if (index >= 0 && index < count) tripsUs[index] ??= microseconds(ms!);
  }
  return tripsUs.filter((tripUs) => tripUs !== undefined).length === Number(received) ? tripsUs : undefined;
}

function microseconds(ms: string): number {
  return Math.round(Number(ms) * 1_000);
}
