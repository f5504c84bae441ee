/** Which addresses may be dialled: pure rules on the numeric address, whatever name led to it. */
import ipaddr from 'ipaddr.js';
import type { AddressPolicy } from './network.ts';

type Address = ipaddr.IPv4 | ipaddr.IPv6;

/** Where clouds give credentials to whoever asks from inside, apart from link-local addresses: AWS, Google, Alibaba, Azure. */
const metadata: ReadonlySet<string> = new Set(['fd00:ec2::254', 'fd20:ce::254', '100.100.100.200', '168.63.129.16']);

const privateRanges: ReadonlySet<string> = new Set([
  'loopback',
  'private',
  'uniqueLocal',
  'carrierGradeNat',
  'unspecified',
  'reserved',
  'benchmarking',
  'deprecatedSiteLocal',
]);
const rangeWords: Readonly<Record<string, string>> = {
  loopback: 'addresses of this machine are not allowed here',
  unspecified: 'addresses of this machine are not allowed here',
};

/** The one rule that no policy lifts. */
export const neverAllowed = 'link-local and metadata addresses never are';

/** Answers the rule that forbids an address, or undefined where it may be dialled. */
export function createAddressRule(policy: AddressPolicy): (address: string) => string | undefined {
  const allowed = policy.allow.map((range) =>
    ipaddr.parseCIDR(range.includes('/') ? range : `${range}/${fullBits(range)}`),
  );
  return (text) => {
    const bare = text.split('%')[0]!;
    if (!ipaddr.isValid(bare)) return 'not an address';
    const address = embedded(ipaddr.parse(bare));
    const range: string = address.range();
    if (range === 'linkLocal' || metadata.has(address.toString())) return neverAllowed;
    if (range === 'multicast' || range === 'broadcast') return 'it is no address of one machine';
    if (policy.allowPrivate || !privateRanges.has(range)) return undefined;
    const excepted = allowed.some(
      ([base, bits]) => base.kind() === address.kind() && address.match(base as never, bits),
    );
    return excepted ? undefined : (rangeWords[range] ?? 'private addresses are not allowed here');
  };
}

function fullBits(address: string): number {
  return ipaddr.parse(address).kind() === 'ipv4' ? 32 : 128;
}

/** The IPv4 address that an IPv6 form stands for: mapped, translated, behind NAT64, or 6to4. */
function embedded(address: Address): Address {
  if (address.kind() === 'ipv4') return address;
  const six = address as ipaddr.IPv6;
  const bytes = six.toByteArray();
  const range = six.range();
  if (range === 'ipv4Mapped') return six.toIPv4Address();
  if (range === 'rfc6052' || range === 'rfc6145') return new ipaddr.IPv4(bytes.slice(12, 16));
  if (range === '6to4') return new ipaddr.IPv4(bytes.slice(2, 6));
  const compatible = bytes.slice(0, 12).every((byte) => byte === 0) && bytes.slice(12, 15).some((byte) => byte !== 0);
  return compatible ? new ipaddr.IPv4(bytes.slice(12, 16)) : address;
}
