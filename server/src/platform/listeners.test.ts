import assert from 'node:assert/strict';
import { mkdir, mkdtemp, rm, symlink, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { test } from 'node:test';
import { findListeners, parseListeningSockets } from './listeners.ts';

const heading = '  sl  local_address rem_address   st tx_queue rx_queue tr tm->when retrnsmt   uid  timeout inode\n';
const row = (address: string, state = '0A') =>
  `   0: ${address} 00000000:0000 ${state} 00000000:00000000 00:00000000 00000000     0        0 818252 1 0000 100\n`;

for (const { why, line, expected } of [
  { why: 'loopback', line: row('0100007F:0BB8'), expected: { port: 3000, address: '127.0.0.1', inode: '818252' } },
  { why: 'every address', line: row('00000000:1538'), expected: { port: 5432, address: '127.0.0.1', inode: '818252' } },
  {
    why: 'another loopback address is dialled as it is',
    line: row('3500007F:0035'),
    expected: { port: 53, address: '127.0.0.53', inode: '818252' },
  },
  {
    why: 'IPv6 loopback',
    line: row(`${'0'.repeat(24)}01000000:0050`),
    expected: { port: 80, address: '::1', inode: '818252' },
  },
  {
    why: 'every address of both families',
    line: row(`${'0'.repeat(32)}:0050`),
    expected: { port: 80, address: '127.0.0.1', inode: '818252' },
  },
  {
    why: 'IPv4 within IPv6',
    line: row('0000000000000000FFFF00000100007F:0050'),
    expected: { port: 80, address: '127.0.0.1', inode: '818252' },
  },
  { why: 'a connection is no listener', line: row('0100007F:0BB8', '01'), expected: undefined },
  { why: 'another network’s address is not asked', line: row('0A00A8C0:0BB8'), expected: undefined },
  { why: 'a line cut off', line: '   0: 0100', expected: undefined },
]) {
  test(why, () => assert.deepEqual(parseListeningSockets(heading + line)[0], expected));
}

test('a program that runs scripts is called by its folder, and a real one by its own name', async (t) => {
  const procDir = await mkdtemp(path.join(tmpdir(), 'pitwall-proc-'));
  t.after(() => rm(procDir, { recursive: true }));
  await mkdir(path.join(procDir, 'net'));
  const sockets = [
    ['0BB8', '11'],
    ['0BB9', '12'],
    ['0BBA', '13'],
  ] as const;
  const lines = sockets.map(([port, inode]) => row(`0100007F:${port}`).replace('818252', inode));
  await writeFile(path.join(procDir, 'net/tcp'), heading + lines.join(''));
  const programs = [
    // What the main thread of Node 26 is called; older ones are `node`.
    { pid: '7', comm: 'node-MainThread', cwd: '/srv/shop-agent', inode: '11' },
    { pid: '8', comm: 'node', cwd: '/srv/shop-admin', inode: '12' },
    { pid: '9', comm: 'redis-server', cwd: '/', inode: '13' },
  ];
  for (const { pid, comm, cwd, inode } of programs) {
    await mkdir(path.join(procDir, pid, 'fd'), { recursive: true });
    await writeFile(path.join(procDir, pid, 'comm'), `${comm}\n`);
    await symlink(cwd, path.join(procDir, pid, 'cwd'));
    await symlink(`socket:[${inode}]`, path.join(procDir, pid, 'fd/3'));
  }
  const found = await findListeners({ procDir, ownPid: 1 });
  assert.deepEqual(
    found.map(({ program }) => program),
    ['shop-agent', 'shop-admin', 'redis-server'],
  );
});

test('where there is no /proc nothing is found', async () => {
  assert.deepEqual(await findListeners({ procDir: '/no/such/folder' }), []);
});
