/** For app/ and discovery's wiring: what is watched and how to watch more. */

export { slugFor } from './domain.ts';
export type { Estate } from './estate.ts';
export { openEstate } from './estate.ts';

export { watchingHandlers, watchService } from './ops.ts';
