import assert from 'node:assert/strict';
import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { test } from 'node:test';
import { mcpProgram } from '../../../../../../testkit/mcp-servers.ts';
import { probeOnce } from '../../../../../../testkit/probe-once.ts';

/** A program takes seconds to start on a busy machine. */
const patientMs = 30_000;
const call = { tool: 'search', arguments: { query: 'brake' }, expect: { text: 'brake pads' } };

for (const { why, how, protocol } of [
  { why: 'one that knows both eras', how: 'both eras', protocol: /^(2026-07-28|2025-11-25)$/ },
  { why: 'one that knows the newer only, however slow it starts', how: 'newer era only', protocol: /^2026-07-28$/ },
  { why: 'one that knows the older only', how: 'older era only', protocol: /^2025-11-25$/ },
  { why: 'one that ends at what it does not know', how: 'ends at what it does not know', protocol: /^2025-11-25$/ },
  {
    why: 'one that says nothing to what it does not know',
    how: 'says nothing to what it does not know',
    protocol: /^2025-11-25$/,
  },
  { why: 'one that says more than MCP', how: 'talks', protocol: /./ },
]) {
  test(`mcp: a real program is spoken to, its tool called: ${why}`, async () => {
    const settings = {
      command: mcpProgram(how),
      call,
      expect: { tools: ['search', 'stock'], server: { name: 'shop-rag-mcp' } },
    };
    const result = await probeOnce('mcp', settings, { timeoutMs: patientMs });
    assert.equal(result.outcome, 'pass', `${result.sentence} ${result.evidence?.body}`);
    assert.match(String(result.observed['protocol']), protocol);
    assert.equal(result.observed['tools'], 3);
    assert.deepEqual(result.phases, {}, 'no network was asked');
  });
}

for (const { why, command, sentence, body = /^/, timeoutMs = patientMs } of [
  {
    why: 'it is not there',
    command: ['/no/such/program', 'serve'],
    sentence: 'The program program cannot be started: it or its folder is not there (ENOENT)',
  },
  { why: 'it may not be run', command: ['/usr'], sentence: 'The program usr cannot be started: EACCES' },
  {
    why: 'it crashes at its start; what it said last is told',
    command: mcpProgram('crashes'),
    sentence: "The program node ended with code 1: Error: Cannot find package 'llamaindex'",
    body: /llamaindex/,
  },
  { why: 'it ends without a word', command: ['/bin/true'], sentence: 'The program true ended with code 0' },
  { why: 'it is killed', command: ['/bin/sh', '-c', 'kill -9 $$'], sentence: 'The program sh was killed by SIGKILL' },
  {
    why: 'it says without end what is no message',
    command: ['/usr/bin/yes'],
    sentence: 'The program yes said far more than an answer and was ended',
    body: /^y/,
  },
  {
    why: 'it says without end, and no line ends',
    command: ['/bin/cat', '/dev/zero'],
    sentence: 'The program cat said far more than an answer and was ended',
  },
  {
    why: 'it lies about its id',
    command: mcpProgram('lies'),
    sentence: 'The answer is not valid MCP: it answers request -7, asked was 1',
  },
  {
    why: 'it never says anything',
    command: ['/bin/sleep', '600'],
    sentence: 'No complete answer within 300 ms, while shaking hands',
    timeoutMs: 300,
  },
  {
    why: 'it says back what it is told, as a shell tool would',
    command: ['/bin/cat'],
    sentence: 'The answer is not valid MCP: it says back what it is told',
  },
]) {
  test(`mcp: a program fails: ${why}`, async () => {
    const result = await probeOnce('mcp', { command }, { timeoutMs });
    assert.equal(result.outcome, 'fail');
    assert.equal(result.sentence, sentence);
    assert.match(result.evidence?.body ?? '', body);
  });
}

test('mcp: a program gets no shell, a folder, the variables of the check, and of ours only those that open no doors', async () => {
  await using folder = new ScratchFolder();
  process.env['PITWALL_TEST_SECRET_OF_OURS'] = 'sesame';
  const settings = {
    command: mcpProgram('tells its environment'),
    env: { SHOP_KEY: '$HOME;`id`' },
    folder: folder.path,
    call: {
      tool: 'env',
      expect: { json: { '$.SHOP_KEY': '$HOME;`id`', '$.cwd': folder.path }, notText: 'SECRET_OF_OURS' },
    },
  };
  const result = await probeOnce('mcp', settings, { timeoutMs: patientMs });
  delete process.env['PITWALL_TEST_SECRET_OF_OURS'];
  assert.equal(result.outcome, 'pass', result.sentence);
  const withPath = { ...settings, call: { tool: 'env', expect: { text: '"PATH":' } } };
  assert.equal((await probeOnce('mcp', withPath, { timeoutMs: patientMs })).outcome, 'pass');
});

test('mcp: what a program says of a secret on its standard error is in no evidence', async () => {
  const secret = 'canary-of-forty-letters-for-the-program';
  const command = ['/bin/sh', '-c', 'echo "Error: bad key $KEY" >&2; exit 1'];
  const result = await probeOnce('mcp', { command, env: { KEY: secret } }, { secrets: [secret] });
  assert.equal(result.sentence, 'The program sh ended with code 1: Error: bad key [redacted]');
  assert.ok(!JSON.stringify(result).includes(secret.slice(0, 8)));
});

test('mcp: at the deadline a program is killed with all that it started', async () => {
  await using folder = new ScratchFolder();
  const pids = join(folder.path, 'pids');
  const result = await probeOnce('mcp', { command: mcpProgram('hangs with a child', pids) }, { timeoutMs: 5_000 });
  assert.equal(result.sentence, 'No complete answer within 5000 ms, while shaking hands');
  for (const pid of readFileSync(pids, 'utf8').split(' ')) assert.ok(isGone(Number(pid)), `${pid} lives on`);
});

test('mcp: a program that stays when its input ends is killed when the check is over', async () => {
  await using folder = new ScratchFolder();
  const pids = join(folder.path, 'pids');
  const settings = { command: mcpProgram('stays when its input ends', pids) };
  const result = await probeOnce('mcp', settings, { timeoutMs: patientMs });
  assert.equal(result.outcome, 'pass', result.sentence);
  assert.ok(isGone(Number(readFileSync(pids, 'utf8'))));
});

class ScratchFolder implements AsyncDisposable {
  readonly path = mkdtempSync(join(tmpdir(), 'pitwall-mcp-'));

  [Symbol.asyncDispose](): Promise<void> {
    rmSync(this.path, { recursive: true });
    return Promise.resolve();
  }
}

/** Gone, or dead and not yet buried by whoever inherits it. */
function isGone(pid: number): boolean {
  try {
    return /\) [ZX] /.test(readFileSync(`/proc/${pid}/stat`, 'utf8'));
  } catch {
    return true;
  }
}
