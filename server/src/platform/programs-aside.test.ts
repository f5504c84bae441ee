import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { ProgramEnd } from './child-program.ts';
import { startProgramAside } from './programs-aside.ts';

function run(script: string, outputBytes = 1_000): { end: Promise<ProgramEnd>; kill: () => void } {
  const { promise, resolve } = Promise.withResolvers<ProgramEnd>();
  const kill = startProgramAside({ file: '/bin/sh', args: ['-c', script], outputBytes }, resolve);
  return { end: promise, kill };
}

test('several programs at a time each tell their own end', async () => {
  const ends = await Promise.all([0, 1, 2, 3, 4].map((code) => run(`echo ${code}; echo b >&2; exit ${code}`).end));
  assert.deepEqual(
    ends.map(({ exitCode, output }) => [exitCode, output.split('\n').sort().join('')]),
    [0, 1, 2, 3, 4].map((code) => [code, `${code}b`]),
  );
});

test('a program that is killed is gone when its end is told', async () => {
  const { end, kill } = run('echo $$; sleep 98764 & wait');
  kill();
  const { exitCode, output } = await end;
  assert.equal(exitCode, -1);
  // It may have been killed before it said its number.
  if (output !== '') assert.throws(() => process.kill(Number(output), 0), { code: 'ESRCH' });
  kill();
});

test('a program that says too much is ended, and what it said is kept to the limit', async () => {
  const { exitCode, output } = await run('while :; do echo blah; done', 100).end;
  assert.deepEqual([exitCode, output.length], [-1, 100]);
});

test('what cannot be started says why', async () => {
  const { promise, resolve } = Promise.withResolvers<ProgramEnd>();
  startProgramAside({ file: '/no/such/program', args: [], outputBytes: 10 }, resolve);
  assert.equal((await promise).startFault, 'ENOENT');
});
