/** For app/: the jobs that report. */
export type { JobBook } from './book.ts';
export { openJobBook } from './book.ts';
export { jobHandlers } from './ops.ts';
