/** One POST over a new connection: name, policy, connection, answer. Redirects are not followed, the answer is dropped. */
import type { ReasonCode } from '../../../contract/src/reasons.ts';
import type { Clock } from './clock.ts';
import { isWorthAnother } from './connection-faults.ts';
import { type ExchangeEnd, headerValue, startExchange } from './http-exchange.ts';
import { type Network, NetworkFault } from './network.ts';

export interface PostRequest {
  readonly url: URL;
  readonly headers: readonly (readonly [name: string, value: string])[];
  readonly body: string;
  readonly timeoutMs: number;
  /** Ends it early, as the time would. */
  readonly signal?: AbortSignal;
}

export interface PostEnd {
  /** There as soon as the other side named one, whatever became of the rest of its answer. */
  readonly status: number | undefined;
  readonly retryAfter: string | undefined;
  /** The first bytes of what it said, as they came; a receiver may say anything, so this is read and not shown. */
  readonly said: string;
  readonly fault:
    | { readonly reason: ReasonCode; readonly facts: Readonly<Record<string, string | number>> }
    | undefined;
  /** Whether the other side may have got the request: false where the connection never stood. */
  readonly handedOver: boolean;
}

/** More of an answer than this is not read: only its status and a few bytes count. */
const answerLimitBytes = 4_096;
const keptBytes = 512;

/** Never throws; over at the latest when the time is up. Nothing in the end names path, query or password of the URL. */
export async function postOnce(
  request: PostRequest,
  { clock, network }: { readonly clock: Clock; readonly network: Network },
): Promise<PostEnd> {
  const { url, timeoutMs } = request;
  const startedUs = clock.monotonicUs();
  const leftMs = () => Math.max(1, timeoutMs - Math.round((clock.monotonicUs() - startedUs) / 1_000));
  try {
    const { address, others = [] } = await network.resolve(url.hostname.replace(/^\[(.*)\]$/, '$1'), { timeoutMs });
    let end: ExchangeEnd | undefined;
    // `localhost` is often two addresses of which one answers; the next is dialled only where nothing was handed over.
    for (const each of [address, ...others]) {
      end = await exchange(request, each, clock, leftMs());
      if (!isWorthAnother(end.fault)) break;
    }
    return toPostEnd(end!, url.protocol === 'https:', timeoutMs);
  } catch (error) {
    const { reason, facts } =
      error instanceof NetworkFault ? error : ({ reason: 'internal-error', facts: { code: nameOf(error) } } as const);
    return { status: undefined, retryAfter: undefined, said: '', fault: { reason, facts }, handedOver: false };
  }
}

function exchange({ url, headers, body, signal }: PostRequest, address: string, clock: Clock, leftMs: number) {
  const secure = url.protocol === 'https:';
  const named = url.hostname !== address && !url.hostname.startsWith('[');
  return new Promise<ExchangeEnd>((resolve) => {
    let cancelTimer = () => {};
    const giveUp = startExchange(
      {
        address,
        port: url.port === '' ? (secure ? 443 : 80) : Number(url.port),
        tls: secure ? { servername: named ? url.hostname : undefined, verify: true } : undefined,
        method: 'POST',
        path: url.pathname + url.search,
        headers: [
          ['host', url.host],
          ...headers,
          ['content-length', String(Buffer.byteLength(body))],
          ['connection', 'close'],
        ],
        body,
        keepBytes: keptBytes,
        readBytes: answerLimitBytes,
        endlessStreams: 'stop',
      },
      clock,
      (end) => {
        cancelTimer();
        signal?.removeEventListener('abort', giveUp);
        resolve(end);
      },
    );
    cancelTimer = clock.setTimer(giveUp, leftMs);
    signal?.addEventListener('abort', giveUp);
    if (signal?.aborted) giveUp();
  });
}

function toPostEnd({ times, fault, answer }: ExchangeEnd, secure: boolean, timeoutMs: number): PostEnd {
  const stood = secure ? times.tlsUs >= 0 : times.connectUs >= 0;
  // A certificate that is not accepted is seen before anything is sent.
  const distrusted = fault?.reason === 'certificate-invalid' || fault?.reason === 'certificate-expired';
  return {
    status: answer?.statusCode,
    retryAfter: answer === undefined ? undefined : headerValue(answer.rawHeaders, 'retry-after'),
    said: answer === undefined ? '' : Buffer.concat(answer.kept).toString('utf8'),
    fault: fault === undefined ? undefined : { reason: fault.reason, facts: { timeoutMs, ...fault.facts } },
    handedOver: stood && !distrusted,
  };
}

function nameOf(error: unknown): string {
  return error instanceof Error ? ((error as NodeJS.ErrnoException).code ?? error.name) : 'unknown';
}
