/** A real browser before the fake Pitwall; closed last in, first out. */
import { existsSync } from 'node:fs';
import { type Browser, type BrowserContextOptions, chromium, type Page } from 'playwright-core';
import { ensureWebBuilt } from '../../tools/build-web.ts';
import { FakeServer, type Scenario } from './fake-server.ts';

export const wide = { width: 1440, height: 1000 };
export const phone = { width: 390, height: 844 };

const quiet = [
  '--no-sandbox',
  '--disable-gpu',
  '--disable-quic',
  '--no-first-run',
  '--disable-background-networking',
  '--disable-component-update',
  '--disable-sync',
];
const places = ['/usr/bin/chromium', '/usr/bin/chromium-browser', '/usr/bin/google-chrome'];

export class Stage implements AsyncDisposable {
  readonly server: FakeServer;
  readonly base: string;
  readonly #browser: Browser;
  readonly #stack: AsyncDisposableStack;

  private constructor(server: FakeServer, base: string, browser: Browser, stack: AsyncDisposableStack) {
    this.server = server;
    this.base = base;
    this.#browser = browser;
    this.#stack = stack;
  }

  static async open(): Promise<Stage> {
    await ensureWebBuilt();
    await using stack = new AsyncDisposableStack();
    const server = new FakeServer();
    const base = await server.start();
    stack.defer(() => server.stop());
    const executablePath = process.env.PITWALL_CHROMIUM ?? places.find((path) => existsSync(path));
    if (executablePath === undefined)
      throw new Error(`No Chromium at ${places.join(', ')}; name it in PITWALL_CHROMIUM`);
    const browser = await chromium.launch({ executablePath, args: quiet });
    stack.defer(() => browser.close());
    return new Stage(server, base, browser, stack.move());
  }

  /** A fresh visitor; what its console complains of, beside answers the test asked for, is an error of the test. */
  async visit(scenario: Scenario, path: string, options: BrowserContextOptions = {}): Promise<Page & AsyncDisposable> {
    this.server.reset(scenario);
    const context = await this.#browser.newContext({ viewport: wide, ...options });
    const page = await context.newPage();
    const faults: string[] = [];
    page.on('pageerror', (error) => faults.push(error.message));
    page.on('console', (message) => {
      if (message.type() === 'error' && !/Failed to load resource/.test(message.text())) faults.push(message.text());
    });
    await page.clock.install();
    await page.goto(this.base + path);
    return Object.assign(page, {
      async [Symbol.asyncDispose]() {
        await context.close();
        if (faults.length > 0) throw new Error(`The page complained: ${faults.join('; ')}`);
      },
    });
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.#stack.disposeAsync();
  }
}
