/** For app/: what listens on this machine. */
export type { Proposal, ProposedCheck } from './domain.ts';
export type { Discovery, DiscoveryOptions } from './loop.ts';
export { startDiscovery } from './loop.ts';
export { type DiscoveryHandlerOptions, discoveryHandlers } from './ops.ts';
export { deleteDecision } from './store.ts';
