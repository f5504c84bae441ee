/** Rows of the everyday tables, for Kysely. Tables of points are the engine's own and not listed here. */
import type { Generated } from 'kysely';

export interface SeriesTable {
  id: Generated<number>;
  kind: 'check' | 'metric';
  key: string;
  unit: string;
  scale: number;
  created_at_ms: number;
}

/** Every change of status of a check (`subject` = `service/check`) or a service (`subject` = its id). */
export interface TransitionTable {
  id: Generated<number>;
  subject: string;
  subject_kind: 'check' | 'service';
  from_status: string;
  to_status: string;
  reason: string;
  effective_at_ms: number;
  decided_at_ms: number;
  /** JSON: the numbers that were compared. */
  evidence: string;
}

/** Slots of a check that count as unknown though its status stayed: suspect, missed or unknown results. */
export interface UnknownCoverTable {
  subject: string;
  from_ms: number;
  to_ms: number;
  reason: string;
}

/** A closed day of a service or check: a cache of what transitions and covers say. */
export interface DayAvailabilityTable {
  day_ms: number;
  subject: string;
  up_ms: number;
  degraded_ms: number;
  down_ms: number;
  unknown_ms: number;
  maintenance_ms: number;
}

export interface EvidenceTable {
  /** SHA-256 of the body, hex. */
  digest: string;
  /** JSON of checks/kind.ts Evidence. */
  body: string;
  created_at_ms: number;
}

/** Which evidence belongs to which result: kept for the first, the last and each changed failure. */
export interface ResultEvidenceTable {
  subject: string;
  slot_ms: number;
  digest: string;
}

export interface LedgerTable {
  chain: string;
  seq: number;
  prev: string;
  hash: string;
  /** JCS JSON: {kind, atMs, actor, subject}. */
  meta: string;
  body_digest: string;
}

export interface LedgerBodyTable {
  digest: string;
  body: string;
}

export interface OutboxTable {
  id: Generated<number>;
  message_id: string;
  channel_id: string;
  /** JSON of contract/webhook-message.ts. */
  payload: string;
  state: 'pending' | 'delivered' | 'failed';
  attempts: number;
  next_attempt_at_ms: number;
  /** Set, in its own commit, before each hand-over; cleared by its definite answer. */
  in_flight_since_ms: number | null;
  /** 1 once an attempt ended without a definite answer. */
  possible_repeat: number;
  last_error: string | null;
  created_at_ms: number;
  finished_at_ms: number | null;
}

/** A job that reports, by its check's key. */
export interface JobTable {
  subject: string;
  /** What its token is made from: the key under which it was first watched, whatever it is called since. */
  token_of: string;
  /** JSON of checks/kinds/heartbeat/job-record.ts. */
  record: string;
}

/** The newest reports of each job. */
export interface JobReportTable {
  id: Generated<number>;
  subject: string;
  at_ms: number;
  signal: 'success' | 'fail' | 'start' | 'log';
  run_id: string | null;
  exit_code: number | null;
  duration_ms: number | null;
  text: string | null;
}

/** Services, channels and decisions on proposals made on the page: one JSON document each, versioned. */
export interface ResourceTable {
  kind: string;
  id: string;
  version: number;
  document: string;
  updated_at_ms: number;
}

/** Small facts about the store itself: generation, first start, clock offset … */
export interface FactTable {
  name: string;
  value: string;
}

export interface Tables {
  series: SeriesTable;
  transition: TransitionTable;
  unknown_cover: UnknownCoverTable;
  day_availability: DayAvailabilityTable;
  evidence: EvidenceTable;
  result_evidence: ResultEvidenceTable;
  ledger: LedgerTable;
  ledger_body: LedgerBodyTable;
  outbox: OutboxTable;
  job: JobTable;
  job_report: JobReportTable;
  resource: ResourceTable;
  fact: FactTable;
}
