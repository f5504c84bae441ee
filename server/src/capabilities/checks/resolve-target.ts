/** The address of a check's host, found within the attempt's time. */
import { NetworkFault, type ResolvedAddress } from '../../platform/network.ts';
import type { ProbeContext } from './kind.ts';

/** Looks a name up; the attempt's deadline ends the wait as `dns-timeout`. Throws NetworkFault. */
export function resolveTarget(host: string, context: ProbeContext, family?: 4 | 6): Promise<ResolvedAddress> {
  return new Promise((resolve, reject) => {
    context.onDeadline(() => reject(new NetworkFault('dns-timeout', { host, timeoutMs: context.timeoutMs })));
    context.network.resolve(host, family === undefined ? undefined : { family }).then(resolve, reject);
  });
}
