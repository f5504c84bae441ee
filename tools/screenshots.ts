/**
 * Takes pictures of the real page: a small shop on this machine, ninety days of history, a real server, Chromium.
 * `sh tools/with-node.sh tools/screenshots.ts` writes the whole set into .cache/screenshots; `--readme` also
 * docs/board.png. Needs Chromium (CHROMIUM names another than /usr/bin/chromium).
 */
import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { createServer } from 'node:net';
import { tmpdir } from 'node:os';
import path from 'node:path';
import process from 'node:process';
import { type Browser, type BrowserContext, chromium } from 'playwright-core';
import { readConfig } from '../server/src/app/validate.ts';
import { ensureWebBuilt } from './build-web.ts';
import { fillHistory } from './demo/history.ts';
import { demoMishaps } from './demo/mishaps.ts';
import { openDemoShop } from './demo/shop.ts';

const root = path.resolve(import.meta.dirname, '..');
const target = path.join(root, '.cache/screenshots');
const usualMs = {
  'storefront/page': 180,
  'checkout/page': 150,
  'agent/health': 90,
  'search/index': 70,
  'staff/page': 130,
  'images/sample': 40,
  'postgres/port': 2,
  'redis/ping': 1,
};
const views = [
  { name: 'board', path: '/' },
  { name: 'service', path: '/services/agent' },
  { name: 'slow', path: '/services/staff' },
  { name: 'table', path: '/services/staff?range=24h&table=true' },
  { name: 'months', path: '/services/storefront?range=90d' },
  { name: 'services', path: '/services' },
  { name: 'told', path: '/told' },
  { name: 'ledger', path: '/ledger' },
] as const;
const widths = [
  { width: 1440, height: 1000 },
  { width: 390, height: 844 },
] as const;

/** 4400 where it is free, as a stranger would see it. */
function somePort(wanted: number): Promise<number> {
  return new Promise((resolve, reject) => {
    const probe = createServer();
    probe.once('error', (fault) => (wanted === 0 ? reject(fault) : resolve(somePort(0))));
    probe.listen(wanted, '127.0.0.1', () => {
      const { port } = probe.address() as { port: number };
      probe.close(() => resolve(port));
    });
  });
}

/** Starts the server; resolves with its link. */
async function startPitwall(cwd: string, port: number): Promise<{ child: ChildProcess; link: string }> {
  const args = ['start', '--config', 'pitwall.yaml', '--port', `${port}`, '--no-discovery'];
  const child = spawn(process.execPath, [path.join(root, 'server/src/main.ts'), ...args], {
    cwd,
    stdio: ['ignore', 'pipe', 'inherit'],
  });
  let output = '';
  for await (const chunk of child.stdout!) {
    output += String(chunk);
    const link = /http:\S+#token=\S+/.exec(output)?.[0];
    if (link !== undefined) {
      child.stdout!.resume();
      return { child, link };
    }
  }
  throw new Error(`Pitwall did not start:\n${output}`);
}

async function shoot(browser: Browser, session: Awaited<ReturnType<BrowserContext['storageState']>>, origin: string) {
  for (const viewport of widths) {
    for (const colorScheme of ['light', 'dark'] as const) {
      await using context = await browser.newContext({ viewport, colorScheme, storageState: session });
      const page = await context.newPage();
      for (const view of views) {
        await page.goto(`${origin}${view.path}`);
        await page.locator('main h1:not(.dim)').waitFor();
        await page.waitForLoadState('networkidle', { timeout: 2_000 }).catch(() => {});
        const file = path.join(target, `${view.name}-${viewport.width}-${colorScheme}.png`);
        await page.screenshot({ path: file, fullPage: true });
      }
    }
  }
}

async function main(): Promise<void> {
  await ensureWebBuilt((line) => console.log(line));
  await using stack = new AsyncDisposableStack();
  const folder = await mkdtemp(path.join(tmpdir(), 'pitwall-screenshots-'));
  stack.defer(() => rm(folder, { recursive: true }));
  const shop = stack.use(await openDemoShop());
  process.env['DEMO_WEBHOOK_SECRET'] = `whsec_${Buffer.from('only for a demonstration').toString('base64')}`;
  const configFile = path.join(folder, 'pitwall.yaml');
  await writeFile(configFile, shop.config);

  const { services, channels } = await readConfig(configFile);
  const channelIds = channels.map(({ channelId }) => channelId);
  const port = await somePort(4_400);
  const nowMs = Date.now();
  const mishaps = demoMishaps(shop.agentAddress, true);
  await fillHistory({ dataDir: path.join(folder, '.pitwall'), port, nowMs, services, channelIds, usualMs, mishaps });
  console.log(`Ninety days written in ${((Date.now() - nowMs) / 1_000).toFixed(0)} s`);
  shop.slowDown(520);
  await shop.stopAgent();

  const { child, link } = await startPitwall(folder, port);
  stack.defer(async () => {
    child.kill('SIGTERM');
    await once(child, 'exit');
  });
  const executablePath = process.env['CHROMIUM'] ?? '/usr/bin/chromium';
  const browser = await chromium.launch({ executablePath, args: ['--no-sandbox', '--disable-gpu'] });
  stack.defer(() => browser.close());
  await using context = await browser.newContext({ viewport: widths[0] });
  const page = await context.newPage();
  await page.goto(link);
  // Both troubles are found again by the server that runs now, and nothing else is in doubt on a machine at rest.
  await page.getByText('6 of 8 up, 1 down, 1 slow or degraded').first().waitFor({ timeout: 300_000 });
  if (process.argv.includes('--readme')) {
    // The upper half: what a reader of the README can still read, in a file that is quickly there.
    const bottom = await page.locator('.t-up').evaluate((tile) => tile.getBoundingClientRect().bottom);
    const clip = { x: 0, y: 0, width: widths[0].width, height: Math.ceil(bottom) + 16 };
    await page.screenshot({ path: path.join(root, 'docs/board.png'), clip });
  }
  await mkdir(target, { recursive: true });
  await shoot(browser, await context.storageState(), `http://127.0.0.1:${port}`);
  console.log(`${views.length * widths.length * 2} pictures are in ${path.relative(process.cwd(), target)}`);
}

await main();
