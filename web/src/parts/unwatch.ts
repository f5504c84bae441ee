import { call } from '../api/client.ts';
import { queryClient } from '../api/queries.ts';
import { toastDone, toastFailed } from '../shell/toast.ts';

/** Takes a watched service back; its history stays. */
export async function unwatch(serviceId: string, title: string): Promise<boolean> {
  try {
    await call('services.remove', { serviceId });
    toastDone(`${title} is no longer watched; its history stays`, { link: { text: 'Ledger', href: '/ledger' } });
    return true;
  } catch (error) {
    toastFailed(`${title} is still watched`, error);
    return false;
  } finally {
    void queryClient.invalidateQueries();
  }
}
