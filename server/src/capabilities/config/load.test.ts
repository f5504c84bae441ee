import assert from 'node:assert/strict';
import { globSync } from 'node:fs';
import { mkdtemp, rename, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { test } from 'node:test';
import { systemClock } from '../../platform/clock.ts';
import { kinds } from '../checks/registry.ts';
import { channelKinds } from '../outbox/channels/registry.ts';
import type { WebhookSettings } from '../outbox/channels/webhook.ts';
import type { ConfigFault, LoadedConfig } from './api.ts';
import { ConfigError, loadConfig } from './load.ts';
import { watchConfig } from './loop.ts';

const tcp = (port: number) => `services: {db: {checks: {port: {kind: tcp, host: 127.0.0.1, port: ${port}}}}}\n`;

async function inFolder(run: (folder: string, file: string) => Promise<void>): Promise<void> {
  const folder = await mkdtemp(path.join(tmpdir(), 'pitwall-config-'));
  try {
    await run(folder, path.join(folder, 'pitwall.yaml'));
  } finally {
    await rm(folder, { recursive: true });
  }
}

const load = (file: string) => loadConfig({ file, kinds, channelKinds, environment: {}, nowMs: 7 });

async function faultOf(file: string): Promise<ConfigFault> {
  const error = await load(file).catch((thrown: unknown) => thrown);
  assert.ok(error instanceof ConfigError);
  assert.equal(error.code, 'invalid-config');
  return error.faults[0]!;
}

test('a file is read with the files it refers to, relative to itself', () =>
  inFolder(async (folder, file) => {
    await writeFile(path.join(folder, 'secret.txt'), 'sixteen-letters-and-more\n');
    await writeFile(file, `${tcp(5432)}channels: {chat: {kind: webhook, url: "http://a", secret: {file: secret.txt}}}`);
    const config = await load(file);
    assert.equal(config.loadedAtMs, 7);
    assert.equal((config.channels[0]!.settings as WebhookSettings).secret.reveal(), 'sixteen-letters-and-more');
  }));

for (const { why, make, message } of [
  { why: 'a file that is not there', make: async () => {}, message: 'cannot be read: there is no such file' },
  {
    why: 'a file in another encoding',
    make: (file: string) => writeFile(file, Buffer.from([0xff, 0xfe, 0x00])),
    message: 'cannot be read: it is not UTF-8 text',
  },
]) {
  test(`${why} is a fault like any other`, () =>
    inFolder(async (_folder, file) => {
      await make(file);
      const fault = await faultOf(file);
      assert.equal(fault.message, message);
      assert.equal(fault.line, 1);
    }));
}

test('a folder is not a configuration', () =>
  inFolder(async (folder) => assert.equal((await faultOf(folder)).message, 'cannot be read: it is a folder')));

/** The next thing the watch says, awaited without a sleep. */
function listener() {
  const waiting: ((said: LoadedConfig | readonly ConfigFault[]) => void)[] = [];
  const hear = (said: LoadedConfig | readonly ConfigFault[]) => waiting.shift()?.(said);
  const next = () => new Promise<LoadedConfig | readonly ConfigFault[]>((resolve) => waiting.push(resolve));
  return { hear, next };
}

const portOf = (said: LoadedConfig | readonly ConfigFault[]): unknown =>
  'services' in said ? (said.services[0]!.checks[0]!.spec as { port: number }).port : said[0]?.message;

test('a change is loaded however the editor writes it, and a bad one is told and not loaded', () =>
  inFolder(async (folder, file) => {
    await writeFile(file, tcp(1));
    const { digest } = await load(file);
    const { hear, next } = listener();
    const watch = watchConfig({
      file,
      kinds,
      channelKinds,
      environment: {},
      clock: systemClock,
      digest,
      onConfig: hear,
      onFatal: (error) => assert.fail(String(error)),
      onFaults: hear,
    });
    try {
      const rewritten = next();
      await writeFile(file, tcp(2));
      assert.equal(portOf(await rewritten), 2);

      const replaced = next();
      await writeFile(path.join(folder, '.pitwall.yaml.swp'), tcp(3));
      await rename(path.join(folder, '.pitwall.yaml.swp'), file);
      assert.equal(portOf(await replaced), 3);

      const broken = next();
      await writeFile(file, tcp(70_000));
      assert.equal(portOf(await broken), 'must be at most 65535');

      const mended = next();
      await writeFile(file, tcp(4));
      assert.equal(portOf(await mended), 4);
    } finally {
      watch.stop();
    }
  }));

test('touches without a change are not loaded; a reload by hand is', () =>
  inFolder(async (_folder, file) => {
    await writeFile(file, tcp(1));
    const { digest } = await load(file);
    const loaded: unknown[] = [];
    let touch = () => {};
    let due = () => {};
    const watch = watchConfig({
      file,
      kinds,
      channelKinds,
      environment: {},
      digest,
      clock: {
        ...systemClock,
        setTimer: (callback) => {
          due = callback;
          return () => {};
        },
      },
      onConfig: (config) => loaded.push(portOf(config)),
      onFatal: (error) => assert.fail(String(error)),
      onFaults: (faults) => loaded.push(faults),
      watch: (_file, onTouched) => {
        touch = onTouched;
        return () => {};
      },
    });
    touch();
    due();
    await watch.reload();
    assert.deepEqual(loaded, [1], 'once, by hand');
    watch.stop();
    await watch.reload();
    assert.deepEqual(loaded, [1], 'nothing after the stop');
  }));

test('every example is valid with nothing set', async () => {
  const root = path.join(import.meta.dirname, '../../../..');
  const files = globSync('examples/**/pitwall.yaml', { cwd: root });
  assert.ok(files.length >= 2);
  for (const file of files) assert.ok((await load(path.join(root, file))).services.length > 0, file);
});
