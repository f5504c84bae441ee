/** For app/ and discovery's wiring: what is watched and how to watch more. */
export type { PageService } from './domain.ts';
export { slugFor } from './domain.ts';
export type { Estate, EstateOptions } from './estate.ts';
export { openEstate } from './estate.ts';
export type { WatchingOptions } from './ops.ts';
export { watchingHandlers, watchService } from './ops.ts';
