/** For app/ and the recorder: the prober, and what it hands over. */
export { startDeriver } from './deriver.ts';
export type { Prober } from './prober.ts';
export { startProber } from './prober.ts';
export type { ProberEvent, ResultBatch } from './results.ts';
export { slotAtOrAfter } from './slots.ts';
