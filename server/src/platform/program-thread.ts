/** The thread that starts programs: doing so stops a thread for 15 ms and more, and with it whatever else it measures. */
import { parentPort } from 'node:worker_threads';
import { type ProgramEnd, type ProgramRequest, startProgram } from './child-program.ts';

export type ToProgramThread =
  | { readonly kind: 'start'; readonly id: number; readonly request: ProgramRequest }
  | { readonly kind: 'kill'; readonly id: number };

export interface FromProgramThread {
  readonly id: number;
  readonly end: ProgramEnd;
}

const killers = new Map<number, () => void>();

parentPort!.on('message', (message: ToProgramThread) => {
  const { id } = message;
  if (message.kind === 'kill') {
    killers.get(id)?.();
    return;
  }
  const kill = startProgram(message.request, (end) => {
    killers.delete(id);
    parentPort!.postMessage({ id, end } satisfies FromProgramThread);
  });
  killers.set(id, kill);
});
