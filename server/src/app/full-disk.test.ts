/** A small disk, filled to the brim while Pitwall runs on it, and emptied again. Needs root, as it mounts one. */
import assert from 'node:assert/strict';
import { execFile } from 'node:child_process';
import { mkdtemp, open, readdir, rm, statfs } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { test } from 'node:test';
import { promisify } from 'node:util';
import { OnePage } from '../../../testkit/one-page.ts';
import { PitwallProcess } from '../../../testkit/pitwall-process.ts';
import type { ReceivedRequest } from '../../../testkit/webhook-receiver.ts';

const run = promisify(execFile);
/** Room for the database, the 16 MiB kept back for messages, and three times that, which making them asks for. */
const sizeMiB = 72;

class SmallDisk implements AsyncDisposable {
  readonly folder: string;
  #fillers = 0;

  private constructor(folder: string) {
    this.folder = folder;
  }

  static async mount(mebibytes = sizeMiB): Promise<SmallDisk> {
    const folder = await mkdtemp(path.join(tmpdir(), 'pitwall-disk-'));
    await run('mount', ['-t', 'tmpfs', '-o', `size=${mebibytes}m`, 'tmpfs', folder]);
    return new SmallDisk(folder);
  }

  /** Takes all that is free now, and nothing of what Pitwall gives back to the disk meanwhile. */
  async fill(): Promise<void> {
    this.#fillers += 1;
    await using file = await open(path.join(this.folder, `filler-${this.#fillers}`), 'w');
    const { bavail, bsize } = await statfs(this.folder);
    let leftBytes = bavail * bsize;
    let pieceBytes = 1 << 20;
    while (pieceBytes >= 1 && leftBytes > 0) {
      try {
        const { bytesWritten } = await file.write(Buffer.alloc(Math.min(pieceBytes, leftBytes)));
        leftBytes -= bytesWritten;
      } catch (fault) {
        assert.equal((fault as NodeJS.ErrnoException).code, 'ENOSPC');
        pieceBytes = Math.floor(pieceBytes / 2);
      }
    }
  }

  async empty(): Promise<void> {
    for (; this.#fillers > 0; this.#fillers -= 1) await rm(path.join(this.folder, `filler-${this.#fillers}`));
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await run('umount', ['--lazy', this.folder]);
    await rm(this.folder, { recursive: true });
  }
}

/** The first messages about the shop; this host and Pitwall itself are told of too when they stand long enough. */
async function toldOfShop(page: OnePage, count: number): Promise<ReceivedRequest[]> {
  while (true) {
    const own = page.receiver.requests.filter(({ message }) => message.data.serviceId === 'shop');
    if (own.length >= count) return own;
    await page.receiver.received(page.receiver.requests.length + 1);
  }
}

async function healthOf(pitwall: PitwallProcess): Promise<{ status: string; store: string }> {
  const answer = await fetch(`${pitwall.baseUrl}/healthz`);
  assert.equal(answer.status, 200, 'it must not be restarted for this');
  const { status, store } = (await answer.json()) as { status: string; store: { state: string } };
  return { status, store: store.state };
}

interface Banner {
  readonly text: string;
}

interface Result {
  readonly slotMs: number;
  readonly outcome: string;
  readonly missed: boolean;
}

test('a full disk is shown and told over; what was told and seen meanwhile is stored once there is room', async () => {
  await using disk = await SmallDisk.mount();
  await using page = await OnePage.start();
  await using pitwall = await PitwallProcess.start(page.configFile, { dataDir: path.join(disk.folder, 'data') });
  const says = (words: RegExp) =>
    pitwall.until('/board', ({ banners }) => (banners as Banner[]).some(({ text }) => words.test(text)));
  await pitwall.untilStatus('shop', 'up');
  assert.deepEqual(await healthOf(pitwall), { status: 'ok', store: 'ok' });

  await disk.fill();
  await says(/The disk is nearly full, and the room kept back for messages is in use/);
  assert.deepEqual(await healthOf(pitwall), { status: 'impaired', store: 'nearly-full' });
  page.status = 503;
  const [recorded] = await toldOfShop(page, 1);
  assert.equal(recorded!.message.data.to, 'down');
  assert.equal(recorded!.message.data.unrecorded, false, 'the room kept back was for this');

  await disk.fill();
  await says(/The disk is full: results wait in memory, messages still go out/);
  assert.equal(((await pitwall.call('GET', '/system')).body.store as { full: boolean }).full, true);
  assert.deepEqual(await healthOf(pitwall), { status: 'impaired', store: 'full' });
  page.status = 200;
  const unrecorded = (await toldOfShop(page, 2))[1]!.message.data;
  assert.equal(unrecorded.to, 'up');
  assert.equal(unrecorded.unrecorded, true);
  const shown = await pitwall.call('GET', '/transitions?subject=shop');
  assert.equal((shown.body.transitions as { to: string }[])[0]!.to, 'down', 'nothing is shown before it is stored');

  await disk.empty();
  const { transitions } = await pitwall.until('/transitions?subject=shop', (body) =>
    (body.transitions as { decidedAtMs: number }[]).some(({ decidedAtMs }) => decidedAtMs === unrecorded.decidedAtMs),
  );
  assert.deepEqual(
    (transitions as { to: string }[]).map(({ to }) => to),
    ['up', 'down', 'up'],
  );
  await pitwall.until('/ledger', ({ entries }) =>
    (entries as { kind: string }[]).some(({ kind }) => kind === 'message.recorded-late'),
  );
  const { body } = await pitwall.call('GET', '/services/shop/checks/page/results?limit=200');
  const slots = (body.results as Result[]).filter(({ missed }) => !missed).map(({ slotMs }) => slotMs);
  assert.equal((slots[0]! - slots.at(-1)!) / 1_000 + 1, slots.length, 'every result since the start is stored');
  assert.equal((await pitwall.call('POST', '/ledger/verify', {})).body.ok, true);
  assert.equal((await toldOfShop(page, 2)).length, 2, 'nobody was told twice');
  assert.equal(await pitwall.end('SIGTERM'), 0);
});

test('what was told on a full disk is on record after a kill, and its end is told', async () => {
  await using disk = await SmallDisk.mount();
  await using page = await OnePage.start();
  await using pitwall = await PitwallProcess.start(page.configFile, { dataDir: path.join(disk.folder, 'data') });
  const says = (words: RegExp) =>
    pitwall.until('/board', ({ banners }) => (banners as Banner[]).some(({ text }) => words.test(text)));
  await pitwall.untilStatus('shop', 'up');
  await disk.fill();
  await says(/The disk is nearly full/);
  await disk.fill();
  await says(/The disk is full: results wait in memory/);
  page.status = 503;
  await toldOfShop(page, 1);
  await pitwall.end('SIGKILL');
  await disk.empty();
  page.status = 200;
  await pitwall.start();
  const requests = await toldOfShop(page, 3);
  const told = requests.map(({ message: { data } }) => [data.to, data.unrecorded, data.possibleRepeat]);
  assert.deepEqual(told, [
    ['down', true, false],
    ['down', false, true],
    ['up', false, false],
  ]);
  const [first, second] = requests;
  assert.equal(first!.headers['webhook-id'], second!.headers['webhook-id']);
  const { transitions } = await pitwall.until('/transitions?subject=shop', (body) =>
    (body.transitions as { to: string }[]).some(({ to }) => to === 'down'),
  );
  const down = (transitions as { to: string; decidedAtMs: number }[]).find(({ to }) => to === 'down');
  assert.equal(down!.decidedAtMs, first!.message.data.decidedAtMs);
  assert.equal((await pitwall.call('POST', '/ledger/verify', {})).body.ok, true);
  assert.equal(await pitwall.end('SIGTERM'), 0);
});

test('a disk that is mounted read-only is refused with what to do', async () => {
  await using disk = await SmallDisk.mount();
  const dataDir = path.join(disk.folder, 'data');
  await using first = await PitwallProcess.start(undefined, { dataDir });
  await first.end('SIGTERM');
  await run('mount', ['-o', 'remount,ro', disk.folder]);
  await using pitwall = await PitwallProcess.prepare(undefined, { dataDir });
  await assert.rejects(pitwall.start());
  assert.equal(pitwall.exitCode, 3);
  assert.match(pitwall.output, /read-only/);
  assert.match(pitwall.output, /hint: /);
});

for (const { why, sizeMiB: smallMiB, isUsed } of [
  { why: 'no room for a new folder', sizeMiB: 1, isUsed: false },
  { why: 'no room left in a folder that was in use', sizeMiB: 8, isUsed: true },
]) {
  test(`a start with ${why} says which, what is free and what to do, and goes through once there is room`, async () => {
    await using disk = await SmallDisk.mount(smallMiB);
    const dataDir = path.join(disk.folder, 'data');
    await using pitwall = await PitwallProcess.prepare(undefined, { dataDir });
    if (isUsed) {
      await pitwall.start();
      await pitwall.end('SIGKILL');
    }
    await disk.fill();
    await assert.rejects(pitwall.start());
    assert.equal(pitwall.exitCode, 3);
    assert.match(
      pitwall.output,
      /error: Nothing was started\. There is no room left to write .*: \d+ KiB are free there\n/,
    );
    assert.ok(pitwall.output.includes(`\n  at: ${dataDir}\n  hint: Free 3 MiB on the disk that holds ${dataDir}`));
    assert.doesNotMatch(pitwall.output, /goes on by itself|ENOSPC/);
    const drafts = (await readdir(dataDir)).filter((name) => /^(cli\.token|secret\.key)\./.test(name));
    assert.deepEqual(drafts, [], 'each attempt would leave one more');
    await disk.empty();
    await pitwall.start();
  });
}
