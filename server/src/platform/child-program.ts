/** One program, run without a shell, with what it says kept up to a limit; it is gone when its end is told. */
import { spawn } from 'node:child_process';
import type { Readable } from 'node:stream';

export interface ProgramRequest {
  /** An absolute path: nothing is searched. */
  readonly file: string;
  readonly args: readonly string[];
  /** It is ended when it has said more. */
  readonly outputBytes: number;
}

export interface ProgramEnd {
  /** −1 where it was killed or never ran. */
  readonly exitCode: number;
  /** Both its outputs, in the order in which they came. */
  readonly output: string;
  /** Why it never ran: `ENOENT`, `EACCES` … */
  readonly startFault?: string;
}

/** It learns nothing of our environment, which may hold secrets, and speaks English. */
const environment = { LC_ALL: 'C', PATH: '/usr/sbin:/usr/bin:/sbin:/bin' };

/** Starts at once; `done` is called exactly once, when the program is gone. Returns what kills it and all it started. */
export function startProgram(request: ProgramRequest, done: (end: ProgramEnd) => void): () => void {
  const pieces: Buffer[] = [];
  let sizeBytes = 0;
  let ended = false;
  // A group of its own, so that the whole of it can be killed.
  const child = spawn(request.file, [...request.args], {
    env: environment,
    cwd: '/',
    detached: true,
    stdio: ['ignore', 'pipe', 'pipe'],
  });
  const kill = () => {
    if (ended || child.pid === undefined) return;
    try {
      process.kill(-child.pid, 'SIGKILL');
    } catch {
      // Gone already; its end is on the way.
    }
  };
  const end = (exitCode: number, startFault?: string) => {
    if (ended) return;
    ended = true;
    const output = Buffer.concat(pieces).subarray(0, request.outputBytes).toString('utf8');
    done({ exitCode, output, ...(startFault === undefined ? {} : { startFault }) });
  };
  const keep = (piece: Buffer) => {
    if (sizeBytes < request.outputBytes) pieces.push(piece);
    sizeBytes += piece.length;
    if (sizeBytes > request.outputBytes) kill();
  };
  // Without a file handle left there are no pipes, whatever the types say; the error follows.
  (child.stdout as Readable | undefined)?.on('data', keep);
  (child.stderr as Readable | undefined)?.on('data', keep);
  child.on('error', (error: NodeJS.ErrnoException) => end(-1, error.code ?? error.name));
  // Both outputs are read to their end then, unlike at `exit`.
  child.on('close', (code) => end(code ?? -1));
  return kill;
}
