/**
 * What is remembered of a job that reports to us: enough to judge it at any instant, however many reports came. Pure.
 *
 * A report is dated by our clock when it arrives. Runs are told apart by the run id that a job may send; reports without
 * one belong together as one nameless run.
 */

/** `success`, `fail`: a run ended; `start`: one began; `log`: a word on the way, which changes nothing. */
type JobSignal = 'success' | 'fail' | 'start' | 'log';

export interface JobReport {
  readonly signal: JobSignal;
  readonly atMs: number;
  readonly runId: string | undefined;
  /** What the job ended with, where it said. */
  readonly exitCode: number | undefined;
}

export interface OpenRun {
  readonly runId: string | undefined;
  readonly startedAtMs: number;
}

export interface EndedRun {
  readonly atMs: number;
  readonly ok: boolean;
  readonly exitCode: number | undefined;
  /** From its start, where it had told of it. */
  readonly durationMs: number | undefined;
}

export interface JobRecord {
  /** Begun and not ended, oldest first. */
  readonly open: readonly OpenRun[];
  /** The newest run that ended, well or not. */
  readonly ended: EndedRun | undefined;
  readonly lastSuccessAtMs: number | undefined;
  /** The newest start or end of a run. */
  readonly lastReportAtMs: number | undefined;
}

export const emptyJobRecord: JobRecord = {
  open: [],
  ended: undefined,
  lastSuccessAtMs: undefined,
  lastReportAtMs: undefined,
};

/** A job that starts and never ends must not fill the record. */
const mostOpenRuns = 20;

/** Takes in one report. */
export function takeReport(record: JobRecord, report: JobReport): JobRecord {
  const { signal, atMs, runId } = report;
  if (signal === 'log') return record;
  const lastReportAtMs = Math.max(atMs, record.lastReportAtMs ?? atMs);
  if (signal === 'start') {
    // The same run telling again that it starts has begun anew.
    const others = record.open.filter((run) => run.runId !== runId);
    return { ...record, lastReportAtMs, open: [...others, { runId, startedAtMs: atMs }].slice(-mostOpenRuns) };
  }
  const started = record.open.find((run) => run.runId === runId);
  const ok = signal === 'success';
  const durationMs = started === undefined ? undefined : Math.max(0, atMs - started.startedAtMs);
  return {
    open: record.open.filter((run) => run !== started),
    ended: { atMs, ok, exitCode: report.exitCode, durationMs },
    lastSuccessAtMs: ok ? atMs : record.lastSuccessAtMs,
    lastReportAtMs,
  };
}
