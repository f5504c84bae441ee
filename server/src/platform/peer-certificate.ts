/** What the other side of an encrypted connection showed of itself, in plain data, for somebody else to judge. */
import tls, { type DetailedPeerCertificate, type TLSSocket } from 'node:tls';

export interface CertificateFacts {
  /** Its common name, or else the first name that it is for. */
  readonly subject: string;
  /** Common name and organisation, such as `R11, Let's Encrypt`. */
  readonly issuer: string;
  /** Names and addresses that it is for. */
  readonly names: readonly string[];
  readonly validFromMs: number;
  readonly validToMs: number;
  /** SHA-256, in small hexadecimal digits. */
  readonly fingerprint: string;
  /** Nobody else vouches for it: a root, or one made by hand. */
  readonly selfSigned: boolean;
}

export interface PeerIdentity {
  /**
   * The server's own certificate first, then those that vouch for it, each for the one before. A certificate that was
   * sent for a key that is trusted here anyway ends it unseen: its dates decide nothing.
   */
  readonly chain: readonly CertificateFacts[];
  /** OpenSSL's word for why it is not trusted; undefined where it is. Says nothing of the name. */
  readonly trustFault: string | undefined;
  readonly nameMatches: boolean;
  /** Such as `TLSv1.3`. */
  readonly protocol: string;
}

/** Longer chains are somebody's joke. */
const mostLinks = 10;

/**
 * Undefined where no certificate was shown. `name` is the name or address that it should be for, `ca` the PEM text of
 * whom the connection trusted, where it was not the machine's usual.
 */
export function readPeerIdentity(socket: TLSSocket, name: string, ca?: string): PeerIdentity | undefined {
  const own = socket.getPeerCertificate(true);
  if (own.raw === undefined) return undefined;
  const fault = socket.authorized ? undefined : String(socket.authorizationError);
  return {
    chain: chainOf(own, ca),
    // Node adds its own word for a wrong name once the chain is good.
    trustFault: fault === 'ERR_TLS_CERT_ALTNAME_INVALID' ? undefined : fault,
    nameMatches: tls.checkServerIdentity(name, own) === undefined,
    protocol: socket.getProtocol() ?? 'nothing',
  };
}

function chainOf(own: DetailedPeerCertificate, ca: string | undefined): CertificateFacts[] {
  const chain = [factsOf(own)];
  let last = own;
  while (chain.length < mostLinks) {
    const next = last.issuerCertificate;
    if (next === undefined || next.fingerprint256 === last.fingerprint256) break;
    // Where a root has another certificate from an older one, OpenSSL ends at the root: of the way on it asks nothing.
    if (!isSelfSigned(next) && next.pubkey !== undefined && isTrustedKey(next.pubkey, ca)) break;
    chain.push(factsOf(next));
    last = next;
  }
  return chain;
}

function factsOf(certificate: DetailedPeerCertificate): CertificateFacts {
  const names = namesOf(certificate.subjectaltname ?? '');
  return {
    subject: first(certificate.subject?.CN) ?? names[0] ?? first(certificate.subject?.O) ?? 'nobody named',
    issuer:
      [first(certificate.issuer?.CN), first(certificate.issuer?.O)].filter((part) => part !== undefined).join(', ') ||
      'nobody named',
    names,
    validFromMs: Date.parse(certificate.valid_from),
    validToMs: Date.parse(certificate.valid_to),
    fingerprint: certificate.fingerprint256.replaceAll(':', '').toLowerCase(),
    selfSigned: isSelfSigned(certificate),
  };
}

function isSelfSigned({ subject, issuer }: DetailedPeerCertificate): boolean {
  return JSON.stringify(subject) === JSON.stringify(issuer);
}

/** A part of a name may come several times. */
function first(part: string | readonly string[] | undefined): string | undefined {
  return typeof part === 'string' ? part : part?.[0];
}

/** `DNS:shop.example, IP Address:10.0.0.7`; what could be misread stands in quotes. */
function namesOf(alternatives: string): string[] {
  return [...alternatives.matchAll(/(?:^|, )(?:DNS|IP Address):("(?:[^"\\]|\\.)*"|[^,]*)/g)].map((match) => match[1]!);
}

/** The certificates of a PEM text; decoding the machine's 150 as certificates would take 150 ms, their bytes take 2. */
const decoded = new Map<string, readonly Buffer[]>();
const mostDecoded = 100;

function isTrustedKey(publicKey: Buffer, ca: string | undefined): boolean {
  return trustedBytes(ca ?? '').some((bytes) => bytes.includes(publicKey));
}

function trustedBytes(ca: string): readonly Buffer[] {
  const known = decoded.get(ca);
  if (known !== undefined) return known;
  if (decoded.size >= mostDecoded) decoded.clear();
  const pem = ca === '' ? tls.getCACertificates('default').join('\n') : ca;
  const bytes = pemBlocks(pem).map((block) => Buffer.from(block.replace(/-----[^-]+-----|\s/g, ''), 'base64'));
  decoded.set(ca, bytes);
  return bytes;
}

/** The certificates that stand in a text. */
function pemBlocks(text: string): string[] {
  return text.match(/-----BEGIN CERTIFICATE-----[^-]+-----END CERTIFICATE-----/g) ?? [];
}
