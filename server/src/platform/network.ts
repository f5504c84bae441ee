/** The way out: names are looked up here, and the address policy is applied to the address that is then dialled. */

/** Which address ranges may be reached. Link-local metadata addresses never are, whatever it says. */
export interface AddressPolicy {
  /** Loopback, private and unique-local ranges: yes for the file and operators, no for what agents or webhooks name. */
  readonly allowPrivate: boolean;
  /** CIDR ranges allowed although they are private. */
  readonly allow: readonly string[];
}

export interface ResolvedAddress {
  readonly address: string;
  readonly family: 4 | 6;
  /** Absent where the host was an address already. */
  readonly dnsUs?: number;
  /** The name's further allowed addresses, tried where the first refuses or cannot be reached. */
  readonly others?: readonly string[];
  /** The name leads to an address that the policy forbids, too; that one is not dialled. */
  readonly alsoForbidden?: { readonly address: string; readonly rule: string };
}

export type NetworkFaultReason = 'dns-not-found' | 'no-record' | 'dns-failed' | 'dns-timeout' | 'address-not-allowed';

/** A fault before anything was dialled. */
export class NetworkFault extends Error {
  readonly reason: NetworkFaultReason;
  readonly facts: Readonly<Record<string, string | number>>;
  constructor(reason: NetworkFaultReason, facts: Readonly<Record<string, string | number>>) {
    super(reason);
    this.reason = reason;
    this.facts = facts;
  }
}

export interface ResolveOptions {
  readonly signal?: AbortSignal;
  readonly timeoutMs?: number;
  /** Only addresses of this family; either where left out. */
  readonly family?: 4 | 6 | undefined;
}

export interface Network {
  /** Looks the host up (addresses pass unchanged) and applies the policy; throws NetworkFault. */
  resolve(host: string, options?: ResolveOptions): Promise<ResolvedAddress>;
  /** The rule that forbids an address, or undefined where it may be dialled. */
  forbids(address: string): string | undefined;
}
