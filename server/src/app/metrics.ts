/** What Pitwall knows, as metrics. Labels are ids from the configuration and closed lists, never text from outside. */
import { type Outcome, outcomes, type Status, statuses } from '../../../contract/src/vocabulary.ts';
import type { BoardSources } from '../capabilities/board/api.ts';
import { phasesOf } from '../capabilities/history/api.ts';
import type { LiveCheck, LiveService } from '../capabilities/recording/api.ts';
import type { MetricFamily, Sample } from '../surfaces/metrics/exposition.ts';

export interface MetricSources {
  readonly version: string;
  readonly startedAtMs: number;
  readonly live: readonly LiveService[];
  readonly resultsOf: (checkKey: string) => Readonly<Record<Outcome, number>> | undefined;
  readonly prober: ReturnType<BoardSources['prober']>;
  readonly store: { readonly lastWriteMs: number | null; readonly liveBytes: number; readonly ok: boolean };
  readonly freeBytes: number;
  readonly channels: readonly { readonly channelId: string; readonly pending: number }[];
}

export function metricFamilies(sources: MetricSources): MetricFamily[] {
  const { live } = sources;
  const checks = live.flatMap((service) => service.checks);
  return [...ownFamilies(sources), ...serviceFamilies(live), ...checkFamilies(checks, sources.resultsOf)];
}

function gauge(name: string, help: string, samples: readonly Sample[]): MetricFamily {
  return { name: `pitwall_${name}`, type: 'gauge', help, samples };
}

function counter(name: string, help: string, samples: readonly Sample[]): MetricFamily {
  return { name: `pitwall_${name}_total`, type: 'counter', help, samples };
}

function ownFamilies({ version, startedAtMs, prober, store, freeBytes, channels }: MetricSources): MetricFamily[] {
  const one = (value: number): Sample[] => [{ value }];
  const writeMs = store.lastWriteMs;
  return [
    gauge('build_info', 'The version that runs; the value is always 1.', [{ labels: { version }, value: 1 }]),
    gauge('start_time_seconds', 'When Pitwall started, since 1970.', one(startedAtMs / 1_000)),
    gauge('checks', 'Checks that are watched.', one(prober.checks)),
    counter('late_checks', 'Checks begun 20 ms or more after their slot, since the prober started.', one(prober.late)),
    counter('missed_slots', 'Slots in which no check could run, since the prober started.', one(prober.missed)),
    counter('prober_restarts', 'How often the prober died and was replaced.', one(prober.restarts)),
    gauge(
      'prober_event_loop_delay_p99_seconds',
      'By how much the thread that runs the checks is late itself, 99th percentile.',
      one(prober.eventLoopDelayP99Ms / 1_000),
    ),
    gauge('store_ok', '1 while everything can be stored.', one(store.ok ? 1 : 0)),
    gauge('store_last_write_seconds', 'How long the newest commit took.', writeMs === null ? [] : one(writeMs / 1_000)),
    gauge('store_size_bytes', 'What is stored, without free pages.', one(store.liveBytes)),
    gauge('disk_free_bytes', 'Room left where the data folder is.', one(freeBytes)),
    gauge(
      'outbox_pending_messages',
      'Messages that wait for their channel.',
      channels.map(({ channelId, pending }) => ({ labels: { channel: channelId }, value: pending })),
    ),
  ];
}

function serviceFamilies(live: readonly LiveService[]): MetricFamily[] {
  const labelsOf = ({ service }: LiveService) => ({ service: service.serviceId });
  return [
    gauge(
      'service_up',
      upHelp('service'),
      live.flatMap((one) => upSample(labelsOf(one), one.state.status)),
    ),
    gauge(
      'service_status',
      statusHelp('service'),
      live.flatMap((one) => statusSet(labelsOf(one), one.state.status)),
    ),
  ];
}

function checkFamilies(checks: readonly LiveCheck[], resultsOf: MetricSources['resultsOf']): MetricFamily[] {
  const labelsOf = ({ check }: LiveCheck) => ({ service: check.serviceId, check: check.checkId });
  const each = (samples: (check: LiveCheck, labels: Record<string, string>) => Sample[]) =>
    checks.flatMap((check) => samples(check, labelsOf(check)));
  return [
    gauge(
      'check_info',
      'The kind of a check; the value is always 1.',
      each(({ check }, labels) => [{ labels: { ...labels, kind: check.kind }, value: 1 }]),
    ),
    gauge(
      'check_up',
      upHelp('check'),
      each(({ status }, labels) => upSample(labels, status)),
    ),
    gauge(
      'check_status',
      statusHelp('check'),
      each(({ status }, labels) => statusSet(labels, status)),
    ),
    gauge(
      'check_last_slot_timestamp_seconds',
      'When the newest result was due, since 1970.',
      each(({ last }, labels) => (last === undefined ? [] : [{ labels, value: last.slotMs / 1_000 }])),
    ),
    gauge(
      'check_last_duration_seconds',
      'How long the newest result took in all.',
      each(({ last }, labels) => {
        const totalUs = last?.values[0] ?? -1;
        return totalUs < 0 ? [] : [{ labels, value: totalUs / 1_000_000 }];
      }),
    ),
    gauge(
      'check_last_phase_duration_seconds',
      'How long each phase of the newest result took; a phase that did not happen is absent.',
      each(({ last }, labels) => phaseSamples(labels, last?.values ?? [])),
    ),
    counter(
      'check_results',
      'Results since the start, by outcome.',
      each(({ check }, labels) => {
        const counts = resultsOf(check.key);
        return counts === undefined
          ? []
          : outcomes.map((outcome) => ({ labels: { ...labels, outcome }, value: counts[outcome] }));
      }),
    ),
  ];
}

function upHelp(what: string): string {
  return `1 while the ${what} is up or degraded, 0 while it is down; absent while nobody knows, and under maintenance.`;
}

function statusHelp(what: string): string {
  return `1 for the status that the ${what} has, 0 for the others.`;
}

function upSample(labels: Record<string, string>, status: Status): Sample[] {
  if (status === 'unknown' || status === 'maintenance') return [];
  return [{ labels, value: status === 'down' ? 0 : 1 }];
}

function statusSet(labels: Record<string, string>, is: Status): Sample[] {
  return statuses.map((status) => ({ labels: { ...labels, status }, value: status === is ? 1 : 0 }));
}

function phaseSamples(labels: Record<string, string>, values: readonly number[]): Sample[] {
  return Object.entries(phasesOf(values)).map(([name, us]) => ({
    labels: { ...labels, phase: name.replace(/Us$/, '') },
    value: Number(us) / 1_000_000,
  }));
}
