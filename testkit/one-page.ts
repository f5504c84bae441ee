/** A real page that answers as it is told, and a configuration that watches it and tells one webhook. */
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { WebhookReceiver } from './webhook-receiver.ts';

export const webhookSecret = `whsec_${Buffer.from('a secret of twenty-four!').toString('base64')}`;

export class OnePage implements AsyncDisposable {
  /** What the page answers with. */
  status = 200;
  readonly receiver: WebhookReceiver;
  readonly configFile: string;
  readonly #server;
  readonly #stack: AsyncDisposableStack;

  private constructor(receiver: WebhookReceiver, configFile: string, stack: AsyncDisposableStack) {
    this.receiver = receiver;
    this.configFile = configFile;
    this.#stack = stack;
    this.#server = createServer((_, response) => response.writeHead(this.status).end('Open'));
  }

  static async start(): Promise<OnePage> {
    await using stack = new AsyncDisposableStack();
    const folder = await mkdtemp(path.join(tmpdir(), 'pitwall-one-page-'));
    stack.defer(() => rm(folder, { recursive: true }));
    const receiver = stack.use(await WebhookReceiver.start());
    const page = new OnePage(receiver, path.join(folder, 'pitwall.yaml'), stack.move());
    await new Promise<void>((resolve) => page.#server.listen(0, '127.0.0.1', resolve));
    page.#stack.defer(() => {
      page.#server.closeAllConnections();
      page.#server.close();
    });
    await page.configure();
    return page;
  }

  get url(): string {
    return `http://127.0.0.1:${(this.#server.address() as AddressInfo).port}/`;
  }

  /** Writes the file, with the page's title and whatever else belongs at its end. */
  async configure(title = 'Parts shop', more = ''): Promise<void> {
    const check = `{ kind: http, url: "${this.url}", interval: 1s, timeout: 500ms, retries: 0 }`;
    await writeFile(
      this.configFile,
      `services:
  shop: { title: ${title}, criticality: P0, checks: { page: ${check} } }
channels:
  owner: { kind: webhook, url: "${this.receiver.url}", secret: "${webhookSecret}" }
${more}`,
    );
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.#stack.disposeAsync();
  }
}
