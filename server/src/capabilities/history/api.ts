/** For other capabilities: changes of status and uptime by day. */
export type { AvailabilityBook, DayFigures, WatchedSubject } from './availability-book.ts';
export { dayMs, openAvailabilityBook, startOfDay } from './availability-book.ts';
export type { StoredTransition } from './transitions.ts';
export {
  insertCover,
  insertTransition,
  latestKnownStatuses,
  latestTransitions,
  listTransitions,
  readTimeline,
} from './transitions.ts';
