/** For the prober, the configuration and app/: whether a failure is Pitwall's own. */
export { parseGateTarget } from './domain.ts';
export { GateKeeper } from './gate-keeper.ts';
