import assert from 'node:assert/strict';
import { globSync, readFileSync } from 'node:fs';
import path from 'node:path';
import { test } from 'node:test';
import { kinds } from '../checks/registry.ts';
import { channelKinds } from '../outbox/channels/registry.ts';
import type { WebhookSettings } from '../outbox/channels/webhook.ts';
import { formatFault } from './faults.ts';
import { parseConfig } from './parse.ts';

const folder = path.join(import.meta.dirname, 'fixtures');
const outsideSecret = 'canary-5f1d7c90-4be2';

function parse(text: string, environment: Record<string, string> = {}, files: [string, string][] = []) {
  return parseConfig({
    file: 'pitwall.yaml',
    text,
    kinds,
    channelKinds,
    environment,
    files: new Map(files),
    reserved: new Set(['pitwall', 'host']),
  });
}

/** Every fault of a text, as a person sees it. */
function faultsOf(text: string): string {
  const outcome = parse(text, { TEST_SECRET: outsideSecret });
  return outcome.ok ? '' : outcome.faults.map((fault) => `${formatFault(fault)}\n`).join('');
}

const bad = globSync('bad/*.yaml', { cwd: folder }).sort();

test('there is a bad file for each rule', () => assert.ok(bad.length >= 62, `only ${bad.length}`));

for (const name of bad) {
  const text = readFileSync(path.join(folder, name), 'utf8');
  const why = text.split('\n')[0]!.slice(2);
  test(`${path.basename(name, '.yaml')}: ${why}`, () => {
    const told = readFileSync(path.join(folder, name.replace(/yaml$/, 'txt')), 'utf8');
    // So that a further kind changes no fixture.
    const expected = told.replace('{kinds}', [...kinds.keys()].join(', '));
    assert.equal(faultsOf(text), expected);
    assert.ok(!expected.includes(outsideSecret) && !expected.includes('hunter2'));
  });
}

test('fifty mistakes are named in one run, each at the line that says so', () => {
  const lines = readFileSync(path.join(folder, 'fifty-mistakes.yaml'), 'utf8').split('\n');
  // Each mistake is marked in the file where it stands: `#!` once for each on that line.
  const expected = lines.flatMap((line, index) => Array(line.split('#!').length - 1).fill(index + 1) as number[]);
  assert.equal(expected.length, 50);
  const outcome = parse(lines.join('\n'));
  assert.ok(!outcome.ok);
  assert.deepEqual(
    outcome.faults.map((fault) => fault.line),
    expected,
    outcome.faults.map(formatFault).join('\n'),
  );
  for (const fault of outcome.faults) assert.ok(fault.fix.length > 5 && fault.path !== '', formatFault(fault));
});

function configOf(text: string, environment: Record<string, string> = {}, files: [string, string][] = []) {
  const outcome = parse(text, environment, files);
  if (!outcome.ok) assert.fail(outcome.faults.map(formatFault).join('\n'));
  return outcome.config;
}

const oneTcpCheck = (keys: string) =>
  `services: {shop: {checks: {port: {kind: tcp, host: a.example, port: 80${keys}}}}}`;

for (const { why, text, timing } of [
  { why: 'nothing written: the defaults', text: oneTcpCheck(''), timing: [30_000, 5_000, 2] },
  { why: 'a short interval shortens the time-out', text: oneTcpCheck(', interval: 4s'), timing: [4_000, 2_000, 1] },
  {
    why: 'the most frequent check still has a retry',
    text: oneTcpCheck(', interval: 1s'),
    timing: [1_000, 500, 1],
  },
  {
    why: 'a long time-out leaves fewer retries',
    text: oneTcpCheck(', timeout: 20s'),
    timing: [30_000, 20_000, 0],
  },
  {
    why: 'the file’s own defaults come before ours',
    text: `defaults: {interval: 60s, timeout: 10s, retries: 1}\n${oneTcpCheck('')}`,
    timing: [60_000, 10_000, 1],
  },
  {
    why: 'what the check says comes first',
    text: `defaults: {interval: 60s, retries: 1}\n${oneTcpCheck(', interval: 2m, retries: 0')}`,
    timing: [120_000, 5_000, 0],
  },
]) {
  test(why, () => {
    const [check] = configOf(text).services[0]!.checks;
    assert.deepEqual([check?.intervalMs, check?.timeoutMs, check?.retries], timing);
  });
}

test('a service says everything it may', () => {
  const config = configOf(`
services:
  db: {checks: {port: {kind: tcp, host: a.example, port: 1}}}
  shop-agent:
    was: agent
    tile: cx
    criticality: P1
    facesCustomers: true
    ability: Chat replies
    dependsOn: [db]
    checks:
      front-page: {kind: http, url: "https://a.example/", was: page, downAfter: 3, upAfter: 4}
server: {port: 4500, publicUrl: "https://pitwall.example"}`);
  const { checks, ...service } = config.services[1]!;
  assert.deepEqual(service, {
    serviceId: 'shop-agent',
    title: 'Shop agent',
    tile: 'cx',
    criticality: 'P1',
    facesCustomers: true,
    ability: 'Chat replies',
    dependsOn: ['db'],
    origin: 'config',
  });
  assert.deepEqual(checks[0], {
    key: 'shop-agent/front-page',
    serviceId: 'shop-agent',
    checkId: 'front-page',
    title: 'Front page',
    kind: 'http',
    intervalMs: 30_000,
    timeoutMs: 5_000,
    retries: 2,
    downAfter: 3,
    upAfter: 4,
    spec: { url: 'https://a.example/' },
    shownSpec: { url: 'https://a.example/' },
    secrets: [],
    missing: [],
  });
  assert.deepEqual(config.renames, [
    { kind: 'check', from: 'shop-agent/page', to: 'shop-agent/front-page' },
    { kind: 'service', from: 'agent', to: 'shop-agent' },
  ]);
  assert.deepEqual(config.server, { port: 4500, publicUrl: 'https://pitwall.example' });
});

test('an empty file watches nothing and is no mistake', () => {
  assert.deepEqual(configOf('# nothing yet\n').services, []);
});

const secretive = `services:
  shop:
    checks:
      page:
        kind: http
        url: \${SHOP_URL}/app?key=\${SHOP_KEY:-none}
        headers:
          authorization: Bearer \${SHOP_TOKEN}
          x-literal: literally-secret
          accept: application/json
          x-file: {file: secrets/token}
        expect:
          status: \${SHOP_STATUS:-200}
`;
const shopEnvironment = {
  SHOP_URL: 'https://user:pass-word@shop.example',
  SHOP_KEY: 'key-8812',
  SHOP_TOKEN: 'tok-99 1',
};

test('variables and files are filled in; the page sees them unfilled', () => {
  const config = configOf(secretive, { ...shopEnvironment, SHOP_STATUS: '204' }, [['secrets/token', 'from-file\n']]);
  const [check] = config.services[0]!.checks;
  assert.deepEqual(check?.spec, {
    url: 'https://user:pass-word@shop.example/app?key=key-8812',
    headers: {
      authorization: 'Bearer tok-99 1',
      'x-literal': 'literally-secret',
      accept: 'application/json',
      'x-file': 'from-file',
    },
    expect: { status: 204 },
  });
  assert.deepEqual(check?.shownSpec, {
    url: '${SHOP_URL}/app?key=${SHOP_KEY:-none}',
    headers: {
      authorization: 'Bearer ${SHOP_TOKEN}',
      'x-literal': '[redacted]',
      accept: 'application/json',
      'x-file': { file: 'secrets/token' },
    },
    expect: { status: '${SHOP_STATUS:-200}' },
  });
  for (const secret of ['pass-word', 'key-8812', 'tok-99 1', 'tok-99%201', 'literally-secret', 'from-file']) {
    assert.ok(check?.secrets.includes(secret), secret);
  }
  for (const open of ['https://user:pass-word@shop.example', 'application/json']) {
    assert.ok(!check?.secrets.includes(open), `${open} must stay readable in evidence`);
  }
});

for (const { why, environment, files, missing } of [
  {
    why: 'variables that are not set and files that are not there are no mistake',
    environment: {},
    files: [],
    missing: ['SHOP_URL', 'SHOP_TOKEN', 'secrets/token'],
  },
  {
    why: 'an empty variable is one that is not set, as compose files make them',
    environment: { ...shopEnvironment, SHOP_TOKEN: '' },
    files: [['secrets/token', 'x']],
    missing: ['SHOP_TOKEN'],
  },
] as { why: string; environment: Record<string, string>; files: [string, string][]; missing: string[] }[]) {
  test(why, () => {
    const config = configOf(secretive, environment, files);
    assert.deepEqual(config.services[0]!.checks[0]?.missing, missing);
    const [warning] = config.warnings;
    assert.equal(warning?.line, 4);
    assert.equal(warning?.path, 'services.shop.checks.page');
    assert.match(warning?.message ?? '', /(is|are) not set: the check stays `unknown: not configured`/);
    assert.match(warning?.fix ?? '', new RegExp(`set ${missing[0]}`));
  });
}

test('a missing variable does not hide another mistake of its check', () => {
  const faults = faultsOf(secretive.replace('expect:', 'expects:'));
  assert.match(faults, /unknown key `expects`\n {2}fix: did you mean `expect`/);
});

test('a channel is secret in every form, and one without its variable is not used', () => {
  const config = configOf(
    `channels:
  chat: {kind: webhook, url: "https://u:geheim@chat.example/hook", secret: "\${CHAT_SECRET}"}
  pager: {kind: webhook, url: "\${PAGER_URL}", secret: "\${PAGER_SECRET}"}
  desk: {kind: webhook, url: "https://desk.example", secret: 0123456789abcdef-literal}`,
    { CHAT_SECRET: outsideSecret },
  );
  const [chat, pager] = config.channels;
  assert.equal((chat!.settings as WebhookSettings).secret.reveal(), outsideSecret);
  assert.equal(chat?.shownTarget, 'https://u:[redacted]@chat.example/hook');
  assert.ok(!JSON.stringify(chat).includes(outsideSecret));
  assert.deepEqual(pager, {
    channelId: 'pager',
    kind: 'webhook',
    shownTarget: '${PAGER_URL}',
    missing: ['PAGER_URL', 'PAGER_SECRET'],
    settings: undefined,
  });
  assert.deepEqual(
    config.warnings.map((warning) => warning.path),
    ['channels.pager', 'channels.desk.secret'],
  );
  assert.ok(!JSON.stringify(config.warnings).includes('literal'));
});

test('a variable in a title is used, with a warning that everybody reads its value', () => {
  const text = [
    'services:',
    '  shop:',
    '    title: Shop in ${STAGE}',
    '    ability: ${ABSENT:-Orders}',
    '    checks:',
    '      db: {kind: tcp, title: "${STAGE}", host: db.example, port: 5432}',
  ];
  const { services, warnings } = configOf(text.join('\n'), { STAGE: 'test' });
  assert.equal(services[0]!.title, 'Shop in test');
  assert.deepEqual(
    warnings.map(({ line, path: place }) => `${line} ${place}`),
    ['3 services.shop.title', '6 services.shop.checks.db.title'],
  );
  assert.match(formatFault(warnings[0]!), /shown on the page and in messages, and with it the value.*\n.*secret/);
});

test('$${ stands for itself', () => {
  const [check] = configOf(oneTcpCheck(', send: "a$${b}c"')).services[0]!.checks;
  assert.deepEqual(check?.spec, { host: 'a.example', port: 80, send: 'a${b}c' });
});

test('anchors and x- keys share what checks have in common', () => {
  const config = configOf(
    'x-host: &db db.example\nservices: {db: {checks: {port: {kind: tcp, host: *db, port: 5432}}}}',
  );
  assert.deepEqual(config.services[0]!.checks[0]?.spec, { host: 'db.example', port: 5432 });
});

test('aliases that multiply end in one fault, not in memory', () => {
  const layers = Array.from(
    { length: 9 },
    (_, index) => `x-${index + 1}: &l${index + 1} [${`*l${index},`.repeat(20)}]`,
  );
  assert.match(faultsOf(`x-0: &l0 [a]\n${layers.join('\n')}`), /too large or too deep/);
});

test('ten thousand checks are read in a breath', () => {
  const checks = Array.from(
    { length: 10_000 },
    (_, index) => `      c${index}: {kind: tcp, host: a.example, port: 80}`,
  );
  const config = configOf(`services:\n  shop:\n    checks:\n${checks.join('\n')}`);
  assert.equal(config.services[0]!.checks.length, 10_000);
});
