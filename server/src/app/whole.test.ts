/** The first slice as its users meet it: a real process, a real nginx that breaks, a real webhook, a real browser. */

import assert from 'node:assert/strict';
import { execFile } from 'node:child_process';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { type TestContext, test } from 'node:test';
import { promisify } from 'node:util';
import { chromium, type Page } from 'playwright-core';
import { webhookMessageSchema } from '../../../contract/src/webhook-message.ts';
import { Nginx } from '../../../testkit/nginx.ts';
import { PitwallProcess } from '../../../testkit/pitwall-process.ts';
import { verifySignature, WebhookReceiver } from '../../../testkit/webhook-receiver.ts';
import { ensureWebBuilt } from '../../../tools/build-web.ts';

const secret = `whsec_${Buffer.from('a secret of twenty-four!').toString('base64')}`;
const quiet = [
  '--no-sandbox',
  '--disable-gpu',
  '--disable-quic',
  '--no-first-run',
  '--disable-background-networking',
  '--disable-component-update',
  '--disable-sync',
];

async function configFile(t: TestContext, nginx: Nginx, receiver: WebhookReceiver): Promise<string> {
  const folder = await mkdtemp(path.join(tmpdir(), 'pitwall-whole-'));
  t.after(() => rm(folder, { recursive: true }));
  const file = path.join(folder, 'pitwall.yaml');
  const page = `{ kind: http, url: "${nginx.url}", interval: 1s, timeout: 500ms, retries: 0, expect: { text: Open } }`;
  await writeFile(
    file,
    `services:
  shop: { title: Parts shop, criticality: P0, facesCustomers: true, checks: { page: ${page} } }
channels:
  owner: { kind: webhook, url: "${receiver.url}", secret: "${secret}" }
`,
  );
  return file;
}

async function openPage(t: TestContext, url: string): Promise<Page> {
  const browser = await chromium.launch({ executablePath: '/usr/bin/chromium', args: quiet });
  t.after(() => browser.close());
  const page = await browser.newPage({ viewport: { width: 1440, height: 1000 } });
  await page.goto(url);
  return page;
}

test('a shop breaks: it turns on the page, the owner is told, kill -9 loses nothing, and it recovers', async (t) => {
  await ensureWebBuilt();
  await using receiver = await WebhookReceiver.start();
  await using nginx = await Nginx.start();
  await using pitwall = await PitwallProcess.start(await configFile(t, nginx, receiver));
  const page = await openPage(t, pitwall.startUrl);
  await page.getByText('Everything works.').waitFor();

  await nginx.stop();
  await page.getByRole('heading', { name: /Parts shop is down/ }).waitFor();
  await receiver.received(1);
  const told = receiver.requests[0]!;
  verifySignature(told, secret);
  const message = webhookMessageSchema.parse(told.message);
  assert.equal(message.data.to, 'down');
  assert.match(message.data.sentence, /connection refused/);
  assert.equal(message.data.possibleRepeat, false);

  await pitwall.end('SIGKILL');
  await pitwall.start();
  const { body } = await pitwall.call('GET', '/transitions?subject=shop');
  const stored = (body.transitions as { to: string; effectiveAtMs: number }[]).filter(({ to }) => to === 'down');
  assert.equal(stored.at(-1)?.effectiveAtMs, message.data.effectiveAtMs, 'what the owner was told is stored');

  await nginx.start();
  await receiver.received(2);
  assert.equal(receiver.requests[1]!.message.data.to, 'up');
  await page.getByText('Everything works.').waitFor();
  const main = path.resolve(import.meta.dirname, '../main.ts');
  const { stdout } = await promisify(execFile)(process.execPath, [main, 'ledger', 'verify', '--data', pitwall.dataDir]);
  assert.match(stdout, /holds together/);
});

test('a stranger’s first start: a listener is found and watched with one click, an address is added, both are kept', async (t) => {
  await ensureWebBuilt();
  await using nginx = await Nginx.start();
  await using pitwall = await PitwallProcess.start(undefined, { discovers: true });
  const page = await openPage(t, pitwall.startUrl);
  const row = page.locator('tr', { hasText: `HTTP ${nginx.port}` });
  await row.getByRole('button', { name: /Watch/ }).click();
  await page.getByRole('link', { name: 'Parts shop' }).first().waitFor();

  await pitwall.end('SIGTERM');
  await pitwall.start();
  const { body } = await pitwall.call('GET', '/services');
  assert.ok((body.services as { title: string }[]).some((service) => service.title === 'Parts shop'));
});

test('nobody comes in without a token, from another site, or under another name', async () => {
  await using pitwall = await PitwallProcess.start();
  const ask = (headers: Record<string, string>) => fetch(`${pitwall.baseUrl}/api/v1/board`, { headers });
  assert.equal((await ask({})).status, 401);
  assert.equal((await ask({ authorization: 'Bearer guessed' })).status, 401);
  assert.equal((await fetch(`${pitwall.baseUrl}/healthz`)).status, 200);
  const link = new URL(pitwall.startUrl).hash.replace('#token=', '');
  const exchange = (origin: string) =>
    fetch(`${pitwall.baseUrl}/api/v1/session`, {
      method: 'POST',
      headers: { 'content-type': 'application/json', origin },
      body: JSON.stringify({ token: link }),
    });
  assert.equal((await exchange('http://evil.example')).status, 403);
  assert.equal((await exchange(pitwall.baseUrl)).status, 200);
  assert.equal((await exchange(pitwall.baseUrl)).status, 401, 'a link is good once');
});
