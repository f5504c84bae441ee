/** What a Prometheus scrapes of a real Pitwall, judged by promtool; and what the figures mean. */
import assert from 'node:assert/strict';
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { readFile } from 'node:fs/promises';
import path from 'node:path';
import { test } from 'node:test';
import { OnePage } from '../../../testkit/one-page.ts';
import { PitwallProcess } from '../../../testkit/pitwall-process.ts';
import { renderExposition } from '../surfaces/metrics/exposition.ts';
import { type MetricSources, metricFamilies } from './metrics.ts';

async function promtool(text: string): Promise<{ code: number; said: string }> {
  const child = spawn('/usr/bin/promtool', ['check', 'metrics'], { stdio: ['pipe', 'pipe', 'pipe'] });
  let said = '';
  for (const stream of [child.stdout, child.stderr]) stream.on('data', (chunk) => (said += String(chunk)));
  child.stdin.end(text);
  const [code] = (await once(child, 'close')) as [number];
  return { code, said };
}

async function scrape(pitwall: PitwallProcess, place = '/metrics'): Promise<Response> {
  const [token] = (await readFile(path.join(pitwall.dataDir, 'cli.token'), 'utf8')).split('\n');
  return await fetch(pitwall.baseUrl + place, { headers: { authorization: `Bearer ${token}` } });
}

function figureOf(text: string, sample: string): number | undefined {
  const line = text.split('\n').find((one) => one.startsWith(`${sample} `));
  return line === undefined ? undefined : Number(line.slice(sample.length + 1));
}

test('promtool has nothing to say of the metrics, and they say what the page says', async () => {
  await using page = await OnePage.start();
  await using pitwall = await PitwallProcess.start(page.configFile);
  await pitwall.untilStatus('shop', 'up');
  page.status = 503;
  await pitwall.untilStatus('shop', 'down');
  const response = await scrape(pitwall);
  assert.equal(response.headers.get('content-type'), 'text/plain; version=0.0.4; charset=utf-8');
  const text = await response.text();
  assert.deepEqual(await promtool(text), { code: 0, said: '' });

  const shop = 'service="shop",check="page"';
  assert.equal(figureOf(text, `pitwall_check_up{${shop}}`), 0);
  assert.equal(figureOf(text, 'pitwall_service_up{service="shop"}'), 0);
  assert.equal(figureOf(text, `pitwall_check_status{${shop},status="down"}`), 1);
  assert.equal(figureOf(text, `pitwall_check_status{${shop},status="up"}`), 0);
  assert.ok(figureOf(text, `pitwall_check_results_total{${shop},outcome="pass"}`)! >= 1);
  assert.ok(figureOf(text, `pitwall_check_results_total{${shop},outcome="fail"}`)! >= 2);
  assert.ok(figureOf(text, `pitwall_check_last_duration_seconds{${shop}}`)! < 1);
  assert.ok(figureOf(text, `pitwall_check_last_phase_duration_seconds{${shop},phase="wait"}`)! < 1);
  assert.equal(figureOf(text, 'pitwall_checks'), 4, 'the shop, Pitwall, its way out and this host');
  assert.equal(figureOf(text, 'pitwall_store_ok'), 1);
  assert.ok(figureOf(text, 'pitwall_store_last_write_seconds')! > 0);
  assert.ok(figureOf(text, 'pitwall_outbox_pending_messages{channel="owner"}')! >= 0);
  assert.ok(figureOf(text, 'pitwall_missed_slots_total')! >= 0);
  assert.ok(figureOf(text, 'pitwall_prober_event_loop_delay_p99_seconds')! >= 0);
  assert.match(text, /^pitwall_build_info\{version="\d+\.\d+\.\d+"\} 1$/m);
  assert.doesNotMatch(text, /Parts shop|127\.0\.0\.1/, 'no titles, no addresses: labels are ids');

  assert.equal((await scrape(pitwall, '/api/v1/metrics')).status, 200, 'it stands among the operations as well');
  const stranger = await fetch(`${pitwall.baseUrl}/metrics`);
  assert.equal(stranger.status, 401);
});

for (const { why, status, up } of [
  { why: 'of a check that nobody has heard of yet, nothing is guessed', status: 'unknown', up: [] },
  { why: 'a check under maintenance is neither up nor down', status: 'maintenance', up: [] },
  { why: 'degraded counts as up', status: 'degraded', up: [1] },
] as const) {
  test(why, () => {
    const check = { key: 'shop/page', serviceId: 'shop', checkId: 'page', kind: 'http' };
    const live = [{ service: { serviceId: 'shop' }, state: { status }, checks: [{ check, status, last: undefined }] }];
    const families = metricFamilies({
      version: '1.2.3',
      startedAtMs: 0,
      live: live as unknown as MetricSources['live'],
      resultsOf: () => undefined,
      prober: { checks: 1, checksPerMinute: 2, late: 0, missed: 0, eventLoopDelayP99Ms: 0, restarts: 0 },
      store: { lastWriteMs: null, liveBytes: 0, ok: true },
      freeBytes: 0,
      channels: [],
    });
    const samplesOf = (name: string) => families.find((family) => family.name === `pitwall_${name}`)!.samples;
    for (const name of ['check_up', 'service_up']) {
      assert.deepEqual(
        samplesOf(name).map(({ value }) => value),
        up,
      );
    }
    const set = samplesOf('check_status').filter(({ value }) => value === 1);
    assert.deepEqual(
      set.map(({ labels }) => labels?.status),
      [status],
    );
    assert.deepEqual(samplesOf('check_last_duration_seconds'), []);
    assert.deepEqual(samplesOf('store_last_write_seconds'), []);
  });
}

test('a label holds what it holds, and a family without samples is left out', async () => {
  const labels = { channel: 'a "b" \\ c\nd' };
  const text = renderExposition([
    { name: 'pitwall_x', type: 'gauge', help: 'Back\\slash\nand line.', samples: [{ labels, value: 1.5 }] },
    { name: 'pitwall_empty', type: 'gauge', help: 'None.', samples: [] },
  ]);
  assert.equal(
    text,
    '# HELP pitwall_x Back\\\\slash\\nand line.\n# TYPE pitwall_x gauge\npitwall_x{channel="a \\"b\\" \\\\ c\\nd"} 1.5\n',
  );
  assert.deepEqual(await promtool(text), { code: 0, said: '' });
});
