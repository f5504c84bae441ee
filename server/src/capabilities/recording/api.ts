/** For other capabilities: what is watched, as committed. */

export type { ServiceChange } from './domain.ts';
export type { LedgerNote } from './pending.ts';
export type { Committed, LiveCheck, LiveService, Recorder } from './recorder.ts';
export { createRecorder } from './recorder.ts';
export { type Aside, newestAsideMs, restoreAside } from './told-aside.ts';
export { newestOnRecordMs } from './watched.ts';
