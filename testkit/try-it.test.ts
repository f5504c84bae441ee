/** The two minutes of the README, as they stand there: a shop is broken with Enter, somebody is told, it is mended. */
import assert from 'node:assert/strict';
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import path from 'node:path';
import { createInterface } from 'node:readline';
import { test } from 'node:test';
import { freePort } from './free-port.ts';
import { PitwallProcess } from './pitwall-process.ts';

const folder = path.resolve(import.meta.dirname, '../examples/try-it');

test('breaking the shop of the example is told at its desk, and so is mending it', async () => {
  // The example's file reads its ports from the environment, which both processes inherit.
  process.env.SHOP_PORT = String(await freePort());
  process.env.DESK_PORT = String(await freePort());
  const shop = spawn(process.execPath, [path.join(folder, 'shop.mjs')], { stdio: ['pipe', 'pipe', 'inherit'] });
  await using stack = new AsyncDisposableStack();
  stack.defer(async () => {
    shop.kill();
    await once(shop, 'exit');
  });
  const lines = createInterface({ input: shop.stdout })[Symbol.asyncIterator]();
  const until = async (wanted: RegExp): Promise<string> => {
    for (;;) {
      const { value, done } = await lines.next();
      assert.ok(!done, 'the shop ended');
      if (wanted.test(value)) return value;
    }
  };
  await until(/The shop is open/);
  const pitwall = stack.use(await PitwallProcess.start(path.join(folder, 'pitwall.yaml')));
  const { body } = await pitwall.call('POST', '/services/shop/checks/page/run', {});
  assert.equal(body.outcome, 'pass');
  shop.stdin.write('\n');
  assert.match(await until(/^TOLD/), /Buying parts stopped: Parts shop is down .*503/);
  shop.stdin.write('\n');
  assert.match(await until(/^TOLD/), /Buying parts recovered: Parts shop is up again/);
});
