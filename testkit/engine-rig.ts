/** The prober's engine under a clock of ours, with a kind that does as it is told, and its results as people read them. */
import type { CheckKind, ProbeResult } from '../server/src/capabilities/checks/kind.ts';
import { ProbeEngine } from '../server/src/capabilities/prober/engine.ts';
import type { ProberEvent } from '../server/src/capabilities/prober/results.ts';
import { Timeline } from '../server/src/capabilities/prober/timeline.ts';
import type { WatchedCheck } from '../server/src/capabilities/services/api.ts';
import { decodePointCode, type PointMeaning } from '../server/src/core/point-code.ts';
import { openNetwork } from './probe-once.ts';
import { SteppedClock } from './stepped-clock.ts';

export interface Row extends PointMeaning {
  readonly key: string;
  readonly slotMs: number;
  readonly code: number;
  readonly totalUs: number;
}

/** What one attempt does: how long it takes, and what it comes to. `never` does not even heed its deadline. */
export type Attempted =
  | { readonly takesMs: number; readonly outcome: 'pass' | 'fail' | 'degraded' }
  | 'hang'
  | 'never'
  | 'throw';
export type Plan = (key: string, attempt: number) => Attempted;

export const startMs = Date.UTC(2026, 3, 14, 9, 0, 0);

export class EngineRig {
  readonly clock = new SteppedClock(startMs);
  readonly rows: Row[] = [];
  readonly events: ProberEvent[] = [];
  /** When each attempt began, on the monotonic clock, with its key. */
  readonly begun: { readonly key: string; readonly atMs: number }[] = [];
  running = 0;
  mostRunning = 0;
  readonly engine: ProbeEngine;
  readonly #attempts = new Map<string, number>();

  constructor(plan: Plan, concurrency = 100) {
    const kind: CheckKind = {
      ...{ kind: 'planned', title: 'As planned', secretPaths: [], describe: () => '' },
      schema: undefined as never,
      probe: (spec, context) => {
        const key = spec as string;
        const attempt = (this.#attempts.get(key) ?? 0) + 1;
        this.#attempts.set(key, attempt);
        this.begun.push({ key, atMs: startMs + this.clock.monotonicUs() / 1_000 });
        this.running += 1;
        this.mostRunning = Math.max(this.mostRunning, this.running);
        const planned = plan(key, attempt);
        if (planned === 'throw') throw Object.assign(new Error('never shown'), { code: 'E_PLANNED' });
        const startUs = this.clock.monotonicUs();
        return new Promise((resolve) => {
          const end = (outcome: 'pass' | 'fail' | 'degraded', reason: ProbeResult['reason']) => {
            this.running -= 1;
            const totalUs = this.clock.monotonicUs() - startUs;
            const evidence = outcome === 'pass' ? {} : { evidence: { facts: { doing: 'waiting', timeoutMs: 1 } } };
            resolve({ outcome, reason, phases: {}, totalUs, observed: {}, ...evidence });
          };
          if (planned === 'never') return;
          context.onDeadline(() => end('fail', 'timeout'));
          if (planned === 'hang') return;
          const reason = planned.outcome === 'pass' ? 'expectations-met' : 'wrong-status';
          this.clock.setTimer(() => end(planned.outcome, reason), planned.takesMs);
        });
      },
    };
    this.engine = new ProbeEngine({
      clock: this.clock,
      network: openNetwork,
      timeline: new Timeline(startMs, 0),
      kindNamed: () => kind,
      concurrency,
      onEvent: (event) => this.events.push(event),
      onBatch: ({ ids, slotMs, codes, values }) => {
        for (const [row, id] of ids.entries()) {
          const code = codes[row]!;
          const named = { key: this.#keys[id]!, slotMs: slotMs[row]!, code, totalUs: values[row * 6]! };
          this.rows.push({ ...named, ...decodePointCode(code) });
        }
      },
    });
  }

  #keys: string[] = [];

  watch(checks: readonly WatchedCheck[], isDown = false): void {
    for (const { key } of checks) if (!this.#keys.includes(key)) this.#keys.push(key);
    this.engine.setChecks(checks.map((check) => ({ id: this.#keys.indexOf(check.key), check, isDown })));
  }

  of(key: string): Row[] {
    return this.rows.filter((row) => row.key === key);
  }
}

export function plannedCheck(key: string, more: Partial<WatchedCheck> = {}): WatchedCheck {
  const [serviceId = '', checkId = ''] = key.split('/');
  return {
    ...{ key, serviceId, checkId, title: key, kind: 'planned', intervalMs: 10_000, timeoutMs: 2_000, retries: 0 },
    ...{ downAfter: 1, upAfter: 1, spec: key, shownSpec: key, secrets: [], missing: [] },
    ...more,
  };
}
