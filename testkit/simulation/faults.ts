/**
 * Deliberate mistakes in copies of the production's decisions, made while they are loaded: `import(withFault(…))` gives
 * the whole simulation on top of a source in which one text stands for another. Nothing is written to disk, and a text
 * that is not there exactly once is an error, so that a fault cannot drift away from what it spoils.
 */
import { registerHooks } from 'node:module';
import { fileURLToPath, pathToFileURL } from 'node:url';
import type { simulate } from './simulate.ts';

export interface DeliberateFault {
  readonly name: string;
  readonly why: string;
  readonly file: string;
  readonly text: string;
  readonly instead: string;
}

const status = 'server/src/capabilities/status/domain.ts';
const outbox = 'server/src/capabilities/outbox/domain.ts';

export const faults: readonly DeliberateFault[] = [
  {
    name: 'threshold-off-by-one',
    why: 'an outage is told one slot later than was promised',
    file: status,
    text: 'fails.count >= downAfter',
    instead: 'fails.count > downAfter',
  },
  {
    name: 'dated-to-the-decision',
    why: 'the outage is dated to the slot that decided it, and the slots before count as uptime',
    file: status,
    text: 'changed(next, decision.to, decision.run.firstSlotMs,',
    instead: 'changed(next, decision.to, slotMs,',
  },
  {
    name: 'silence-ignored',
    why: 'results are lost, and what was last heard is taken to be so until the next one',
    file: status,
    text: 'result.slotMs > state.coveredUntilMs ?',
    instead: 'result.slotMs < 0 ?',
  },
  {
    name: 'suspects-counted',
    why: 'Pitwall was late itself and blames the service',
    file: 'server/src/capabilities/recording/domain.ts',
    text: 'telling: isTelling(code)',
    instead: 'telling: isTelling(code & ~4)',
  },
  {
    name: 'crash-leaves-no-mark',
    why: 'a message goes out a second time and does not say that it may be a repeat',
    file: outbox,
    text: 'afterCrash = { possibleRepeat: true,',
    instead: 'afterCrash = { possibleRepeat: false,',
  },
  {
    name: 'order-ignored',
    why: 'somebody hears “up” before “down” and believes the last word',
    file: outbox,
    text: 'if (services.has(row.serviceId)) continue;',
    instead: '',
  },
  {
    name: 'time-set-back',
    why: 'after a restart with a clock that was set back every result looks like a repeat, and nothing is seen',
    file: 'server/src/app/steady-clock.ts',
    text: 'Math.max(clock.nowMs(), notBeforeMs)',
    instead: 'clock.nowMs()',
  },
];

const root = new URL('../../', import.meta.url);
const applied = new Set<string>();

registerHooks({
  resolve(specifier, context, next) {
    const resolved = next(specifier, context);
    const fault = faultOf(context.parentURL);
    const isOurs = resolved.url.startsWith(root.href) && !resolved.url.includes('/node_modules/');
    if (fault === undefined || !isOurs || faultOf(resolved.url) !== undefined) return resolved;
    return { ...resolved, url: `${resolved.url}?fault=${fault.name}` };
  },
  load(url, context, next) {
    const loaded = next(url, context);
    const fault = faultOf(url);
    if (fault === undefined || new URL(fault.file, root).pathname !== new URL(url).pathname) return loaded;
    const pieces = String(loaded.source).split(fault.text);
    if (pieces.length !== 2) {
      throw new Error(`${fault.name}: “${fault.text}” is ${pieces.length - 1} times in ${fault.file}, not once`);
    }
    applied.add(fault.name);
    return { ...loaded, source: pieces.join(fault.instead) };
  },
});

function faultOf(url: string | undefined): DeliberateFault | undefined {
  const name = url === undefined ? null : new URLSearchParams(url.split('?')[1] ?? '').get('fault');
  return faults.find((fault) => fault.name === name);
}

/** The simulation on top of the spoilt copy. */
export async function simulateWith(fault: DeliberateFault): Promise<typeof simulate> {
  const url = pathToFileURL(fileURLToPath(new URL('./simulate.ts', import.meta.url)));
  const spoilt = (await import(`${url}?fault=${fault.name}`)) as { simulate: typeof simulate };
  if (!applied.has(fault.name)) throw new Error(`${fault.name}: ${fault.file} was not loaded`);
  return spoilt.simulate;
}
