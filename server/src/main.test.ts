import { execFile } from 'node:child_process';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { createServer } from 'node:http';
import { type AddressInfo, createServer as createTcpServer } from 'node:net';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { type TestContext, test } from 'node:test';
import { checkLineSchema } from '../../contract/src/check-line.ts';

function pitwall(...args: string[]): Promise<{ exitCode: number; stdout: string; stderr: string }> {
  const main = path.join(import.meta.dirname, 'main.ts');
  return new Promise((resolve) => {
    execFile(process.execPath, [main, ...args], (error, stdout, stderr) => {
      resolve({ exitCode: error === null ? 0 : Number(error.code), stdout, stderr });
    });
  });
}

async function configFile(t: TestContext, text: string): Promise<string> {
  const folder = await mkdtemp(path.join(tmpdir(), 'pitwall-main-'));
  t.after(() => rm(folder, { recursive: true }));
  const file = path.join(folder, 'pitwall.yaml');
  await writeFile(file, text);
  return file;
}

const page = (url: string): string =>
  `services:\n  shop:\n    checks:\n      page: { kind: http, url: "${url}", retries: 0 }\n`;

async function answering(t: TestContext, status: number): Promise<string> {
  const server = createServer((_, response) => response.writeHead(status).end('hello'));
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  t.after(() => server.close());
  return `http://127.0.0.1:${(server.address() as AddressInfo).port}/`;
}

test('a page that answers passes with exit code 0 and a line of the published form', async (t) => {
  const file = await configFile(t, page(await answering(t, 200)));
  const { exitCode, stdout } = await pitwall('check', '--config', file, '--once', '--json');
  t.assert.equal(exitCode, 0);
  const line = checkLineSchema.parse(JSON.parse(stdout));
  t.assert.equal(line.outcome, 'pass');
  t.assert.equal(line.observed.status, 200);
});

test('a wrong status fails with exit code 1 and says what was expected', async (t) => {
  const file = await configFile(t, page(await answering(t, 503)));
  const { exitCode, stdout } = await pitwall('check', '--config', file, '--once', '--json');
  t.assert.equal(exitCode, 1);
  const line = checkLineSchema.parse(JSON.parse(stdout));
  t.assert.equal(line.reason, 'wrong-status');
  t.assert.match(line.sentence, /Answered 503/);
});

test('a variable that is not set is unknown, never down', async (t) => {
  const file = await configFile(t, page('$' + '{PITWALL_TEST_NEVER_SET}'));
  const { exitCode, stdout } = await pitwall('check', '--config', file, '--once', '--json');
  t.assert.equal(exitCode, 1);
  t.assert.equal(checkLineSchema.parse(JSON.parse(stdout)).reason, 'not-configured');
});

test('a typing mistake is named with its place and its fix, exit code 2', async (t) => {
  const file = await configFile(
    t,
    'services:\n  shop:\n    checks:\n      page: { knd: http, url: "http://127.0.0.1/" }\n',
  );
  const { exitCode, stdout } = await pitwall('validate', file);
  t.assert.equal(exitCode, 2);
  t.assert.match(stdout, /pitwall\.yaml:4/);
  t.assert.match(stdout, /kind/);
});

/** As a terminal must never get it: anything but text, line breaks and tabs. */
const obeyed = /[^\P{Cc}\n\t]|\p{Bidi_C}/u;

test('a banner that would clear the screen or turn the line around is spelled out, in words and in JSON', async (t) => {
  const banner = '220 \u001b[2J\u009b31m\u202eliame\r\n';
  const server = createTcpServer((socket) => socket.on('error', () => {}).end(banner));
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  t.after(() => server.close());
  const { port } = server.address() as AddressInfo;
  const check = `{ kind: tcp, host: 127.0.0.1, port: ${port}, retries: 0, expect: { text: "+PONG" } }`;
  const file = await configFile(t, `services:\n  mail:\n    checks:\n      smtp: ${check}\n`);
  const words = await pitwall('check', '--config', file, '--once');
  t.assert.doesNotMatch(words.stdout, obeyed);
  t.assert.match(words.stdout, /^fail +mail\/smtp: .*220 \\u001b\[2J\\u009b31m\\u202eliame.*\n$/);
  const json = await pitwall('check', '--config', file, '--once', '--json');
  t.assert.doesNotMatch(json.stdout, obeyed);
  t.assert.equal(checkLineSchema.parse(JSON.parse(json.stdout)).evidence!.body, banner);
});

test('what a file holds is not obeyed by the terminal that reads of its mistakes', async (t) => {
  const file = await configFile(t, 'services:\n  "sh\\e[31mop\\u202E\\nline":\n    title: "A\\x9b2Jb"\n');
  for (const args of [[file], [file, '--json'], [`${file}\u001b[31m`]]) {
    const { exitCode, stdout, stderr } = await pitwall('validate', ...args);
    t.assert.equal(exitCode, 2);
    t.assert.doesNotMatch(stdout + stderr, obeyed);
    t.assert.match(stdout + stderr, /\\u001b\[31m/);
  }
  const wrong = await pitwall('no\u001b[31mne');
  t.assert.doesNotMatch(wrong.stderr, obeyed);
});

test('the example of the README is valid', async (t) => {
  const { exitCode } = await pitwall('validate', path.join(import.meta.dirname, '../../examples/simple/pitwall.yaml'));
  t.assert.equal(exitCode, 0);
});
