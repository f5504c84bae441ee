/** Canned answers, typed by the contract: what the page is drawn from in tests and screenshots. */
import type { OperationInput, OperationOutput } from '../../contract/src/operation.ts';
import type { OperationName, Operations } from '../../contract/src/operations.ts';
import type { Status } from '../../contract/src/vocabulary.ts';

export type Input<N extends OperationName> = OperationInput<Operations[N]>;
export type Output<N extends OperationName> = OperationOutput<Operations[N]>;
export type Board = Output<'board.get'>;
export type Service = Output<'services.list'>['services'][number];
export type Proposal = Board['proposals'][number];

const dayMs = 86_400_000;
const minute = 60_000;

/** Repeatable noise between 0 and 1. */
export function noise(seed: number): () => number {
  let state = seed * 2_654_435_761;
  return () => {
    state = (state * 1_664_525 + 1_013_904_223) % 4_294_967_296;
    return state / 4_294_967_296;
  };
}

type Trouble = Record<number, 'd' | 'g' | 'n' | 'm'>;

export function strip(nowMs: number, trouble: Trouble = {}, watchedDays = 90): Service['strip'] {
  const firstDayMs = Math.floor(nowMs / dayMs) * dayMs - 89 * dayMs;
  const days = Array.from({ length: 90 }, (_, day) => trouble[day] ?? (day < 90 - watchedDays ? '.' : 'u')).join('');
  return {
    firstDayMs,
    days,
    trouble: Object.entries(trouble).map(([day, letter]) => ({
      day: Number(day),
      downMs: letter === 'd' ? 28 * minute : 0,
      degradedMs: letter === 'g' || letter === 'd' ? 5 * minute : 0,
      unknownMs: letter === 'n' ? 110 * minute : 0,
    })),
  };
}

/** Who needs whom in the shop of these answers; Google Analytics hangs on nothing. */
const needs: Readonly<Record<string, string[]>> = {
  'shop-admin-app': ['shopify', 'postgres', 'redis'],
  'shop-agent-service': ['shop-admin-app', 'chatwoot-web', 'shop-rag-mcp', 'openai'],
  'chatwoot-web': ['chatwoot-worker', 'postgres', 'redis'],
  'chatwoot-worker': ['redis'],
  'shop-rag-mcp': ['postgres'],
  storefront: ['shopify'],
  backups: ['postgres'],
};

export function service(
  nowMs: number,
  serviceId: string,
  title: string,
  status: Status,
  word: string,
  more: Partial<Service> & { trouble?: Trouble; ratio?: number | null; watchedDays?: number } = {},
): Service {
  const { trouble, ratio = 0.9998, watchedDays = 90, ...rest } = more;
  return {
    serviceId,
    title,
    tile: null,
    criticality: 'P2',
    facesCustomers: true,
    origin: 'config',
    status,
    sinceMs: nowMs - 20_000,
    word,
    sentence: status === 'up' ? 'Everything asked for was there' : '3 failures in a row: Answered 500, expected 200',
    summary: 'page 200 in 14 ms',
    checks: [{ checkId: 'page', title: 'Page answers', kind: 'http', status }],
    dependsOn: needs[serviceId] ?? [],
    strip: strip(nowMs, trouble, watchedDays),
    uptime: {
      fromMs: nowMs - 90 * dayMs,
      toMs: nowMs,
      upMs: 89 * dayMs,
      degradedMs: 0,
      downMs: 28 * minute,
      unknownMs: 0,
      maintenanceMs: 0,
      ratio,
      unknownRatio: 0,
    },
    ...rest,
  };
}

export const proposals: readonly Proposal[] = [
  ['shop-admin', 'HTTP', 3000, 'Answered 200 in 14 ms: a page titled “Shop admin”', 'the page is 200'],
  ['shop-agent', 'HTTP', 8787, 'Answered 404 in 3 ms, as JSON: HTTP, but no page', 'it answers; name a page for more'],
  ['Chatwoot', 'HTTP', 3100, 'Answered 302 in 41 ms, to its own log-in', '302 to /app/login'],
  ['Postgres', 'TCP', 5432, 'Answered the Postgres greeting in 1 ms, without TLS', 'it greets; a log-in adds room'],
  ['Redis', 'TCP', 6379, 'Answered PING in 1 ms, so it asks for no password', 'PONG within 100 ms'],
  ['Vite', 'HTTP', 5173, 'A developer’s tool, gone when its window closes', 'nothing: best ignored'],
].map(([title, protocol, port, why, wouldCheck]) => ({
  proposalId: `p-${port}`,
  title: String(title),
  protocol: String(protocol),
  port: Number(port),
  why: String(why),
  wouldCheck: String(wouldCheck),
  worthIt: title !== 'Vite',
}));

const offers = [
  { title: 'Open 99.9 % of the month', allows: '44 min closed' },
  { title: 'Open 99.5 % of the month', allows: '3 h 43 min closed' },
  { title: '99 % of pages in 0.8 s', allows: '1 in 100 slow' },
  { title: '95 % of orders synced in 5 min', allows: '1 in 20 late' },
];

type FastRow = Board['fastEnough']['rows'][number];

export function fastRow(
  seed: number,
  title: string,
  baseMs: number,
  limitMs: number | null,
  status: Status = 'up',
): FastRow {
  const next = noise(seed);
  const spark = Array.from({ length: 48 }, (_, i) => {
    const rise = status === 'degraded' && i > 44 ? (i - 44) * 0.8 : 0;
    return Math.round(baseMs * 1000 * (0.85 + next() * 0.3 + rise));
  });
  return {
    key: `${title}/page`,
    serviceId: 'shop-admin-app',
    title,
    status,
    spark,
    figureUs: spark.at(-1)!,
    figureName: 'p95',
    sampledCount: 2880,
    limitUs: limitMs === null ? null : limitMs * 1000,
    failCount: Math.round(next() * 9),
    tellingCount: 2880,
  };
}

const commonTail = {
  demo: false,
  promises: {
    line: 'none made yet',
    offers,
    note: 'A promise needs one service that customers use. What is left of its budget, and where the month will end, then stand here.',
  },
  safeToLose: {
    line: '1 of 5 known',
    rows: [
      {
        title: 'Restore, proven',
        value: 'never',
        detail: 'Name the folder your backups land in: its newest is restored',
        status: null,
      },
      { title: 'Failover drill', value: 'never', detail: 'Name a service that has a second place', status: null },
      {
        title: 'Room on this host',
        value: '56 GB free',
        detail: 'The day it fills: in 24 h, from its growth',
        status: 'up' as const,
      },
      { title: 'Certificates', value: 'none seen', detail: 'The first https address brings its own', status: null },
      {
        title: 'Passwords in code',
        value: 'not read',
        detail: 'Name a folder of code; nothing leaves this machine',
        status: null,
      },
    ],
  },
  pitwall: {
    line: 'Pitwall itself is well: 42 checks a minute, 0 late',
    address: 'this machine only, 127.0.0.1:4400',
    dataDir: '.pitwall/',
    dataBytes: 1_048_576,
    version: '0.1.0',
  },
  banners: [],
} satisfies Partial<Board>;

export function firstRunBoard(nowMs: number): Board {
  const host = { origin: 'built-in' as const, facesCustomers: false, watchedDays: 1, ratio: 1 };
  return {
    ...commonTail,
    atMs: nowMs,
    startedAtMs: nowMs - 20_000,
    firstRun: true,
    verdict: {
      parts: [
        { text: 'This machine is well.', status: null },
        { text: 'Nobody would be told if it were not.', status: 'degraded' },
      ],
      facts: [
        {
          label: 'What is watched',
          strong: 'Pitwall and this host',
          rest: ', 7 checks, all pass',
          detail: '6 more things found on this machine wait for your word',
        },
        { label: 'Since', strong: '09:41 UTC', detail: '20 s ago, first start' },
        { label: 'What it costs', strong: 'Outages go unseen', detail: 'until someone opens this page' },
        { label: 'Who has it', strong: 'You, as manager', detail: 'by the link in the terminal' },
      ],
      next: { label: 'Choose who is told', kind: 'focus', target: 'add-channel' },
    },
    abilities: [],
    upNow: {
      line: '2 of 2 up',
      groups: [
        {
          title: null,
          services: [
            service(nowMs, 'pitwall', 'Pitwall', 'up', 'Up 20 s', {
              ...host,
              summary: 'page 3 ms, store 2 ms, clock in order',
            }),
            service(nowMs, 'this-host', 'This host', 'up', 'Up 20 s', {
              ...host,
              summary: 'disk 41 %, memory 38 %, load 0.6 of 8',
            }),
          ],
        },
      ],
    },
    proposals: [...proposals],
    leftAlone: [22, 53, 631, 9229],
    whatNext: [
      {
        title: 'Choose who is told',
        why: 'Now it is nobody. A webhook address is enough.',
        evidence: { text: '0 channels', href: '/told' },
        next: { label: 'Choose', kind: 'focus', target: 'add-channel' },
      },
      {
        title: 'Watch what customers see',
        why: 'Your shop’s address. Nothing to install there.',
        evidence: { text: '0 of 2 face customers', href: '/services' },
        next: { label: 'Type it', kind: 'focus', target: 'add-address' },
      },
      {
        title: 'Keep it in a file',
        why: 'Optional, complete, and read again on each change.',
        evidence: { text: 'pitwall.yaml', href: '/ledger' },
        next: { label: 'Copy', kind: 'copy', target: 'npm start -- --config pitwall.yaml' },
      },
      {
        title: 'See a busy board first',
        why: 'A shop whose faults come and go, kept apart.',
        evidence: null,
        next: { label: 'Copy', kind: 'copy', target: 'npm start -- --demo' },
      },
    ],
    fastEnough: {
      line: 'only Pitwall so far',
      rows: ['Pitwall’s page', 'Pitwall’s store'].map((title, i) => ({
        ...fastRow(i + 1, title, 3 - i, null),
        serviceId: 'pitwall',
        spark: [...Array.from({ length: 45 }, () => null), 3_100, 2_800, 3_000],
        figureName: 'slowest' as const,
        figureUs: 3_000 - i * 1_000,
        sampledCount: 3,
        failCount: 0,
        tellingCount: 3,
      })),
      fills: [
        { label: 'Your pages', text: 'with the first address you watch', next: null },
        { label: 'p95', text: 'after 20 results of a check, ≈ 10 min', next: null },
        { label: 'What is normal', text: 'after 24 h, by hour of week after 14 d', next: null },
      ],
    },
  };
}

function busyServices(nowMs: number, troubled: boolean): Board['upNow']['groups'] {
  const s = (id: string, word: string, trouble: Trouble, ratio: number, bad?: Status) =>
    service(nowMs, id, id, troubled && bad ? bad : 'up', troubled || !bad ? word : 'Up 28 d', { trouble, ratio });
  return [
    {
      title: 'Selling',
      services: [
        s('storefront', 'Up 32 d', { 21: 'g', 57: 'd' }, 0.9998),
        s('checkout', 'Up 57 d', { 32: 'g' }, 0.9999),
      ],
    },
    {
      title: 'Answering',
      services: [
        s('chatwoot-web', 'Up 6 d', { 12: 'g', 13: 'g', 83: 'd' }, 0.9991),
        s(
          'chatwoot-worker',
          'Down 28 min, since 09:14',
          { 12: 'g', 40: 'd', 83: 'd', 86: 'g', 89: troubled ? 'd' : 'g' },
          0.9942,
          'down',
        ),
        s('shop-agent-service', 'Up 2 d', { 70: 'g', 87: 'd' }, 0.9987),
        s('shop-rag-mcp', 'Up, asleep until asked', { 44: 'n', 45: 'n', 66: 'g' }, 0.9995),
      ],
    },
    {
      title: 'Running',
      services: [
        s(
          'shop-admin-app',
          'Slow 22 min, since 09:20',
          { 18: 'g', 30: 'm', 61: 'g', 62: 'g', 85: 'd', 89: 'g' },
          0.9971,
          'degraded',
        ),
        s('postgres', 'Up 41 d', { 30: 'm', 48: 'g' }, 0.9999),
        s('redis', 'Upgrade until 10:15', { 48: 'g', 89: 'm' }, 0.9999, 'maintenance'),
      ],
    },
    {
      title: 'From others',
      services: [
        s('shopify', 'Admin API slow, since 09:05', { 18: 'g', 61: 'g', 89: 'g' }, 0.9993, 'degraded'),
        s('google-analytics', 'Unknown since 07:31', { 73: 'n', 79: 'n', 80: 'n', 88: 'n', 89: 'n' }, 0.972, 'unknown'),
        s('openai', 'Up 3 d', { 9: 'g', 35: 'g', 52: 'd', 86: 'g' }, 0.998),
      ],
    },
  ];
}

const fast = (troubled: boolean) => [
  fastRow(1, 'Storefront page', 620, 1500),
  fastRow(2, 'Checkout', 410, 800),
  fastRow(3, 'Staff tiles', 520, 800, troubled ? 'degraded' : 'up'),
  fastRow(4, 'Approval queue', 6100, 30_000),
  fastRow(5, 'Product answers', 380, 500),
];

export function healthyBoard(nowMs: number): Board {
  return {
    ...firstRunBoard(nowMs),
    firstRun: false,
    proposals: [],
    verdict: {
      parts: [{ text: 'Everything works.', status: null }],
      facts: [
        {
          label: 'What was checked',
          strong: '12 services, 214 checks a minute',
          rest: ', none late',
          detail: 'Newest result 4 s ago',
        },
        {
          label: 'Since',
          strong: '8 Nov 02:51 UTC',
          detail: '4 d;',
          evidence: { text: 'Shopify was slow before', href: '/services/shopify' },
        },
        { label: 'What it costs', strong: 'Nothing' },
        { label: 'Who has it', strong: 'Manager', detail: 'told by 1 channel' },
      ],
      next: { label: 'None needed', kind: 'none', target: '' },
    },
    abilities: [
      'Browsing works',
      'Orders work',
      'Chat replies work',
      'Staff tiles work',
      'Stock and shipping work',
      'Sales figures are fresh',
    ].map((title, i) => ({
      title,
      status: 'up' as const,
      detail: i === 0 ? 'first page in 0.58 s' : 'newest 4 min ago',
      serviceId: 'storefront',
    })),
    upNow: { line: '12 of 12 up', groups: busyServices(nowMs, false) },
    whatNext: firstRunBoard(nowMs).whatNext.slice(2),
    fastEnough: {
      line: '5 of 5',
      rows: fast(false),
      fills: [{ label: 'What is normal', text: 'after 24 h, by hour of week after 14 d', next: null }],
    },
  };
}

export function troubleBoard(nowMs: number): Board {
  return {
    ...healthyBoard(nowMs),
    demo: true,
    proposals: proposals.slice(0, 5),
    verdict: {
      parts: [
        { text: 'Orders work.', status: null },
        { text: 'Chat replies have stopped.', status: 'down' },
      ],
      facts: [
        {
          label: 'What is affected',
          strong: '37 customer messages wait',
          rest: ' for an answer',
          detail: 'Browsing, ordering and paying are not touched',
        },
        { label: 'Since', strong: '09:14 UTC', detail: '28 min; seen by us after 40 s' },
        {
          label: 'What it costs',
          strong: '≈ $62 an hour',
          evidence: { text: 'chat-led orders, 4 wk', href: '/services/chatwoot-worker' },
        },
        { label: 'Who has it', strong: 'Manager', detail: 'told at 09:15 UTC by 1 channel' },
      ],
      next: { label: 'Open Chatwoot worker', kind: 'open', target: '/services/chatwoot-worker' },
    },
    abilities: [
      { title: 'Browsing works', status: 'up', detail: 'first page in 0.62 s', serviceId: 'storefront' },
      { title: 'Orders work', status: 'up', detail: 'last 3 min ago, 11 this hour', serviceId: 'checkout' },
      { title: 'Chat replies stopped', status: 'down', detail: '37 wait, oldest 28 min', serviceId: 'chatwoot-worker' },
      {
        title: 'Staff tiles are slow',
        status: 'degraded',
        detail: '1.24 s, Shopify is slow too',
        serviceId: 'shop-admin-app',
      },
      { title: 'Stock and shipping work', status: 'up', detail: 'synced 4 min ago', serviceId: 'redis' },
      {
        title: 'Sales figures unknown',
        status: 'unknown',
        detail: 'quota back 00:00 UTC',
        serviceId: 'google-analytics',
      },
    ],
    upNow: { line: '7 of 12 up, 1 down, 2 slow, 1 unknown, 1 in maintenance', groups: busyServices(nowMs, true) },
    whatNext: [
      {
        title: 'See why the chat worker is down',
        why: 'Saves ≈ $62 an hour.',
        evidence: { text: '5 kills at 512 MB', href: '/services/chatwoot-worker' },
        next: { label: 'Open', kind: 'open', target: '/services/chatwoot-worker' },
      },
      ...firstRunBoard(nowMs).whatNext.slice(1, 4),
    ],
    fastEnough: { line: '4 of 5', rows: fast(true), fills: [] },
  };
}

export function emptyBoard(nowMs: number): Board {
  return {
    ...firstRunBoard(nowMs),
    proposals: [],
    leftAlone: [],
    whatNext: [],
    upNow: { line: 'nothing yet', groups: [] },
    fastEnough: { line: 'nothing yet', rows: [], fills: firstRunBoard(nowMs).fastEnough.fills },
    safeToLose: { line: '0 of 5 known', rows: [] },
    banners: [
      {
        tone: 'down',
        text: 'The disk is full since 09:31 UTC. Checks run and people are told; results are no longer kept.',
        next: { label: 'Copy', kind: 'copy', target: './pitwall system get' },
      },
    ],
  };
}
