/** One question to a name server, and what it answered, as text in the form of a zone file. */
import { Resolver } from 'node:dns';
import { isIPv6 } from 'node:net';
import ipaddr from 'ipaddr.js';
import type { Clock } from './clock.ts';
import { hostAndPort } from './connection-faults.ts';

export const recordTypes = ['A', 'AAAA', 'CNAME', 'MX', 'NS', 'TXT', 'SRV', 'CAA', 'SOA', 'PTR'] as const;
export type RecordType = (typeof recordTypes)[number];

export interface DnsQuestion {
  readonly name: string;
  readonly type: RecordType;
  /** Numeric, already allowed by the address policy; undefined asks whom this machine asks. */
  readonly server: { readonly address: string; readonly port: number } | undefined;
  /** Asked again after this time, as a datagram may be lost. */
  readonly repeatMs: number;
}

export interface DnsEnd {
  readonly waitUs: number;
  /** Sorted; absent where there was none. */
  readonly answers?: readonly string[];
  /** Why there was none: `ENOTFOUND`, `ENODATA`, `ESERVFAIL` …, or `ECANCELLED` when it was ended early. */
  readonly code?: string;
}

/** Beyond any deadline: when to give up is for whoever asks to say. */
const tries = 10;

/** Starts at once; `done` is called exactly once, when its sockets are freed. Returns the early end. */
export function startDnsQuestion(question: DnsQuestion, clock: Clock, done: (end: DnsEnd) => void): () => void {
  // A new one each time: it would remember who was slow, and ask somebody else.
  const resolver = new Resolver({ timeout: question.repeatMs, tries });
  const { server, type } = question;
  if (server !== undefined) resolver.setServers([hostAndPort(server.address, server.port)]);
  const startUs = clock.monotonicUs();
  const answered = (error: NodeJS.ErrnoException | null, records: unknown) => {
    const waitUs = clock.monotonicUs() - startUs;
    if (error !== null) return done({ waitUs, code: error.code ?? error.name });
    // SOA is one by nature, and Node gives it as one.
    const answers = (Array.isArray(records) ? records : [records]).map((record) => recordText(type, record));
    done({ waitUs, answers: [...new Set(answers)].sort(byNumberAndText) });
  };
  resolver.resolve(question.name, type, answered as Parameters<typeof resolver.resolve>[2]);
  return () => resolver.cancel();
}

/** Whom this machine asks. */
export function ownNameServers(): string[] {
  return new Resolver().getServers();
}

const collator = new Intl.Collator('en', { numeric: true });
function byNumberAndText(one: string, other: string): number {
  return collator.compare(one, other);
}

/** A record as it would stand in a zone file, without quotes and final dots. */
export function recordText(type: RecordType, record: unknown): string {
  // What each type looks like is Node's promise, not ours to check.
  const fields = record as Record<string, string | number>;
  switch (type) {
    case 'MX':
      return plainRecord(type, `${fields['priority']} ${fields['exchange']}`);
    case 'TXT':
      return (record as readonly string[]).join('');
    case 'SRV':
      return plainRecord(type, `${fields['priority']} ${fields['weight']} ${fields['port']} ${fields['name']}`);
    case 'CAA': {
      const tag = Object.keys(fields).find((key) => key !== 'critical' && key !== 'type') ?? '?';
      return plainRecord(type, `${fields['critical']} ${tag} ${fields[tag]}`);
    }
    case 'SOA': {
      const { nsname, hostmaster, serial, refresh, retry, expire, minttl } = fields;
      return plainRecord(type, [nsname, hostmaster, serial, refresh, retry, expire, minttl].join(' '));
    }
    default:
      return plainRecord(type, String(record));
  }
}

/** The same record has the same text, however somebody wrote it: names in any case, with a final dot, quotes, long IPv6. */
export function plainRecord(type: RecordType, text: string): string {
  if (type === 'TXT') return text;
  const words = text.trim().replaceAll('"', '').split(/\s+/);
  if (type === 'CAA') return words.map((word, index) => (index < 2 ? word.toLowerCase() : word)).join(' ');
  if (type === 'AAAA' && isIPv6(words[0]!)) return ipaddr.parse(words[0]!).toString();
  return words.map((word) => withoutFinalDot(word).toLowerCase()).join(' ');
}

function withoutFinalDot(name: string): string {
  return name.length > 1 && name.endsWith('.') ? name.slice(0, -1) : name;
}

/** The name under which the names of an address are kept: `7.0.0.10.in-addr.arpa`. */
export function reverseName(address: string): string {
  const parsed = ipaddr.parse(address);
  const bytes = parsed.toByteArray();
  if (parsed.kind() === 'ipv4') return `${bytes.reverse().join('.')}.in-addr.arpa`;
  const digits = Buffer.from(bytes).toString('hex').split('').reverse();
  return `${digits.join('.')}.ip6.arpa`;
}
