/** For app/ and other capabilities: the kinds there are, and running one check now. */
export type { DerivedKind, Knowledge } from './kind.ts';
export { isDerived } from './kind.ts';
export type { HeartbeatSpec } from './kinds/heartbeat/heartbeat.ts';
export { dueAfterMs, heartbeatGraceMs } from './kinds/heartbeat/heartbeat.ts';
export type { JobRecord, JobReport } from './kinds/heartbeat/job-record.ts';
export { emptyJobRecord, takeReport } from './kinds/heartbeat/job-record.ts';
export { kindNamed, kinds, probedKindNamed } from './registry.ts';
export type { OnceOutcome } from './run-once.ts';
export { runOnce } from './run-once.ts';
