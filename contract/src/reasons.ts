import { inOneLine } from './unseen.ts';

/**
 * Why a result or a status is what it is: closed names with a sentence each. A reason is stored in a point as its
 * index in this list: append only, never reorder. `{x}` in a sentence is filled from the evidence, where it has x; what
 * stands in `[…]` is left out where nothing fills it.
 */
export const reasons = {
  'expectations-met': 'Everything asked for was there',
  connected: 'The port accepts connections',
  'within-limits': 'All readings are within their limits',
  'not-configured': 'Not configured: {missing}',
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
  'wrong-status': 'Answered {actual}[ and leads to {location}], expected {expected}[ ({hint})]',
  'wrong-header': 'Header {name} is {actual}, expected {expected}',
  'text-missing': 'The text “{expected}” is not in the answer',
  'text-present': 'The text “{unexpected}” is in the answer and must not be',
  'json-invalid': 'The answer is not JSON',
  'json-mismatch': 'At {path} the answer has {actual}, expected {expected}',
  'size-out-of-range': 'The answer has {actual} bytes, expected {expected}',
  'too-slow': '{phase} took {actualMs} ms, limit {limitMs} ms',
  'reply-mismatch': 'Replied “{actual}”[ within {timeoutMs} ms], expected {expected}',
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
  'certificate-expires-soon': '{which} expires on {validTo}, in {left}; limit {limit}',
  'certificate-mismatch': 'The certificate’s {field} is {actual}, expected {expected}',
  'tls-version': 'Agreed on {actual}, expected {expected} or newer',
  'no-record': 'The name {name} has no {type} record',
  'answer-mismatch': 'The {type} records of {name} are {actual}, expected {expected}',
  'resolver-failed': 'The resolver {resolver} {what}',
  'login-refused': 'The login as {user} is refused: {code}',
  'database-missing': 'There is no database {database}',
  'no-connections-left': 'The server takes no more connections: {code}',
  'server-not-ready': 'The server answers but is not ready: {code}',
  'query-failed': 'The query failed: {code}',
  'query-mismatch': 'The query gave {actual}, expected {expected}',
  'role-mismatch': 'The server is a {actual}, expected a {expected}',
  'replication-broken': 'Replication does not run: {code}',
  'command-failed': 'The server answered {code} to {command}',
  'value-mismatch': '{reading} is {actual}, expected {expected}',
  'call-failed': 'The answer to {method} was error {code}: {message}',
  'tool-missing': 'The tool {tool} is not offered',
  'tool-failed': 'The tool {tool} failed: {message}',
  'tool-mismatch': 'The tool {tool} answered {actual}, expected {expected}',
  'program-failed': 'The program {program} {what}',
  reported: 'Reported in time',
  'report-missing': 'No report came: the last was {last}, the next was due {due}',
  'never-reported': 'It has never reported; its first report is due at {due}',
  'job-failed': 'The job reported that it failed: {what}',
  'job-unfinished': 'The job began {started} and has not ended within {limit}',
  'job-slow': 'The job took {actual}, limit {limit}',
  'no-echo': 'None of {sent} echo requests was answered',
  'packets-lost': '{lossPercent} % of {sent} echo requests were lost, limit {limitPercent} %',
  'too-much-jitter': 'Jitter is {actualMs} ms, limit {limitMs} ms',
  'members-well': 'Enough of its members are well',
  'members-missing': '{well} of {count} are well, needed {needed}; not well: {members}',
  'members-degraded': '{well} of {count} are well, which is enough; not well: {members}',
  'pattern-missing': 'Nothing in the answer matches {pattern}',
  'pattern-present': 'The answer matches {pattern} and must not',
  'schema-mismatch': 'At {path} the answer {problem}',
  'cold-start': 'Answered after a cold start, whose time is in no latency figure',
  'gate-shut': 'Pitwall itself has no way out: {gate} does not answer, so this tells nothing',
  'needs-running': 'Only a running Pitwall can judge this',
  'not-mcp': 'There is no MCP at this address: it answered {actual}',
  'needs-login': 'It asks for a login: {what}',
  'ipv6-only': 'The host {host} has an IPv6 address only, and this machine has no way out over IPv6: {code}',
  'passed-in-a-row': 'Everything asked for was there, as many times in a row as it takes to be well again',
} as const;

export type ReasonCode = keyof typeof reasons;
export const reasonCodes = Object.keys(reasons) as ReasonCode[];
const indexes = new Map<string, number>(reasonCodes.map((code, index) => [code, index]));

/** The integer under which a reason is stored. */
export function reasonIndex(code: ReasonCode): number {
  return indexes.get(code)!;
}

/**
 * The sentence of a reason, its gaps filled from the evidence; a gap that nothing fills reads “?”. Peers’ words stay in
 * one line and command nothing.
 */
export function reasonSentence(code: ReasonCode, evidence: Readonly<Record<string, unknown>> = {}): string {
  const filled = (name: string) => wordsOf(name, evidence[name] ?? instantOf(evidence[`${name}Ms`]));
  return reasons[code]
    .replace(/\[([^\]]*\{(\w+)\}[^\]]*)\]/g, (_, part: string, name: string) =>
      filled(name) === undefined ? '' : part,
    )
    .replace(/\{(\w+)\}/g, (_, name: string) => filled(name) ?? '?');
}

function wordsOf(name: string, value: unknown): string | undefined {
  if (value === undefined || value === null) return undefined;
  if (name === 'missing') return notSet(String(value).split(', '));
  const words = name === 'code' ? codeWords[String(value)] : undefined;
  return inOneLine(words === undefined ? String(value) : `${words} (${value})`);
}

/** “A is not set”, “A and B are not set”. */
export function notSet(names: readonly string[]): string {
  const list = names.length < 2 ? names.join('') : `${names.slice(0, -1).join(', ')} and ${names.at(-1)}`;
  return `${list} ${names.length === 1 ? 'is' : 'are'} not set`;
}

/** What the commonest codes of systems and of OpenSSL say; the code stays beside it, to be searched for. */
const codeWords: Readonly<Record<string, string>> = {
  DEPTH_ZERO_SELF_SIGNED_CERT: 'it is signed by itself, not by an authority',
  SELF_SIGNED_CERT_IN_CHAIN: 'its authority is not one this machine trusts',
  UNABLE_TO_GET_ISSUER_CERT: 'who issued it is not known here',
  UNABLE_TO_GET_ISSUER_CERT_LOCALLY: 'who issued it is not known here',
  UNABLE_TO_VERIFY_LEAF_SIGNATURE: 'the certificates between it and its authority are missing',
  CERT_NOT_YET_VALID: 'it is not valid yet',
  CERT_HAS_EXPIRED: 'it, or one it rests on, has expired',
  CERT_REVOKED: 'it was revoked',
  CERT_UNTRUSTED: 'its authority is not trusted',
  CERT_REJECTED: 'its authority rejects this use',
  CERT_SIGNATURE_FAILURE: 'its signature is wrong',
  INVALID_PURPOSE: 'it is not made for servers',
  INVALID_CA: 'one it rests on is no authority',
  ERR_TLS_CERT_ALTNAME_INVALID: 'it is for another name',
  ERR_SSL_WRONG_VERSION_NUMBER: 'the other side does not speak TLS; it may be plain http',
  ERR_SSL_PACKET_LENGTH_TOO_LONG: 'the other side does not speak TLS; it may be plain http',
  ERR_SSL_UNSUPPORTED_PROTOCOL: 'it speaks only an old version of TLS',
  ERR_SSL_TLSV1_ALERT_PROTOCOL_VERSION: 'it refuses this version of TLS',
  ERR_SSL_SSLV3_ALERT_HANDSHAKE_FAILURE: 'it and Pitwall have no cipher in common, or it wants a client certificate',
  ERR_SSL_TLSV1_UNRECOGNIZED_NAME: 'it has no certificate for this name',
  ERR_SSL_TLSV1_ALERT_UNRECOGNIZED_NAME: 'it has no certificate for this name',
  ERR_SSL_TLSV13_ALERT_CERTIFICATE_REQUIRED: 'it wants a client certificate',
  EHOSTUNREACH: 'the machine does not answer on its network',
  ENETUNREACH: 'this machine has no route to that network',
  EHOSTDOWN: 'the machine is off',
  ENETDOWN: 'the network is down',
  EACCES: 'this machine forbids it',
  EPERM: 'this machine forbids it',
  EAI_AGAIN: 'the name server gives no answer for now',
  ESERVFAIL: 'the name server failed',
  EREFUSED: 'the name server refuses',
};

/** An instant is kept as a number and read as `14 Oct 09:41:30 UTC`. */
function instantOf(atMs: unknown): string | undefined {
  if (typeof atMs !== 'number') return undefined;
  const [, month, day, time] = /-(\d\d)-(\d\d)T(.{8})/.exec(new Date(atMs).toISOString())!;
  const months = 'Jan Feb Mar Apr May Jun Jul Aug Sep Oct Nov Dec'.split(' ');
  return `${Number(day)} ${months[Number(month) - 1]} ${time} UTC`;
}
