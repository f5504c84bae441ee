import assert from 'node:assert/strict';
import { test } from 'node:test';
import { reasonSentence } from '../../../contract/src/reasons.ts';
import { connectionFault, type Doing, isWorthAnother } from './connection-faults.ts';

const rows: readonly {
  why: string;
  error: { code?: string; syscall?: string };
  doing: Doing;
  says: string;
  ours?: true;
}[] = [
  {
    why: 'nobody listens',
    error: { code: 'ECONNREFUSED' },
    doing: 'connecting',
    says: 'Nothing listens at 10.0.0.7:80: connection refused',
  },
  {
    why: 'the kernel gave up',
    error: { code: 'ETIMEDOUT' },
    doing: 'connecting',
    says: 'No connection to 10.0.0.7:80 within 400 ms',
  },
  {
    why: 'the kernel gave up later',
    error: { code: 'ETIMEDOUT' },
    doing: 'reading the answer',
    says: 'No complete answer within 400 ms, while reading the answer',
  },
  {
    why: 'no route',
    error: { code: 'ENETUNREACH' },
    doing: 'connecting',
    says: 'There is no way to 10.0.0.7:80: this machine has no route to that network (ENETUNREACH)',
  },
  {
    why: 'a router says no',
    error: { code: 'EHOSTUNREACH' },
    doing: 'connecting',
    says: 'There is no way to 10.0.0.7:80: the machine does not answer on its network (EHOSTUNREACH)',
  },
  {
    why: 'a firewall here says no',
    error: { code: 'EPERM' },
    doing: 'connecting',
    says: 'There is no way to 10.0.0.7:80: this machine forbids it (EPERM)',
  },
  {
    why: 'a reset',
    error: { code: 'ECONNRESET', syscall: 'read' },
    doing: 'reading the answer',
    says: 'The connection was reset while reading the answer',
  },
  {
    why: 'Node’s word for an end that came too early',
    error: { code: 'ECONNRESET' },
    doing: 'agreeing on encryption',
    says: 'The connection was closed while agreeing on encryption',
  },
  {
    why: 'a write after the other side went',
    error: { code: 'EPIPE', syscall: 'write' },
    doing: 'waiting for an answer',
    says: 'The connection was reset while waiting for an answer',
  },
  {
    why: 'whatever OpenSSL says',
    error: { code: 'ERR_SSL_WRONG_VERSION_NUMBER' },
    doing: 'agreeing on encryption',
    says: 'No encrypted connection: the other side does not speak TLS; it may be plain http (ERR_SSL_WRONG_VERSION_NUMBER)',
  },
  {
    why: 'no file handle left here',
    error: { code: 'EMFILE' },
    doing: 'connecting',
    says: 'Pitwall itself has no file handle left: EMFILE',
    ours: true,
  },
  {
    why: 'no port left here',
    error: { code: 'EADDRNOTAVAIL' },
    doing: 'connecting',
    says: 'Pitwall itself has no address or port of its own left: EADDRNOTAVAIL',
    ours: true,
  },
  {
    why: 'an error that nobody knows',
    error: { code: 'EWHAT' },
    doing: 'connecting',
    says: 'There is no way to 10.0.0.7:80: EWHAT',
  },
];
for (const { why, error, doing, says, ours } of rows) {
  test(`an error of a socket in our words: ${why}`, () => {
    const fault = connectionFault(Object.assign(new Error('never shown'), error), { doing, address: '10.0.0.7:80' });
    assert.equal(reasonSentence(fault.reason, { ...fault.facts, timeoutMs: 400 }), says);
    assert.equal(fault.ours, ours);
  });
}

test('another address of the name is tried only where nobody was reached', () => {
  const after = (code: string, doing: Doing = 'connecting') =>
    isWorthAnother(connectionFault(Object.assign(new Error(), { code }), { doing, address: 'a:1' }));
  assert.deepEqual(
    ['ECONNREFUSED', 'ENETUNREACH', 'EADDRNOTAVAIL'].map((code) => after(code)),
    [true, true, true],
  );
  assert.deepEqual(
    [after('ETIMEDOUT'), after('EMFILE'), after('ECONNRESET', 'reading the answer')],
    [false, false, false],
  );
  assert.equal(isWorthAnother(undefined), false);
});
