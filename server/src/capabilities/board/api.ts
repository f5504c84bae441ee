/** For app/: the screen, and what it asks of the rest. */
export { boardHandlers } from './ops.ts';
export type { BoardSources, ConfigFigures } from './sources.ts';
