import type { Phases } from '../../../../contract/src/vocabulary.ts';

/** The five phases behind the total; −1 means it did not happen. */
export function phasesOf(values: readonly number[], offset = 0): Phases {
  const [dns = -1, connect = -1, tls = -1, wait = -1, transfer = -1] = values.slice(offset + 1, offset + 6);
  return {
    ...(dns < 0 ? {} : { dnsUs: dns }),
    ...(connect < 0 ? {} : { connectUs: connect }),
    ...(tls < 0 ? {} : { tlsUs: tls }),
    ...(wait < 0 ? {} : { waitUs: wait }),
    ...(transfer < 0 ? {} : { transferUs: transfer }),
  };
}
