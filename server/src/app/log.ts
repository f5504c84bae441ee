/** Pitwall's own log: one line each on standard error, with the time in UTC. Never holds a secret. */
import process from 'node:process';
import { forTerminal } from '../../../contract/src/unseen.ts';
import { PitwallError } from '../core/errors.ts';
import { systemClock } from '../platform/clock.ts';

export function log(text: string): void {
  process.stderr.write(`${new Date(systemClock.nowMs()).toISOString()} ${forTerminal(text)}\n`);
}

/** What went wrong, for somebody who can read a stack. */
export function logFault(what: string, fault: unknown): void {
  if (fault instanceof PitwallError)
    log(`${what}: ${fault.message}${fault.hint === undefined ? '' : ` (${fault.hint})`}`);
  else log(`${what}: ${fault instanceof Error ? (fault.stack ?? fault.message) : String(fault)}`);
}
