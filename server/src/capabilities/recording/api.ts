/** For other capabilities: what is watched, as committed. */

export type { Committed, LiveCheck, LiveService, Recorder } from './recorder.ts';
export { createRecorder } from './recorder.ts';

export { newestOnRecordMs } from './watched.ts';
