/** For app/ and other capabilities: the kinds there are, and running one check now. */
export { kindNamed, kinds } from './registry.ts';
export type { OnceOutcome } from './run-once.ts';
export { runOnce } from './run-once.ts';
