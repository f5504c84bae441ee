/** What other capabilities and app/ use of the ledger. */

export { ledgerHandlers } from './ops.ts';
export { appendToLedger, verifyLedger } from './store.ts';
