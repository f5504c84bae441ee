/** For app/: what listens on this machine. */

export type { Discovery } from './loop.ts';
export { startDiscovery } from './loop.ts';
export { discoveryHandlers } from './ops.ts';
export { deleteDecision } from './store.ts';
