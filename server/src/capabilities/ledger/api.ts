/** What other capabilities and app/ use of the ledger. */
export type { ChainHead, LedgerChain, LedgerEntry } from './domain.ts';
export { type LedgerPage, listLedger } from './list.ts';
export { ledgerHandlers } from './ops.ts';
export { appendToLedger, eraseBody, type LedgerVerdict, verifyLedger } from './store.ts';
