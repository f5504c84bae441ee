/** Certificates of any date and any name, made on the spot: tools that issue them refuse to issue bad ones. */
import { createPublicKey, generateKeyPairSync, type KeyObject, sign } from 'node:crypto';
import { isIPv4 } from 'node:net';

export interface Certificate {
  readonly key: string;
  readonly cert: string;
  readonly subject: string;
  readonly privateKey: KeyObject;
}

export interface CertificateOptions {
  readonly subject: string;
  /** Names and IPv4 addresses that it is for. */
  readonly names?: readonly string[];
  readonly notBeforeMs?: number;
  readonly notAfterMs?: number;
  /** Itself where left out. */
  readonly issuer?: Certificate;
  readonly authority?: boolean;
  /** Has the key of this one, as a root does that an older root vouches for, too. */
  readonly like?: Certificate;
}

const dayMs = 86_400_000;
let serial = 1;

export function makeCertificate(options: CertificateOptions): Certificate {
  const { subject, names = [], issuer, authority = false } = options;
  const { notBeforeMs = Date.now() - dayMs, notAfterMs = Date.now() + 30 * dayMs } = options;
  const privateKey = options.like?.privateKey ?? generateKeyPairSync('ec', { namedCurve: 'P-256' }).privateKey;
  serial += 1;
  const extensions = [
    ...(authority ? [extension('2.5.29.19', sequence(tagged(0x01, Buffer.from([255]))))] : []),
    ...(names.length === 0 ? [] : [extension('2.5.29.17', sequence(...names.map(generalName)))]),
  ];
  const content = sequence(
    tagged(0xa0, integer(2)),
    integer(serial),
    ecdsaWithSha256,
    distinguishedName(issuer?.subject ?? subject),
    sequence(time(notBeforeMs), time(notAfterMs)),
    distinguishedName(subject),
    createPublicKey(privateKey).export({ type: 'spki', format: 'der' }),
    ...(extensions.length === 0 ? [] : [tagged(0xa3, sequence(...extensions))]),
  );
  const signature = sign('sha256', content, issuer?.privateKey ?? privateKey);
  const whole = sequence(content, ecdsaWithSha256, tagged(0x03, Buffer.from([0]), signature));
  return { key: privateKey.export({ type: 'pkcs8', format: 'pem' }) as string, cert: pem(whole), subject, privateKey };
}

function tagged(tag: number, ...parts: readonly Buffer[]): Buffer {
  const content = Buffer.concat(parts);
  const { length } = content;
  if (length < 128) return Buffer.concat([Buffer.from([tag, length]), content]);
  const digits = length < 256 ? [length] : [length >> 8, length & 255];
  return Buffer.concat([Buffer.from([tag, 128 + digits.length, ...digits]), content]);
}

function sequence(...parts: readonly Buffer[]): Buffer {
  return tagged(0x30, ...parts);
}

/** Small and positive. */
function integer(value: number): Buffer {
  return tagged(0x02, Buffer.from(value < 128 ? [value] : [0, value]));
}

function objectIdentifier(dotted: string): Buffer {
  const [first, second, ...rest] = dotted.split('.').map(Number);
  const bytes = [first! * 40 + second!];
  for (const arc of rest) {
    const digits = [arc & 127];
    for (let left = arc >> 7; left > 0; left >>= 7) digits.unshift((left & 127) | 128);
    bytes.push(...digits);
  }
  return tagged(0x06, Buffer.from(bytes));
}

const ecdsaWithSha256 = sequence(objectIdentifier('1.2.840.10045.4.3.2'));

function distinguishedName(commonName: string): Buffer {
  return sequence(tagged(0x31, sequence(objectIdentifier('2.5.4.3'), tagged(0x0c, Buffer.from(commonName)))));
}

/** As UTCTime, which reaches to 2049. */
function time(atMs: number): Buffer {
  const digits = new Date(atMs).toISOString().replace(/\D/g, '');
  return tagged(0x17, Buffer.from(`${digits.slice(2, 14)}Z`));
}

function extension(identifier: string, value: Buffer): Buffer {
  return sequence(objectIdentifier(identifier), tagged(0x04, value));
}

function generalName(name: string): Buffer {
  return isIPv4(name) ? tagged(0x87, Buffer.from(name.split('.').map(Number))) : tagged(0x82, Buffer.from(name));
}

function pem(bytes: Buffer): string {
  return `-----BEGIN CERTIFICATE-----\n${bytes.toString('base64').replace(/.{1,64}/g, '$&\n')}-----END CERTIFICATE-----\n`;
}
