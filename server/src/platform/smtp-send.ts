/** One mail over one connection that is dialled here, to an address that the policy allows; nodemailer speaks SMTP on it. */
import net from 'node:net';
import { Readable } from 'node:stream';
import tls from 'node:tls';
import type SMTPConnection from 'nodemailer/lib/smtp-connection';
import type { Clock } from './clock.ts';
import { type ConnectionFault, connectionFault, hostAndPort, isWorthAnother } from './connection-faults.ts';
import { type Network, NetworkFault } from './network.ts';

export type SmtpSecurity = 'starttls' | 'tls' | 'none';

export interface SmtpRequest {
  readonly host: string;
  readonly port: number;
  readonly security: SmtpSecurity;
  /** Authorities that are trusted beside the system's, as PEM. */
  readonly ca: string | undefined;
  readonly login: { readonly user: string; readonly password: string } | undefined;
  readonly from: string;
  readonly to: readonly string[];
  /** The whole mail as bytes, with CRLF. */
  readonly content: Buffer;
  readonly timeoutMs: number;
  readonly signal?: AbortSignal;
}

/** Where in the conversation it was when it ended. */
export type SmtpStep = 'greeting' | 'encryption' | 'login' | 'sender' | 'recipients' | 'content';

export interface SmtpRefusal {
  readonly step: SmtpStep;
  readonly status: number;
  /** `5.1.1`, where the server gives one (RFC 3463). Its words are never handed on: they may hold anything. */
  readonly enhanced: string | undefined;
}

export type SmtpEnd =
  /** With who was refused, if not all of them were taken. */
  | { readonly outcome: 'taken'; readonly refused: readonly (SmtpRefusal & { readonly recipient: string })[] }
  | ({ readonly outcome: 'refused' } & SmtpRefusal)
  /** `handedOver`: the server was given the content, so it may have taken it. */
  | {
      readonly outcome: 'broken';
      readonly fault: Pick<ConnectionFault, 'reason' | 'facts'>;
      readonly handedOver: boolean;
    };

type Failure = SMTPConnection.SMTPError;

interface Means {
  readonly clock: Clock;
  readonly network: Network;
}

/** Never throws; over at the latest when the time is up, its socket freed. */
export async function sendMailOnce(request: SmtpRequest, means: Means): Promise<SmtpEnd> {
  const { clock, network } = means;
  const startedUs = clock.monotonicUs();
  const leftMs = () => Math.max(1, request.timeoutMs - Math.round((clock.monotonicUs() - startedUs) / 1_000));
  try {
    // Only who sends mail pays for it: it is 40 files.
    const { default: Smtp } = await import('nodemailer/lib/smtp-connection');
    const { signal } = request;
    const wait = { timeoutMs: request.timeoutMs, ...(signal === undefined ? {} : { signal }) };
    const { address, others = [] } = await network.resolve(request.host, wait);
    let end: SmtpEnd | undefined;
    for (const each of [address, ...others]) {
      end = await talk(request, each, leftMs(), clock, Smtp);
      if (end.outcome !== 'broken' || end.handedOver || !isWorthAnother(end.fault)) break;
    }
    return end!;
  } catch (error) {
    if (error instanceof NetworkFault) return { outcome: 'broken', fault: error, handedOver: false };
    const code = error instanceof Error ? error.name : 'unknown';
    return { outcome: 'broken', fault: { reason: 'internal-error', facts: { code } }, handedOver: false };
  }
}

function talk(
  request: SmtpRequest,
  address: string,
  leftMs: number,
  clock: Clock,
  Smtp: typeof SMTPConnection,
): Promise<SmtpEnd> {
  const { promise, resolve } = Promise.withResolvers<SmtpEnd>();
  const at = hostAndPort(address, request.port);
  let smtp: SMTPConnection | undefined;
  let handedOver = false;
  let ended = false;
  const socket = net.connect({ host: address, port: request.port });

  const end = (result: SmtpEnd): void => {
    if (ended) return;
    ended = true;
    cancelTimer();
    request.signal?.removeEventListener('abort', giveUp);
    // After STARTTLS the session is another socket over this one; both are freed.
    smtp?.close();
    socket.destroy();
    resolve(result);
  };
  const broken = (fault: ConnectionFault): void => end({ outcome: 'broken', fault, handedOver });
  const giveUp = (): void =>
    broken(
      smtp === undefined
        ? { reason: 'connect-timeout', facts: { address: at, timeoutMs: request.timeoutMs } }
        : { reason: 'timeout', facts: { doing: 'waiting for an answer', timeoutMs: request.timeoutMs } },
    );
  const failed = (error: Failure, step: SmtpStep): void => {
    const refusal = refusalOf(error, step);
    if (refusal !== undefined) end({ outcome: 'refused', ...refusal });
    else broken(faultOf(error, at));
  };
  const cancelTimer = clock.setTimer(giveUp, leftMs);
  request.signal?.addEventListener('abort', giveUp);
  socket.on('error', (error) => {
    if (smtp === undefined) broken(connectionFault(error, { doing: 'connecting', address: at }));
  });
  socket.once('connect', () => {
    if (ended) return;
    smtp = new Smtp(optionsOf(request, socket));
    let step: SmtpStep = 'greeting';
    smtp.on('error', (error: Failure) => failed(error, step));
    smtp.connect((error) => {
      if (error !== undefined && error !== null) return failed(error, step);
      const { login, from, to } = request;
      const send = (): void => {
        step = 'content';
        const content = contentOf(request.content, () => {
          handedOver = true;
        });
        smtp!.send({ from, to: [...to] }, content, (fault, info) => {
          if (fault !== null && fault !== undefined) failed(fault, step);
          else end({ outcome: 'taken', refused: (info!.rejectedErrors ?? []).map((each) => refusedRecipient(each)) });
        });
      };
      if (login === undefined) return send();
      step = 'login';
      smtp!.login({ credentials: { user: login.user, pass: login.password } }, (fault) => {
        if (fault !== null && fault !== undefined) failed(fault, step);
        else send();
      });
    });
  });
  if (request.signal?.aborted === true) giveUp();
  return promise;
}

/** The limits of nodemailer are above ours: one clock decides. */
function optionsOf({ host, security, ca, timeoutMs }: SmtpRequest, connection: net.Socket) {
  const beyondMs = timeoutMs + 60_000;
  return {
    host,
    connection,
    secure: security === 'tls',
    requireTLS: security === 'starttls',
    ignoreTLS: security === 'none',
    connectionTimeout: beyondMs,
    greetingTimeout: beyondMs,
    socketTimeout: beyondMs,
    socketCloseTimeout: 0,
    maxResponseSize: 65_536,
    tls: {
      rejectUnauthorized: true,
      minVersion: 'TLSv1.2',
      ...(net.isIP(host) === 0 ? { servername: host } : {}),
      ...(ca === undefined ? {} : { ca: [...tls.getCACertificates('default'), ca] }),
    },
  } as const;
}

/** Read when the server has said “go on” to DATA, not before. */
function contentOf(content: Buffer, onRead: () => void): Readable {
  let isRead = false;
  return new Readable({
    read() {
      if (isRead) return;
      isRead = true;
      onRead();
      this.push(content);
      this.push(null);
    },
  });
}

function refusalOf({ command = '', response, responseCode }: Failure, step: SmtpStep): SmtpRefusal | undefined {
  if (responseCode === undefined || responseCode < 400 || responseCode > 599) return undefined;
  const enhanced = /^\d{3}[ -]([245]\.\d{1,3}\.\d{1,3})\b/.exec(response ?? '')?.[1];
  const named = steps.find(({ begins }) => command.startsWith(begins))?.step;
  return { step: named ?? step, status: responseCode, enhanced };
}

const steps: readonly { readonly begins: string; readonly step: SmtpStep }[] = [
  { begins: 'AUTH', step: 'login' },
  { begins: 'STARTTLS', step: 'encryption' },
  { begins: 'MAIL', step: 'sender' },
  { begins: 'RCPT', step: 'recipients' },
  { begins: 'DATA', step: 'content' },
];

function refusedRecipient(error: Failure): SmtpRefusal & { recipient: string } {
  const refusal = refusalOf(error, 'recipients') ?? { step: 'recipients', status: 550, enhanced: undefined };
  return { ...refusal, recipient: String(error.recipient ?? '') };
}

const certificateCodes =
  /CERT|SELF_SIGNED|UNABLE_TO_(GET|VERIFY|DECRYPT|DECODE)|ISSUER|ERR_TLS_CERT_ALTNAME_INVALID|HOSTNAME_MISMATCH/;

function faultOf(error: Failure, address: string): ConnectionFault {
  const code = error.originalCode ?? error.code ?? error.name;
  if (code === 'CERT_HAS_EXPIRED') return { reason: 'certificate-invalid', facts: { code } };
  if (certificateCodes.test(code)) return { reason: 'certificate-invalid', facts: { code } };
  if (error.command === 'STARTTLS' || /^ETLS$|^ERR_SSL|^EPROTO$/.test(code))
    return { reason: 'tls-failed', facts: { code } };
  if (code === 'EAUTH') return { reason: 'protocol-error', facts: { protocol: 'SMTP', code: 'no way to log in' } };
  if (code === 'EPROTOCOL' || code === 'EENVELOPE' || code === 'EMESSAGE') {
    return { reason: 'protocol-error', facts: { protocol: 'SMTP', code } };
  }
  if (code === 'ECONNECTION') return { reason: 'connection-closed', facts: { doing: 'waiting for an answer' } };
  return connectionFault(Object.assign(new Error(code), { code, syscall: 'read' }), {
    doing: 'waiting for an answer',
    address,
  });
}
