/** The first schema that is released. Never edited once released: a change is a new migration. */
export const firstSchema = `
CREATE TABLE series (
  id INTEGER PRIMARY KEY,
  kind TEXT NOT NULL,
  key TEXT NOT NULL,
  unit TEXT NOT NULL,
  scale REAL NOT NULL,
  location TEXT NOT NULL DEFAULT 'local',
  owner_epoch INTEGER NOT NULL DEFAULT 0,
  created_at_ms INTEGER NOT NULL,
  removed_at_ms INTEGER,
  UNIQUE (kind, key)
) STRICT;

-- Blocks of one page each, written over again once their hour is sealed (journal-blocks.ts).
CREATE TABLE journal (slot INTEGER PRIMARY KEY, blob BLOB NOT NULL) STRICT;
-- id = hour × 2^24 + series, so that the blobs of an hour lie together and in order.
CREATE TABLE point (id INTEGER PRIMARY KEY, blob BLOB NOT NULL) STRICT;
CREATE TABLE hour_summary (
  hour INTEGER NOT NULL, series INTEGER NOT NULL,
  count INTEGER NOT NULL, degraded INTEGER NOT NULL, fail INTEGER NOT NULL, unknown INTEGER NOT NULL,
  sampled INTEGER NOT NULL, sum REAL NOT NULL, min INTEGER NOT NULL, max INTEGER NOT NULL,
  PRIMARY KEY (hour, series)
) WITHOUT ROWID, STRICT;
-- Apart from the summaries, so that these stay dense; whole in itself, for who reads one series (sketch-row.ts).
CREATE TABLE hour_sketch (id INTEGER PRIMARY KEY, blob BLOB NOT NULL) STRICT;
CREATE TABLE day_summary (
  day INTEGER NOT NULL, series INTEGER NOT NULL,
  count INTEGER NOT NULL, degraded INTEGER NOT NULL, fail INTEGER NOT NULL, unknown INTEGER NOT NULL,
  sampled INTEGER NOT NULL, sum REAL NOT NULL, min INTEGER NOT NULL, max INTEGER NOT NULL,
  PRIMARY KEY (day, series)
) WITHOUT ROWID, STRICT;
CREATE TABLE day_sketch (id INTEGER PRIMARY KEY, blob BLOB NOT NULL) STRICT;
-- The hour_sketch blobs of a rolled day together, so that a month of one series lies in 30 places.
CREATE TABLE day_hours (id INTEGER PRIMARY KEY, blob BLOB NOT NULL) STRICT;
-- Hours whose sealing has begun: series up to through_series are chunks, the others still in the journal.
CREATE TABLE sealed_hour (hour INTEGER PRIMARY KEY, through_series INTEGER NOT NULL, done INTEGER NOT NULL) STRICT;
CREATE TABLE rolled_day (day INTEGER PRIMARY KEY) STRICT;

CREATE TABLE transition (
  id INTEGER PRIMARY KEY AUTOINCREMENT,
  subject TEXT NOT NULL, subject_kind TEXT NOT NULL,
  from_status TEXT NOT NULL, to_status TEXT NOT NULL, reason TEXT NOT NULL,
  effective_at_ms INTEGER NOT NULL, decided_at_ms INTEGER NOT NULL, evidence TEXT NOT NULL
) STRICT;
CREATE INDEX transition_of_subject ON transition (subject, effective_at_ms);
CREATE INDEX transition_by_time ON transition (effective_at_ms);
CREATE TABLE unknown_cover (
  subject TEXT NOT NULL, from_ms INTEGER NOT NULL, to_ms INTEGER NOT NULL, reason TEXT NOT NULL,
  PRIMARY KEY (subject, from_ms)
) WITHOUT ROWID, STRICT;
CREATE INDEX unknown_cover_by_end ON unknown_cover (to_ms);
CREATE TABLE day_availability (
  day_ms INTEGER NOT NULL, subject TEXT NOT NULL,
  up_ms INTEGER NOT NULL, degraded_ms INTEGER NOT NULL, down_ms INTEGER NOT NULL,
  unknown_ms INTEGER NOT NULL, maintenance_ms INTEGER NOT NULL,
  PRIMARY KEY (subject, day_ms)
) WITHOUT ROWID, STRICT;
CREATE INDEX day_availability_by_day ON day_availability (day_ms);

CREATE TABLE evidence (digest TEXT PRIMARY KEY, body TEXT NOT NULL, created_at_ms INTEGER NOT NULL) STRICT;
CREATE TABLE result_evidence (
  subject TEXT NOT NULL, slot_ms INTEGER NOT NULL, digest TEXT NOT NULL,
  PRIMARY KEY (subject, slot_ms)
) WITHOUT ROWID, STRICT;

CREATE TABLE ledger (
  chain TEXT NOT NULL, seq INTEGER NOT NULL, prev TEXT NOT NULL, hash TEXT NOT NULL,
  meta TEXT NOT NULL, body_digest TEXT NOT NULL,
  PRIMARY KEY (chain, seq)
) WITHOUT ROWID, STRICT;
CREATE TABLE ledger_body (digest TEXT PRIMARY KEY, body TEXT NOT NULL) STRICT;

CREATE TABLE outbox (
  id INTEGER PRIMARY KEY AUTOINCREMENT,
  message_id TEXT NOT NULL, channel_id TEXT NOT NULL, payload TEXT NOT NULL,
  state TEXT NOT NULL, attempts INTEGER NOT NULL, next_attempt_at_ms INTEGER NOT NULL,
  in_flight_since_ms INTEGER, possible_repeat INTEGER NOT NULL, last_error TEXT,
  created_at_ms INTEGER NOT NULL, finished_at_ms INTEGER,
  UNIQUE (message_id, channel_id)
) STRICT;
CREATE INDEX outbox_pending ON outbox (next_attempt_at_ms) WHERE state = 'pending';

-- A job that reports: what its address is made from, and what is remembered of it (checks/kinds/heartbeat).
CREATE TABLE job (subject TEXT PRIMARY KEY, token_of TEXT NOT NULL, record TEXT NOT NULL) WITHOUT ROWID, STRICT;
CREATE TABLE job_report (
  id INTEGER PRIMARY KEY AUTOINCREMENT,
  subject TEXT NOT NULL, at_ms INTEGER NOT NULL, signal TEXT NOT NULL,
  run_id TEXT, exit_code INTEGER, duration_ms INTEGER, text TEXT
) STRICT;
CREATE INDEX job_report_of_subject ON job_report (subject, id);

CREATE TABLE resource (
  kind TEXT NOT NULL, id TEXT NOT NULL, version INTEGER NOT NULL, document TEXT NOT NULL,
  updated_at_ms INTEGER NOT NULL, PRIMARY KEY (kind, id)
) STRICT;
CREATE TABLE fact (name TEXT PRIMARY KEY, value TEXT NOT NULL) WITHOUT ROWID, STRICT;

-- Evidence is dropped by age, and a body once nothing refers to it.
CREATE INDEX result_evidence_by_time ON result_evidence (slot_ms);
CREATE INDEX result_evidence_of_body ON result_evidence (digest);
CREATE INDEX evidence_by_time ON evidence (created_at_ms);
`;
