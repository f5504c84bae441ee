/** For other capabilities: the decisions about status, and what it means for uptime. */
export type { Availability, Timeline } from './availability.ts';
export {
  addAvailability,
  availabilityOf,
  foldTimelines,
  noAvailability,
  unknownRatio,
  uptimeRatio,
} from './availability.ts';
export type { CheckState, Cover, JudgedResult, Judgement, StatusChange, StatusSettings } from './domain.ts';
export { initialCheckState, judge, lapse, serviceStatus } from './domain.ts';
