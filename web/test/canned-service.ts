/** Canned answers of the service page, the ledger and who is told. */
import { type Input, noise, type Output, service } from './canned.ts';

const minute = 60_000;
type ServicePage = Output<'services.get'>;
type Check = ServicePage['checks'][number];

export function check(nowMs: number, checkId: string, title: string, more: Partial<Check> = {}): Check {
  return {
    key: `shop-admin-app/${checkId}`,
    checkId,
    title,
    kind: 'http',
    judged: false,
    intervalMs: 30_000,
    timeoutMs: 10_000,
    status: 'up',
    sinceMs: nowMs - 9 * 86_400_000,
    statusSentence: 'Everything asked for was there',
    lastResult: {
      slotMs: nowMs - 8_000,
      outcome: 'pass',
      reason: 'expectations-met',
      sentence: 'Everything asked for was there',
      totalUs: 190_000,
      phases: { dnsUs: 900, connectUs: 20_000, tlsUs: 41_000, waitUs: 112_000, transferUs: 16_100 },
      attempts: 1,
      suspect: false,
      observed: { status: 200 },
      summary: 'page 200 in 190 ms',
    },
    nextSlotMs: nowMs + 22_000,
    shownSpec: {},
    limitMs: 800,
    last24h: { count: 2880, p50Us: 370_000, p95Us: 520_000, maxUs: 1_400_000, failCount: 4, tellingCount: 2880 },
    ...more,
  };
}

export function servicePage(nowMs: number): ServicePage {
  const slow = {
    status: 'degraded' as const,
    statusSentence: '3 results in a row were degraded: total took 1240 ms, limit 800 ms',
    last24h: { count: 2880, p50Us: 420_000, p95Us: 1_240_000, maxUs: 1_400_000, failCount: 16, tellingCount: 2880 },
  };
  const change = (
    id: number,
    ago: number,
    from: 'up' | 'degraded' | 'down',
    to: 'up' | 'degraded' | 'down',
    sentence: string,
  ) => ({
    id,
    subject: 'shop-admin-app',
    subjectKind: 'service' as const,
    from,
    to,
    reason: 'worst-check',
    sentence,
    effectiveAtMs: nowMs - ago * minute,
    decidedAtMs: nowMs - ago * minute + 90_000,
    evidence: {},
  });
  return {
    atMs: nowMs,
    service: service(nowMs, 'shop-admin-app', 'shop-admin-app', 'degraded', 'Slow 22 min, since 09:20', {
      origin: 'page',
    }),
    whatNext: [
      {
        title: 'See what came back',
        why: 'Page, live data: total took 1240 ms, limit 800 ms, since 09:20 UTC.',
        evidence: null,
        next: { label: 'Show', kind: 'focus', target: 'evidence' },
      },
      {
        title: 'Mend it, then ask again',
        why: 'It counts as up after 2 good results, within 1 min.',
        evidence: null,
        next: {
          label: 'Run now',
          kind: 'call',
          target: 'checks.run',
          input: { serviceId: 'shop-admin-app', checkId: 'page' },
        },
      },
    ],
    verdict: {
      parts: [
        { text: 'Staff tiles are slow:', status: null },
        { text: '1.24 s, limit 0.80 s', status: 'degraded' },
      ],
      facts: [
        {
          label: 'Why',
          strong: 'It answers slowly',
          rest: ': 0.81 s of the 1.24 s is waiting for it',
          detail: 'Page, live data: total took 1240 ms, limit 800 ms',
        },
        { label: 'Since', strong: '09:20 UTC', detail: '22 min; 1 min 30 s to be sure' },
        { label: 'What it costs', strong: 'Not known', detail: 'it has no figure for it yet' },
        { label: 'Who has it', strong: 'Manager', detail: 'told at 09:22 UTC' },
      ],
      next: {
        label: 'Run it now',
        kind: 'call',
        target: 'checks.run',
        input: { serviceId: 'shop-admin-app', checkId: 'page' },
      },
    },
    checks: [
      check(nowMs, 'page', 'Staff page, live data', slow),
      check(nowMs, 'sample', 'Staff page, sample data', { limitMs: 300, intervalMs: 60_000 }),
      check(nowMs, 'port', 'Its port', {
        kind: 'tcp',
        limitMs: null,
        last24h: { count: 12, p50Us: 700, p95Us: null, maxUs: 900, failCount: 0, tellingCount: 12 },
      }),
      check(nowMs, 'sales', 'Sales tile has figures', {
        status: 'unknown',
        statusSentence: 'Not configured: ANALYTICS_KEY is not set',
        lastResult: null,
        limitMs: null,
        last24h: { count: 0, p50Us: null, p95Us: null, maxUs: null, failCount: 0, tellingCount: 0 },
      }),
    ],
    dependencies: {
      usedBy: [{ serviceId: 'shop-staff', title: 'Shop staff', status: 'up' }],
      dependsOn: [
        { serviceId: 'shopify', title: 'Shopify', status: 'degraded' },
        { serviceId: 'postgres', title: 'Postgres', status: 'up' },
        { serviceId: 'google-analytics', title: 'Google Analytics', status: 'unknown' },
      ],
    },
    transitions: [
      change(9, 22, 'up', 'degraded', 'Staff page, live data is slow: total took 1240 ms, limit 800 ms'),
      change(8, 140, 'down', 'up', 'Answers again'),
      change(7, 147, 'up', 'down', '3 failures in a row: Answered 502, expected 200'),
      change(6, 3_000, 'degraded', 'up', 'Answers again'),
      change(5, 3_030, 'up', 'degraded', 'Staff page, live data is slow: total took 910 ms, limit 800 ms'),
      change(4, 9_000, 'unknown' as 'up', 'up', 'First result'),
    ],
    removable: true,
  };
}

export function series(input: Input<'series.read'>, nowMs: number): Output<'series.read'> {
  const fromMs = Number(input.fromMs);
  const toMs = Number(input.toMs);
  const count = Number(input.buckets ?? 180);
  const bucketMs = (toMs - fromMs) / count;
  const raw = bucketMs < 3_600_000;
  const next = noise(7);
  const startMs = Array.from({ length: count }, (_, i) => fromMs + i * bucketMs);
  const rise = (at: number) => (at > nowMs - 34 * minute ? Math.min(1, (at - nowMs + 34 * minute) / (12 * minute)) : 0);
  const fails = (at: number) => at > nowMs - 148 * minute && at < nowMs - 140 * minute;
  const network = startMs.map(() => 50_000 + next() * 12_000);
  const wait = startMs.map((at) => 270_000 + next() * 60_000 + rise(at) * 760_000);
  const read = startMs.map(() => 20_000 + next() * 9_000);
  const future = (at: number) => at > nowMs;
  const column = (f: (i: number, at: number) => number) =>
    startMs.map((at, i) => (future(at) || (fails(at) && i % 2 === 0) ? null : Math.round(f(i, at))));
  const total = (i: number) => network[i]! + wait[i]! + read[i]!;
  return {
    resolution: raw ? 'raw' : bucketMs < 86_400_000 ? 'hour' : 'day',
    bucketMs,
    startMs,
    count: startMs.map((at) => (future(at) ? 0 : Math.max(1, Math.round(bucketMs / 30_000)))),
    failCount: startMs.map((at) => (fails(at) ? 3 : next() > 0.97 && !future(at) ? 1 : 0)),
    unknownCount: startMs.map((_, i) => (i === 30 ? 2 : 0)),
    p50Us: column((i) => total(i) * 0.95),
    p95Us: column((i) => total(i) * 1.12),
    maxUs: column((i) => total(i) * 1.4),
    phases: raw
      ? {
          dnsUs: column(() => 900),
          connectUs: column((i) => network[i]! * 0.4),
          tlsUs: column((i) => network[i]! * 0.6),
          waitUs: column((i) => wait[i]!),
          transferUs: column((i) => read[i]!),
        }
      : null,
    statuses: [
      { fromMs, toMs: nowMs - 147 * minute, status: 'up' as const, sentence: 'Everything asked for was there' },
      {
        fromMs: nowMs - 147 * minute,
        toMs: nowMs - 140 * minute,
        status: 'down' as const,
        sentence: '3 failures in a row: Answered 502, expected 200',
      },
      { fromMs: nowMs - 140 * minute, toMs: nowMs - 22 * minute, status: 'up' as const, sentence: 'Answers again' },
      {
        fromMs: nowMs - 22 * minute,
        toMs: nowMs,
        status: 'degraded' as const,
        sentence: 'Total took 1240 ms, limit 800 ms',
      },
    ].filter((one) => one.toMs > fromMs),
  };
}

/** Of every twenty slots the fourth failed; nine of the newest were slow. */
export function results(input: Input<'results.list'>, nowMs: number): Output<'results.list'> {
  const { outcome } = input;
  const before = Number(input.beforeMs ?? Math.floor(nowMs / 30_000) * 30_000 + 1);
  const first = Math.floor((before - 1) / 30_000);
  const newestSlot = Math.floor(nowMs / 30_000);
  const all = Array.from({ length: 400 }, (_, i) => resultAt(first - i, newestSlot - first + i));
  const found = all.filter((one) => outcome === undefined || one.outcome === outcome);
  const limit = Number(input.limit ?? 20);
  const shown = outcome === 'unknown' ? [] : found.slice(0, limit);
  return { results: shown, nextBeforeMs: shown.length < limit ? null : shown.at(-1)!.slotMs };
}

function resultAt(slot: number, age: number): Output<'results.list'>['results'][number] {
  const failed = age % 20 === 3;
  const slow = !failed && age < 9;
  return {
    slotMs: slot * 30_000,
    outcome: failed ? 'fail' : slow ? 'degraded' : 'pass',
    reason: failed ? 'wrong-status' : slow ? 'too-slow' : 'expectations-met',
    sentence: failed
      ? 'Answered 502, expected 200'
      : slow
        ? 'total took 1240 ms, limit 800 ms'
        : 'Everything asked for was there',
    totalUs: failed ? null : slow ? 1_240_000 : 410_000,
    phases: { dnsUs: 900, connectUs: 20_000, tlsUs: 41_000, waitUs: 1_112_000, transferUs: 16_100 },
    attempts: failed ? 3 : 1,
    suspect: age === 6,
    missed: false,
    sameAsMs: failed && age % 40 !== 3 ? (slot - 20) * 30_000 : null,
    evidence:
      failed && age % 40 === 3
        ? {
            facts: { actual: 502, expected: 200, address: '203.0.113.9:443' },
            statusCode: 502,
            headers: [
              ['content-type', 'text/html'],
              ['server', 'nginx'],
              ['set-cookie', '[redacted]'],
            ],
            body: '<html>\n<head><title>502 Bad Gateway</title></head>\n<body><script>alert(1)</script></body>\n</html>',
          }
        : null,
  };
}

export function ledger(nowMs: number): Output<'ledger.list'> {
  return {
    entries: ['service.created', 'channel.created', 'status.changed', 'proposal.ignored', 'session.created'].map(
      (kind, i) => ({
        id: 4118 - i,
        chain: 'main',
        seq: 4118 - i,
        hash: '9f2c4b8d1e6a7035c2d4e5f60718293a4b5c6d7e8f90a1b2c3d4e5f607182930',
        kind,
        atMs: nowMs - i * 400_000,
        actor: i === 2 ? 'pitwall' : 'manager',
        subject: i === 2 ? 'shop-admin-app/page' : `subject-${i}`,
        body: i === 4 ? null : { address: 'https://shop.example', every: 30_000 },
      }),
    ),
    nextBeforeId: null,
  };
}

export function channels(nowMs: number): Output<'channels.list'> {
  return {
    channels: [
      {
        channelId: 'c1',
        kind: 'webhook',
        origin: 'page',
        target: 'https://chat.example/hooks/…',
        lastDeliveredAtMs: nowMs - 220_000,
        pending: 0,
        lastError: null,
      },
      {
        channelId: 'c2',
        kind: 'webhook',
        origin: 'config',
        target: 'https://pager.example/…',
        lastDeliveredAtMs: null,
        pending: 2,
        lastError: 'Nothing listens at 203.0.113.9:443: connection refused',
      },
    ],
  };
}

export function messages(nowMs: number): Output<'messages.list'> {
  const state = ['pending', 'delivered', 'failed'] as const;
  return {
    messages: state.map((one, i) => ({
      id: 30 - i,
      messageId: `msg_${i}`,
      channelId: i === 0 ? 'c2' : 'c1',
      title: i === 0 ? 'shop-admin-app is slow' : i === 1 ? 'shop-admin-app answers again' : 'shop-admin-app is down',
      state: one,
      attempts: i * 4 + 1,
      possibleRepeat: i === 1,
      lastError: one === 'delivered' ? null : 'connection refused',
      createdAtMs: nowMs - i * 3_600_000,
      finishedAtMs: one === 'pending' ? null : nowMs - i * 3_600_000 + 900,
    })),
    nextBeforeId: null,
  };
}
