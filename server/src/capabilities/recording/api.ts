/** For other capabilities: what is watched, as committed. */
export type { Facts, LastResult, ServiceChange, ServiceState } from './domain.ts';
export { changeSentence } from './domain.ts';
export type { LedgerNote, OutgoingMessage } from './pending.ts';
export type { Committed, LiveCheck, LiveService, Recorder, RecorderOptions } from './recorder.ts';
export { createRecorder } from './recorder.ts';
export type { Decisions } from './watched.ts';
export { newestOnRecordMs } from './watched.ts';
