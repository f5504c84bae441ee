/** Which addresses may be dialled: pure rules on the numeric address, whatever name led to it. */
import ipaddr from 'ipaddr.js';
import type { AddressPolicy } from './network.ts';

type Address = ipaddr.IPv4 | ipaddr.IPv6;

/**
 * Where clouds give credentials to whoever asks from inside, apart from link-local addresses: AWS, Google, Alibaba,
 * Azure, Oracle.
 */
const metadata: ReadonlySet<string> = new Set([
  'fd00:ec2::254',
  'fd20:ce::254',
  '100.100.100.200',
  '168.63.129.16',
  'fd00:c1::a9fe:a9fe',
]);

const rangeWords: Readonly<Record<string, string>> = {
  loopback: 'addresses of this machine are not allowed here',
  unspecified: 'addresses of this machine are not allowed here',
};
/** All that is given out for the open internet (RFC 4291 and IANA's registry); the rest of IPv6 is nobody's or private. */
const globalUnicast = ipaddr.parseCIDR('2000::/3') as [ipaddr.IPv6, number];

/** The one rule that no policy lifts. */
export const neverAllowed = 'link-local and metadata addresses never are';

/** Answers the rule that forbids an address, or undefined where it may be dialled. */
export function createAddressRule(policy: AddressPolicy): (address: string) => string | undefined {
  const allowed = policy.allow.map((range) =>
    ipaddr.parseCIDR(range.includes('/') ? range : `${range}/${fullBits(range)}`),
  );

  function forbids(address: Address): string | undefined {
    const never = neverDialled(address);
    if (never !== undefined) return never;
    if (policy.allowPrivate || isPublic(address)) return undefined;
    const excepted = allowed.some(
      ([base, bits]) => base.kind() === address.kind() && address.match(base as never, bits),
    );
    return excepted ? undefined : (rangeWords[address.range()] ?? 'private addresses are not allowed here');
  }

  return (text) => {
    const bare = text.split('%')[0]!;
    if (!ipaddr.isValid(bare)) return 'not an address';
    const address = ipaddr.parse(bare);
    const { itself, inside } = whatItMeans(address);
    const own = itself ? forbids(address) : undefined;
    if (own !== undefined) return own;
    for (const { four, certain } of inside) {
      const rule = certain ? forbids(four) : neverDialled(four);
      if (rule !== undefined) return `it leads to ${four.toString()}, and ${rule}`;
    }
    return undefined;
  };
}

function neverDialled(address: Address): string | undefined {
  const range: string = address.range();
  if (range === 'linkLocal' || metadata.has(address.toString())) return neverAllowed;
  if (range === 'multicast' || range === 'broadcast') return 'it is no address of one machine';
  return undefined;
}

/** Whatever has a special purpose is not public, also what a later registry adds outside 2000::/3. */
function isPublic(address: Address): boolean {
  if (address.range() !== 'unicast') return false;
  return address.kind() === 'ipv4' || (address as ipaddr.IPv6).match(globalUnicast);
}

/** How far away an address is. A name may lead anywhere, so it counts as public, but for this machine's own. */
export function nearnessOf(host: string): 'loopback' | 'private' | 'public' {
  const bare = host.split('%')[0]!;
  if (!ipaddr.isValid(bare)) return host === 'localhost' || host.endsWith('.localhost') ? 'loopback' : 'public';
  const address = ipaddr.process(bare);
  const range = address.range();
  if (range === 'loopback' || range === 'unspecified') return 'loopback';
  return isPublic(address) ? 'public' : 'private';
}

function fullBits(address: string): number {
  return ipaddr.parse(address).kind() === 'ipv4' ? 32 : 128;
}

interface Meaning {
  /** Whether the address is a place of its own, and not only a way of writing an IPv4 address. */
  readonly itself: boolean;
  /** The IPv4 addresses that packets for it may reach; not certain where the network alone knows which one. */
  readonly inside: readonly { readonly four: ipaddr.IPv4; readonly certain: boolean }[];
}

/** Where packets go for each of the forms that carry an IPv4 address inside an IPv6 one. */
function whatItMeans(address: Address): Meaning {
  if (address.kind() === 'ipv4') return { itself: true, inside: [] };
  const six = address as ipaddr.IPv6;
  const bytes = six.toByteArray();
  const fourAt = (...places: number[]) => new ipaddr.IPv4(places.map((place) => bytes[place]!));
  const only = (...fours: ipaddr.IPv4[]): Meaning => ({
    itself: false,
    inside: fours.map((four) => ({ four, certain: true })),
  });
  const last = () => fourAt(12, 13, 14, 15);
  switch (six.range() as string) {
    case 'ipv4Mapped':
    case 'rfc6145':
      return only(last());
    case '6to4':
      return only(fourAt(2, 3, 4, 5));
    case 'teredo':
      // The server that is asked first, and the client behind it, whose bits are turned (RFC 4380).
      return only(fourAt(4, 5, 6, 7), new ipaddr.IPv4(bytes.slice(12, 16).map((byte) => byte ^ 0xff)));
    case 'rfc6052':
      if (bytes[5] === 0) return only(last());
      // 64:ff9b:1::/48 is for a network's own use, which may keep the address in any of RFC 6052's places.
      return { itself: true, inside: localNat64(fourAt).map((four) => ({ four, certain: false })) };
    case 'unspecified':
    case 'loopback':
      return { itself: true, inside: [] };
  }
  if (bytes.slice(0, 12).every((byte) => byte === 0)) return only(last());
  const isatap = (bytes[8]! & 0xfd) === 0 && bytes[9] === 0 && bytes[10] === 0x5e && bytes[11] === 0xfe;
  return { itself: true, inside: isatap ? [{ four: last(), certain: true }] : [] };
}

function localNat64(fourAt: (...places: number[]) => ipaddr.IPv4): ipaddr.IPv4[] {
  return [fourAt(6, 7, 9, 10), fourAt(7, 9, 10, 11), fourAt(9, 10, 11, 12), fourAt(12, 13, 14, 15)];
}
