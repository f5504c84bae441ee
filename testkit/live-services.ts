/** Services as the board meets them, so that a test of a decision says only what matters to it. */
import type { ServiceView } from '../contract/src/views.ts';
import type { Cause } from '../server/src/capabilities/board/causes.ts';
import type { LiveCheck, LiveService } from '../server/src/capabilities/recording/api.ts';

/** Tue 14 Oct 2025, 09:42 UTC. */
export const boardNowMs = Date.UTC(2025, 9, 14, 9, 42);
const minuteMs = 60_000;

export type ShownService = ServiceView & {
  readonly ability: string | undefined;
  readonly checks: number;
  readonly causes: readonly Cause[];
};

export function shownService(more: Partial<ShownService> = {}): ShownService {
  return {
    serviceId: 'shop',
    title: 'Parts shop',
    tile: null,
    criticality: 'P1',
    facesCustomers: true,
    origin: 'config',
    status: 'up',
    sinceMs: boardNowMs - 28 * minuteMs,
    word: 'Up 28 min',
    sentence: 'Everything asked for is there',
    summary: 'page 200 in 14 ms',
    strip: { firstDayMs: 0, days: '', trouble: [] },
    uptime: {
      fromMs: 0,
      toMs: boardNowMs,
      upMs: 99 * minuteMs,
      degradedMs: 0,
      downMs: 1 * minuteMs,
      unknownMs: 0,
      maintenanceMs: 0,
      ratio: 0.99,
      unknownRatio: 0,
    },
    ability: undefined,
    checks: 1,
    causes: [],
    ...more,
  };
}

export const builtIn = (serviceId: string, title: string, more: Partial<ShownService> = {}): ShownService =>
  shownService({ serviceId, title, origin: 'built-in', facesCustomers: false, criticality: 'P2', ...more });

export const downService = (more: Partial<ShownService> = {}): ShownService =>
  shownService({
    status: 'down',
    word: 'Down 28 min, since 09:14\u00a0UTC',
    sentence: 'Answered 502, expected 200',
    ...more,
  });

interface LiveOptions {
  readonly service?: Partial<LiveService['service']>;
  readonly state?: Partial<LiveService['state']>;
  readonly checks?: readonly Partial<LiveCheck['check'] & Pick<LiveCheck, 'status' | 'seriesId'>>[];
}

export function liveService({ service = {}, state = {}, checks = [{}] }: LiveOptions = {}): LiveService {
  const serviceId = service.serviceId ?? 'shop';
  return {
    service: {
      serviceId,
      title: 'Parts shop',
      tile: undefined,
      criticality: 'P1',
      facesCustomers: true,
      dependsOn: [],
      origin: 'config',
      ability: undefined,
      checks: [],
      ...service,
    },
    state: {
      status: 'up',
      sinceMs: boardNowMs - 28 * minuteMs,
      lastKnown: 'up',
      reason: 'recovered',
      evidence: {},
      ...state,
    },
    checks: checks.map(({ status = 'up', seriesId = 1, ...check }, i) => ({
      check: {
        key: `${serviceId}/check-${i}`,
        serviceId,
        checkId: `check-${i}`,
        title: `Check ${i}`,
        kind: 'http',
        intervalMs: 30_000,
        timeoutMs: 5_000,
        retries: 2,
        downAfter: 2,
        upAfter: 2,
        spec: {},
        shownSpec: {},
        secrets: [],
        missing: [],
        ...check,
      },
      seriesId,
      watchedSinceMs: boardNowMs - 30 * 86_400_000,
      status,
      sinceMs: boardNowMs - 28 * minuteMs,
      change: undefined,
      last: undefined,
    })),
  };
}
