/**
 * What survives a power cut is what was written through to the disk before anybody was told. A trace of the system
 * calls of a real Pitwall shows the order: the log's bytes, their fsync, and only then the message.
 */
import assert from 'node:assert/strict';
import { mkdtemp, readFile, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { test } from 'node:test';
import { OnePage } from '../../../testkit/one-page.ts';
import { PitwallProcess } from '../../../testkit/pitwall-process.ts';
import { systemClock } from '../platform/clock.ts';

/** One call as strace writes it, with its thread and, by -y, what the descriptor stands for. */
interface Call {
  readonly thread: string;
  readonly name: string;
  readonly file: string;
  readonly text: string;
}

const writes = new Set(['write', 'writev', 'sendto', 'sendmsg', 'pwrite64']);
const syncs = new Set(['fsync', 'fdatasync']);

/** Writes stand where they began, syncs where they ended, should another thread have come between. */
function parse(trace: string): Call[] {
  const calls: Call[] = [];
  const unfinished = new Map<string, Call>();
  for (const line of trace.split('\n')) {
    const resumed = /^(\d+) +<\.\.\. \w+ resumed>/.exec(line);
    const begun = unfinished.get(resumed?.[1] ?? '');
    if (begun !== undefined) {
      unfinished.delete(begun.thread);
      if (syncs.has(begun.name)) calls.push(begun);
    }
    const found = /^(\d+) +(\w+)\(\d+<(.*?)>(.*)$/.exec(line);
    if (found === null) continue;
    const call = { thread: found[1]!, name: found[2]!, file: found[3]!, text: found[4]! };
    const isUnfinished = line.endsWith('<unfinished ...>');
    if (isUnfinished) unfinished.set(call.thread, call);
    if (!isUnfinished || !syncs.has(call.name)) calls.push(call);
  }
  return calls;
}

async function traceOfAnOutage(): Promise<Call[]> {
  await using stack = new AsyncDisposableStack();
  const folder = await mkdtemp(path.join(tmpdir(), 'pitwall-trace-'));
  stack.defer(() => rm(folder, { recursive: true }));
  const file = path.join(folder, 'trace');
  const page = stack.use(await OnePage.start());
  // -D: the process that is started is Pitwall and not strace. A page of the log has 8 KiB, all of which are shown.
  const strace = ['strace', '-D', '-f', '-y', '-q', '-s', '8192', '-o', file];
  const under = [...strace, '-e', `trace=${[...writes, ...syncs].join(',')}`];
  const pitwall = stack.use(await PitwallProcess.start(page.configFile, { under }));
  await pitwall.untilStatus('shop', 'up');
  page.status = 503;
  await page.receiver.received(1);
  page.status = 200;
  await page.receiver.received(2);
  const { pid } = pitwall;
  assert.equal(await pitwall.end('SIGTERM'), 0);
  return parse(await traceUntilExit(file, pid!));
}

/** strace writes the last line a moment after the process is gone. */
async function traceUntilExit(file: string, pid: number): Promise<string> {
  const last = new RegExp(`^${pid} +\\+\\+\\+ exited`, 'm');
  for (let look = 0; look < 200; look += 1) {
    const trace = await readFile(file, 'latin1');
    if (last.test(trace)) return trace;
    await systemClock.sleep(50);
  }
  throw new Error('the trace has no end');
}

test('a message leaves after the fsync of the log that holds its change and its mark, and every commit has its fsync', async () => {
  const calls = await traceOfAnOutage();
  const isLog = ({ file }: Call): boolean => file.endsWith('/pitwall.db-wal');
  const sends = calls.flatMap(({ name, file, text }, at) => {
    const id = /webhook-id: (msg_\w+)/.exec(text)?.[1];
    return writes.has(name) && file.startsWith('socket:') && id !== undefined ? [{ at, id }] : [];
  });
  assert.equal(new Set(sends.map(({ id }) => id)).size, 2, 'down and up were told');
  for (const { at, id } of sends) {
    const log = calls.slice(0, at).filter(isLog);
    assert.ok(syncs.has(log.at(-1)!.name), `${id} left while bytes of the log were not on the disk`);
    // One commit puts it into the outbox beside its change, another marks it as on its way.
    assert.ok(syncedRunsWith(log, id) >= 2, `${id} left after ${syncedRunsWith(log, id)} commits that hold it`);
  }
  // SQLite's synchronous=NORMAL would sync the log at checkpoints only: two in a run as short as this.
  const commits = calls.filter((call) => isLog(call) && syncs.has(call.name)).length;
  assert.ok(commits > 8, `the log was synced ${commits} times`);
});

/** How many runs of writes that end in a sync mention it. */
function syncedRunsWith(log: readonly Call[], id: string): number {
  let runs = 0;
  let isIn = false;
  for (const { name, text } of log) {
    if (name === 'pwrite64') isIn ||= text.includes(id);
    else if (syncs.has(name)) {
      if (isIn) runs += 1;
      isIn = false;
    }
  }
  return runs;
}
