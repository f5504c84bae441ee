/** For app/: who may come in. */
export { allowedHostsFor } from './domain.ts';
export type { Access } from './gate.ts';
export { openAccess } from './gate.ts';
export { accessHandlers } from './ops.ts';
