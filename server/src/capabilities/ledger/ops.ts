/** Reading the record, and following its chains again. */
import type { SomeHandlers } from '../../../../contract/src/handlers.ts';
import type { Store } from '../../storage/store.ts';
import { listLedger } from './list.ts';
import { verifyLedger } from './store.ts';

export function ledgerHandlers({ store }: { readonly store: Store }): SomeHandlers<'ledger.list' | 'ledger.verify'> {
  return {
    'ledger.list': (page) => listLedger(store.read, page),
    'ledger.verify': async () => {
      const { ok, chains, fault } = await verifyLedger(store.read);
      return { ok, chains: [...chains], fault };
    },
  };
}
