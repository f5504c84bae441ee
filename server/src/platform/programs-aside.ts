/** Starts programs in a thread of their own, made when the first is wanted, so that nobody here is held up. */
import { Worker } from 'node:worker_threads';
import type { ProgramEnd, ProgramRequest } from './child-program.ts';
import type { FromProgramThread, ToProgramThread } from './program-thread.ts';

interface Thread {
  readonly worker: Worker;
  readonly waiting: Map<number, (end: ProgramEnd) => void>;
}

let thread: Thread | undefined;
let lastId = 0;

/** `done` is called exactly once, when the program is gone. Returns what kills it and all it started. */
export function startProgramAside(request: ProgramRequest, done: (end: ProgramEnd) => void): () => void {
  thread ??= startThread();
  const { worker, waiting } = thread;
  lastId += 1;
  const id = lastId;
  waiting.set(id, done);
  // While nothing is waited for, the thread keeps nobody from ending.
  worker.ref();
  worker.postMessage({ kind: 'start', id, request } satisfies ToProgramThread);
  return () => worker.postMessage({ kind: 'kill', id } satisfies ToProgramThread);
}

function startThread(): Thread {
  const waiting: Thread['waiting'] = new Map();
  const worker = new Worker(new URL('./program-thread.ts', import.meta.url), {
    name: 'programs',
    // It passes on a few kilobytes; left alone it would reserve what a whole program does.
    resourceLimits: { maxYoungGenerationSizeMb: 2, maxOldGenerationSizeMb: 64 },
  });
  const own: Thread = { worker, waiting };
  const end = (id: number, how: ProgramEnd) => {
    const done = waiting.get(id);
    waiting.delete(id);
    if (waiting.size === 0) worker.unref();
    done?.(how);
  };
  worker.on('message', ({ id, end: how }: FromProgramThread) => end(id, how));
  // Whoever waits must hear of it; the next one has a new thread.
  let fault = 'its thread ended';
  worker.on('error', (error: NodeJS.ErrnoException) => {
    fault = error.code ?? error.name;
  });
  worker.on('exit', () => {
    if (thread === own) thread = undefined;
    for (const id of [...waiting.keys()]) end(id, { exitCode: -1, output: '', startFault: fault });
  });
  return own;
}
