/**
 * A world with a way out that can be cut: run inside fresh mount and network namespaces (see way-out.test.ts), it has a
 * far side in a network namespace of its own with twenty services and a receiver of messages, watches them with a whole
 * Pitwall, cuts the way twice, and prints what became of it as one line of JSON.
 */
import { type ChildProcess, execFileSync, spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { createServer } from 'node:http';
import net from 'node:net';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { createInterface } from 'node:readline';
import type { WebhookMessage } from '../contract/src/webhook-message.ts';
import { PitwallProcess } from './pitwall-process.ts';

export interface CutReport {
  readonly told: readonly { readonly serviceId: string; readonly to: string; readonly title: string }[];
  /** While it was cut: how many services had which status, what the banner said, how many were told. */
  readonly cuts: readonly { readonly statuses: Readonly<Record<string, number>>; readonly banner: string }[];
  /** The outcomes and reasons of one service's results. */
  readonly reasons: readonly string[];
}

export const farServices = 20;
const servicePort = 7_000;
const receiverAddress = '44.0.0.100';
const receiverPort = 8_080;
const addressOf = (index: number) => `44.0.0.${index + 1}`;
const ip = (...args: string[]) => execFileSync('ip', args, { stdio: ['ignore', 'inherit', 'inherit'] });

/** The other end: addresses of the internet, as far as this world goes. */
async function beFarSide(): Promise<void> {
  process.stdout.write('made\n');
  for await (const line of createInterface({ input: process.stdin })) {
    const [command, ...args] = line.split(' ');
    if (command === 'ip') ip(...args);
    if (command !== 'listen') continue;
    net.createServer((socket) => socket.on('error', () => {}).end()).listen(servicePort, '0.0.0.0');
    const receiver = createServer((request, response) => {
      let body = '';
      request.on('data', (piece: Buffer) => {
        body += piece.toString('utf8');
      });
      request.on('end', () => {
        process.stdout.write(`${JSON.stringify(JSON.parse(body))}\n`);
        response.writeHead(204).end();
      });
    });
    receiver.listen(receiverPort, receiverAddress, () => process.stdout.write('listening\n'));
  }
}

function startFarSide(): { child: ChildProcess; lines: string[]; said(word: string): Promise<void> } {
  const child = spawn('unshare', ['--net', process.execPath, import.meta.filename, 'far'], {
    stdio: ['pipe', 'pipe', 'inherit'],
  });
  const lines: string[] = [];
  const reader = createInterface({ input: child.stdout! });
  reader.on('line', (line) => lines.push(line));
  const said = async (word: string): Promise<void> => {
    while (!lines.includes(word)) await once(reader, 'line');
  };
  return { child, lines, said };
}

async function run(): Promise<CutReport> {
  const far = startFarSide();
  await far.said('made');
  const say = (line: string) => far.child.stdin!.write(`${line}\n`);
  ip('link', 'add', 'near0', 'type', 'veth', 'peer', 'name', 'far0');
  ip('link', 'set', 'far0', 'netns', `${far.child.pid}`);
  ip('addr', 'add', '10.9.0.2/24', 'dev', 'near0');
  const upNear = () => {
    ip('link', 'set', 'near0', 'up');
    ip('route', 'add', 'default', 'via', '10.9.0.1');
  };
  upNear();
  for (const place of ['link set lo up', 'addr add 10.9.0.1/24 dev far0', 'link set far0 up']) say(`ip ${place}`);
  for (let index = 0; index < farServices; index += 1) say(`ip addr add ${addressOf(index)}/32 dev lo`);
  say(`ip addr add ${receiverAddress}/32 dev lo`);
  say('listen');
  await far.said('listening');

  const folder = await mkdtemp(path.join(tmpdir(), 'pitwall-cut-'));
  const file = path.join(folder, 'pitwall.yaml');
  const services = Array.from(
    { length: farServices },
    (_, index) => `  s${index}: {checks: {port: {kind: tcp, host: ${addressOf(index)}, port: ${servicePort}}}}`,
  );
  await writeFile(
    file,
    `defaults: {interval: 1s, timeout: 400ms, retries: 0}
services:
${services.join('\n')}
channels:
  me: {kind: webhook, url: 'http://${receiverAddress}:${receiverPort}/', secret: a-secret-of-at-least-16}
`,
  );
  const cuts: CutReport['cuts'][number][] = [];
  let reasons: string[] = [];
  {
    await using pitwall = await PitwallProcess.start(file);
    const all = async (status: string, pitwallIs: string) => {
      await pitwall.until(
        '/services',
        (body) => {
          const found = body['services'] as { serviceId: string; status: string }[];
          return found.every(({ serviceId, status: is }) => {
            if (serviceId === 'pitwall') return is === pitwallIs;
            return serviceId === 'host' || is === status;
          });
        },
        60_000,
      );
    };
    const noteCut = async () => {
      const { body } = await pitwall.call('GET', '/services');
      const statuses: Record<string, number> = {};
      for (const { status } of body['services'] as { status: string }[]) statuses[status] = (statuses[status] ?? 0) + 1;
      const banners = (await pitwall.call('GET', '/board')).body['banners'] as { text: string }[];
      cuts.push({ statuses, banner: banners.map(({ text }) => text).join(' ') });
    };
    // A cut while a message is on its way would make it a repeat, which is another test's matter.
    const allTold = () =>
      pitwall.until('/messages', (body) =>
        (body['messages'] as { state: string }[]).every(({ state }) => state === 'delivered'),
      );
    await all('up', 'up');
    // The link is taken down, and its routes go with it.
    ip('link', 'set', 'near0', 'down');
    await all('unknown', 'degraded');
    await noteCut();
    upNear();
    await all('up', 'up');
    await allTold();
    // The cable is pulled at its other end: addresses and routes stay as they were.
    say('ip link set far0 down');
    await all('unknown', 'degraded');
    await noteCut();
    say('ip link set far0 up');
    await all('up', 'up');
    await allTold();
    const { body } = await pitwall.call('GET', '/services/s0/checks/port/results?limit=200');
    reasons = (body['results'] as { outcome: string; reason: string }[]).map(
      ({ outcome, reason }) => `${outcome} ${reason}`,
    );
  }
  await rm(folder, { recursive: true });
  far.child.kill();
  const messages = far.lines
    .filter((line) => line.startsWith('{'))
    .map((line) => (JSON.parse(line) as WebhookMessage).data);
  const told = messages.map(({ serviceId, to, title }) => ({ serviceId, to, title }));
  return { told, cuts, reasons: [...new Set(reasons)] };
}

if (process.argv[2] === 'far') await beFarSide();
else if (process.argv[1] === import.meta.filename) {
  console.log(JSON.stringify(await run()));
  process.exit(0);
}
