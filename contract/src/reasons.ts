/**
 * Why a result or a status is what it is: closed names with a sentence each. A reason is stored in a point as its
 * index in this list: append only, never reorder. `{x}` in a sentence is filled from the evidence, where it has x.
 */
export const reasons = {
  'expectations-met': 'Everything asked for was there',
  connected: 'The port accepts connections',
  'within-limits': 'All readings are within their limits',
  'not-configured': 'Not configured: {missing} is not set',
  'dns-not-found': 'The name {host} does not exist',
  'dns-failed': 'The name {host} could not be looked up: {code}',
  'dns-timeout': 'Looking up {host} took longer than {timeoutMs} ms',
  'connection-refused': 'Nothing listens at {address}: connection refused',
  'connect-timeout': 'No connection to {address} within {timeoutMs} ms',
  'host-unreachable': 'There is no way to {address}: {code}',
  'connection-reset': 'The connection was reset while {doing}',
  'connection-closed': 'The connection was closed while {doing}',
  'certificate-invalid': 'The certificate is not accepted: {code}',
  'certificate-expired': 'The certificate expired on {validTo}',
  'tls-failed': 'No encrypted connection: {code}',
  timeout: 'No complete answer within {timeoutMs} ms, while {doing}',
  'protocol-error': 'The answer is not valid {protocol}: {code}',
  'headers-too-large': 'The headers of the answer are larger than {limitBytes} bytes',
  'body-too-large': 'The answer is larger than {limitBytes} bytes',
  'too-many-redirects': 'More than {limit} redirects; the last was to {location}',
  'address-not-allowed': 'Pitwall may not connect to {address}: {rule}',
  'wrong-status': 'Answered {actual}, expected {expected}',
  'wrong-header': 'Header {name} is {actual}, expected {expected}',
  'text-missing': 'The text “{expected}” is not in the answer',
  'text-present': 'The text “{unexpected}” is in the answer and must not be',
  'json-invalid': 'The answer is not JSON',
  'json-mismatch': 'At {path} the answer has {actual}, expected {expected}',
  'size-out-of-range': 'The answer has {actual} bytes, expected {expected}',
  'too-slow': '{phase} took {actualMs} ms, limit {limitMs} ms',
  'reply-mismatch': 'Replied “{actual}”, expected {expected}',
  'limit-exceeded': '{reading} is {actual}, limit {limit}',
  'reading-failed': '{reading} could not be read: {code}',
  'prober-late': 'Pitwall itself was {lateMs} ms late, so this result is suspect',
  'missed-not-running': 'Pitwall was not running',
  'missed-overload': 'Pitwall was busy: all {limit} places were taken',
  'missed-still-running': 'The check before it was still running',
  'missed-clock-step': 'The clock of this machine was set while it was due',
  'missed-prober-restarted': 'The prober was restarted while it was due',
  'internal-error': 'Pitwall failed while checking: {code}',
  recovered: 'Answers again',
  'first-result': 'First result',
  'failing-in-a-row': '{count} failures in a row: {why}',
  'degraded-in-a-row': '{count} results in a row were degraded: {why}',
  'no-result-in-time': 'No result since {lastSlot}',
  'unknown-in-a-row': '{count} results in a row tell nothing: {why}',
  'worst-check': '{check} is {status}: {why}',
  'check-removed': 'Its checks changed',
  'missed-prober-late': 'Pitwall itself was {lateMs} ms late, too late for this slot',
  'hop-refused': 'The redirect to {location} is not followed: {rule}',
  'out-of-resources': 'Pitwall itself has no {resource} left: {code}',
  'seen-late': 'Pitwall itself was late, so what it saw tells nothing',
} as const;

export type ReasonCode = keyof typeof reasons;
export const reasonCodes = Object.keys(reasons) as ReasonCode[];
const indexes = new Map<string, number>(reasonCodes.map((code, index) => [code, index]));

/** The integer under which a reason is stored. */
export function reasonIndex(code: ReasonCode): number {
  return indexes.get(code)!;
}

/** The sentence of a reason, its gaps filled from the evidence; a gap that nothing fills reads “?”. */
export function reasonSentence(code: ReasonCode, evidence: Readonly<Record<string, unknown>> = {}): string {
  return reasons[code].replace(/\{(\w+)\}/g, (_, name: string) => {
    const value = evidence[name] ?? instantOf(evidence[`${name}Ms`]);
    return value === undefined || value === null ? '?' : String(value);
  });
}

/** An instant is kept as a number and read as `14 Oct 09:41:30 UTC`. */
function instantOf(atMs: unknown): string | undefined {
  if (typeof atMs !== 'number') return undefined;
  const [, month, day, time] = /-(\d\d)-(\d\d)T(.{8})/.exec(new Date(atMs).toISOString())!;
  const months = 'Jan Feb Mar Apr May Jun Jul Aug Sep Oct Nov Dec'.split(' ');
  return `${Number(day)} ${months[Number(month) - 1]} ${time} UTC`;
}
