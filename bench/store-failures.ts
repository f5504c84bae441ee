/** How checks fail in the benches of the store, with the evidence that the prober would have kept. */
import type { ReasonCode } from '../contract/src/reasons.ts';
import type { Evidence } from '../server/src/capabilities/checks/kind.ts';
import { encodePointCode } from '../server/src/core/point-code.ts';

export interface FailureKind {
  readonly reason: ReasonCode;
  readonly code: number;
  readonly totalUs: number;
  evidence(key: string, atMs: number): Evidence;
}

const errorPage = `<html>
<head><title>503 Service Temporarily Unavailable</title></head>
<body>
<center><h1>503 Service Temporarily Unavailable</h1></center>
<hr><center>nginx/1.22.1</center>
</body>
</html>
`;

function failing(reason: ReasonCode, totalUs: number, evidence: FailureKind['evidence']): FailureKind {
  const code = encodePointCode({ outcome: 'fail', suspect: false, missed: false, attempts: 3, reason });
  return { reason, code, totalUs, evidence };
}

/** The date in the headers makes the body of each outage one of its own, as in life. */
function headers(atMs: number, contentType: string, lengthBytes: number): [string, string][] {
  return [
    ['server', 'nginx/1.22.1'],
    ['date', new Date(atMs).toUTCString()],
    ['content-type', contentType],
    ['content-length', `${lengthBytes}`],
    ['connection', 'close'],
    ['x-request-id', `${(atMs % 0x7fffffff).toString(16)}-4f1c-9a52-0de2f3a1b7c6`],
  ];
}

export const failureKinds: readonly FailureKind[] = [
  failing('connection-refused', 310, (key) => ({ facts: { address: `10.20.0.${key.length}:8080` } })),
  failing('timeout', 5_000_000, () => ({ facts: { timeoutMs: 5_000, doing: 'waiting for the answer' } })),
  failing('wrong-status', 9_400, (_, atMs) => ({
    facts: { actual: 503, expected: '200', url: 'http://shop.internal/health' },
    statusCode: 503,
    headers: headers(atMs, 'text/html', errorPage.length),
    body: errorPage,
  })),
  failing('json-mismatch', 11_200, (key, atMs) => {
    const body = JSON.stringify({ status: 'degraded', service: key, queue: { waiting: atMs % 5_000, workers: 0 } });
    return {
      facts: { path: 'status', actual: 'degraded', expected: 'ok' },
      statusCode: 200,
      headers: headers(atMs, 'application/json', body.length),
      body,
    };
  }),
];
