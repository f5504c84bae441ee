/** Jobs that report, as a shop has them: with nothing but an address to fetch, kept through a kill, judged, and told. */
import assert from 'node:assert/strict';
import { execFile } from 'node:child_process';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { type TestContext, test } from 'node:test';
import { promisify } from 'node:util';
import { PitwallProcess } from '../../../testkit/pitwall-process.ts';
import { WebhookReceiver } from '../../../testkit/webhook-receiver.ts';

const execute = promisify(execFile);
const curl = (...args: string[]) => execute('curl', ['-sS', ...args]).then(({ stdout }) => stdout);

interface Job {
  readonly url: string;
  readonly dueAtMs: number;
  readonly missedAtMs: number;
  readonly runningSinceMs: number | null;
  readonly reports: readonly { signal: string; exitCode: number | null; runId: string | null; text: string | null }[];
}

async function shopWithJob(t: TestContext, schedule: string): Promise<{ file: string; receiver: WebhookReceiver }> {
  const folder = await mkdtemp(path.join(tmpdir(), 'pitwall-jobs-'));
  const receiver = await WebhookReceiver.start();
  t.after(async () => {
    await receiver[Symbol.asyncDispose]();
    await rm(folder, { recursive: true });
  });
  const file = path.join(folder, 'pitwall.yaml');
  await writeFile(
    file,
    `services:
  backups:
    title: Backups
    checks:
      nightly: {kind: heartbeat, interval: 1s, ${schedule}}
  night:
    title: The night
    checks:
      all: {kind: group, interval: 1s, members: [backups]}
channels:
  me: {kind: webhook, url: '${receiver.url}', secret: a-secret-of-at-least-16}
`,
  );
  return { file, receiver };
}

const jobOf = async (pitwall: PitwallProcess): Promise<Job> =>
  (await pitwall.call('GET', '/services/backups/checks/nightly/job')).body as unknown as Job;

test('a job reports with curl: start, end, failure with its words; the service follows, and so does its group', async (t) => {
  const { file, receiver } = await shopWithJob(t, 'every: 1h');
  await using pitwall = await PitwallProcess.start(file);
  const { url } = await jobOf(pitwall);
  assert.match(url, new RegExp(`^${pitwall.baseUrl}/beat/[\\w-]{24}$`));

  assert.equal(JSON.parse(await curl(`${url}/start?rid=run-1`)).signal, 'start');
  assert.notEqual((await jobOf(pitwall)).runningSinceMs, null);
  await curl('--data-raw', 'dumped 41 tables', `${url}?rid=run-1`);
  await pitwall.untilStatus('backups', 'up');
  await pitwall.untilStatus('night', 'up');

  await curl('-X', 'POST', '-H', 'content-type: application/octet-stream', '--data-binary', 'disk full', `${url}/28`);
  await pitwall.untilStatus('backups', 'down');
  await pitwall.untilStatus('night', 'down');
  await receiver.received(2);
  const told = receiver.requests.map(({ message }) => message.data).find(({ serviceId }) => serviceId === 'backups')!;
  assert.match(told.sentence, /exit code 28/);

  await curl('-I', url);
  await pitwall.untilStatus('backups', 'up');
  const job = await jobOf(pitwall);
  assert.deepEqual(
    job.reports.map(({ signal, exitCode, runId, text }) => [signal, exitCode, runId, text]),
    [
      ['success', null, null, null],
      ['fail', 28, null, 'disk full'],
      ['success', null, 'run-1', 'dumped 41 tables'],
      ['start', null, 'run-1', null],
    ],
  );
});

test('a job that goes silent is missed, told, and its address and history outlive a kill', async (t) => {
  const { file, receiver } = await shopWithJob(t, 'every: 2s, grace: 1s');
  await using pitwall = await PitwallProcess.start(file);
  const { url } = await jobOf(pitwall);
  await curl(url);
  await pitwall.untilStatus('backups', 'up');
  await pitwall.end('SIGKILL');
  await pitwall.start();
  await pitwall.untilStatus('backups', 'down');
  await receiver.received(1);
  const { sentence } = receiver.requests.map(({ message }) => message.data).find(({ to }) => to === 'down')!;
  assert.match(sentence, /No report came: the last was/);
  assert.equal((await jobOf(pitwall)).url, url, 'a crontab need not be changed');
  assert.equal((await jobOf(pitwall)).reports.length, 1);
});

test('reports are refused that name no job, are of no kind, or come in a flood', async (t) => {
  const { file } = await shopWithJob(t, 'every: 1h');
  await using pitwall = await PitwallProcess.start(file);
  const { url } = await jobOf(pitwall);
  const status = async (address: string) => (await fetch(address)).status;
  assert.equal(await status(`${pitwall.baseUrl}/beat/AAAAAAAAAAAAAAAAAAAAAAAA`), 404);
  assert.equal(await status(`${url}/finished`), 400);
  assert.equal(await status(`${url}/256`), 400);
  assert.equal(await status(`${url}?rid=${'x'.repeat(65)}`), 400);
  const flood = await Promise.all(Array.from({ length: 100 }, () => status(url)));
  const refused = flood.filter((code) => code === 429).length;
  assert.ok(refused >= 30 && refused <= 40, `${refused} of 100 refused`);
  assert.equal(flood.filter((code) => code === 200).length, 100 - refused);
  const { body } = await pitwall.call('GET', '/services/backups/checks/nightly/job?limit=200');
  assert.equal((body.reports as unknown[]).length, 100 - refused, 'what was answered with 200 is stored');
});
