/** For other capabilities: changes of status and uptime by day. */
export type { AvailabilityBook, DayFigures, WatchedSubject } from './availability-book.ts';
export { dayMs, openAvailabilityBook, startOfDay } from './availability-book.ts';
export type { DayFacts } from './buckets.ts';
export { bucketPoints, fewestForP95, figuresOf } from './buckets.ts';

export { historyHandlers, transitionView } from './ops.ts';
export { phasesOf } from './phases.ts';
export { type Rename, renameHistory } from './rename.ts';
export type { StoredTransition } from './transitions.ts';
export {
  endCover,
  insertCover,
  insertTransition,
  latestKnownStatuses,
  latestTransitions,
  listTransitions,
} from './transitions.ts';
