/** Queries on changes of status, covers and closed days. */
import type { Kysely, Transaction } from 'kysely';
import type { Status } from '../../../../contract/src/vocabulary.ts';
import type { Tables } from '../../storage/tables.ts';
import type { Availability, Cover, StatusChange, Timeline } from '../status/api.ts';

type Db = Kysely<Tables> | Transaction<Tables>;
export type SubjectKind = 'check' | 'service';

export interface StoredTransition extends StatusChange {
  readonly id: number;
  readonly subject: string;
  readonly subjectKind: SubjectKind;
}

export async function insertTransition(
  db: Transaction<Tables>,
  subjectKind: SubjectKind,
  subject: string,
  change: StatusChange,
): Promise<void> {
  await db
    .insertInto('transition')
    .values({
      subject,
      subject_kind: subjectKind,
      from_status: change.from,
      to_status: change.to,
      reason: change.reason,
      effective_at_ms: change.effectiveAtMs,
      decided_at_ms: change.decidedAtMs,
      evidence: JSON.stringify(change.evidence),
    })
    .execute();
}

/**
 * Extends the cover before it where the slots touch, so that a long doubt is one row. A slot that is covered already
 * stays as it is: after a kill the same absence may be found twice, where its points came too late for a sealed hour.
 */
export async function insertCover(db: Transaction<Tables>, subject: string, cover: Cover): Promise<void> {
  const { fromMs, toMs, reason } = cover;
  const before = await db
    .selectFrom('unknown_cover')
    .select(['from_ms', 'to_ms'])
    .where('subject', '=', subject)
    .where('from_ms', '<=', fromMs)
    .orderBy('from_ms', 'desc')
    .limit(1)
    .executeTakeFirst();
  if (before === undefined || before.to_ms < fromMs) {
    await db.insertInto('unknown_cover').values({ subject, from_ms: fromMs, to_ms: toMs, reason }).execute();
  } else if (before.to_ms < toMs) {
    const row = db.updateTable('unknown_cover').set({ to_ms: toMs }).where('subject', '=', subject);
    await row.where('from_ms', '=', before.from_ms).execute();
  }
}

/** The cover that a slot lies in ends at another instant than it was thought to. */
export async function endCover(db: Transaction<Tables>, subject: string, slotMs: number, atMs: number): Promise<void> {
  await db
    .updateTable('unknown_cover')
    .set({ to_ms: atMs })
    .where('subject', '=', subject)
    .where('from_ms', '<=', slotMs)
    .where('to_ms', '>', slotMs)
    .execute();
}

/** The newest change of every subject. */
export async function latestTransitions(db: Db): Promise<StoredTransition[]> {
  const newest = db
    .selectFrom('transition')
    .select((e) => e.fn.max('id').as('id'))
    .groupBy('subject');
  const rows = await db.selectFrom('transition').selectAll().where('id', 'in', newest).execute();
  return rows.map(readRow);
}

/** The newest status of every subject that was neither unknown nor maintenance. */
export async function latestKnownStatuses(db: Db): Promise<Map<string, Status>> {
  const newest = db
    .selectFrom('transition')
    .select((e) => e.fn.max('id').as('id'))
    .where('to_status', 'not in', ['unknown', 'maintenance'])
    .groupBy('subject');
  const rows = await db.selectFrom('transition').select(['subject', 'to_status']).where('id', 'in', newest).execute();
  return new Map(rows.map((row) => [row.subject, row.to_status as Status]));
}

export interface TransitionQuery {
  readonly subject: string | undefined;
  readonly beforeId: number | undefined;
  readonly limit: number;
}

/** Newest first. */
export async function listTransitions(
  db: Db,
  { subject, beforeId, limit }: TransitionQuery,
): Promise<StoredTransition[]> {
  let query = db.selectFrom('transition').selectAll().orderBy('id', 'desc').limit(limit);
  if (subject !== undefined) query = query.where('subject', '=', subject);
  if (beforeId !== undefined) query = query.where('id', '<', beforeId);
  return (await query.execute()).map(readRow);
}

/** What is known of one check over [fromMs, toMs), for folding; watching began at `watchedSinceMs`. */
export async function readTimeline(
  db: Db,
  subject: string,
  watchedSinceMs: number,
  fromMs: number,
  toMs: number,
): Promise<Timeline> {
  const before = await db
    .selectFrom('transition')
    .select(['to_status', 'effective_at_ms'])
    .where('subject', '=', subject)
    .where('effective_at_ms', '<=', fromMs)
    .orderBy('effective_at_ms', 'desc')
    .orderBy('id', 'desc')
    .limit(1)
    .executeTakeFirst();
  const during = await db
    .selectFrom('transition')
    .select(['to_status', 'effective_at_ms'])
    .where('subject', '=', subject)
    .where('effective_at_ms', '>', fromMs)
    .where('effective_at_ms', '<', toMs)
    .orderBy('effective_at_ms')
    .orderBy('id')
    .execute();
  const covers = await db
    .selectFrom('unknown_cover')
    .select(['from_ms', 'to_ms'])
    .where('subject', '=', subject)
    .where('to_ms', '>', fromMs)
    .where('from_ms', '<', toMs)
    .orderBy('from_ms')
    .execute();
  const changes = [...(before === undefined ? [] : [before]), ...during].map((row) => ({
    atMs: row.effective_at_ms,
    status: row.to_status as Status,
  }));
  const first = changes[0];
  if (first === undefined || first.atMs > watchedSinceMs) changes.unshift({ atMs: watchedSinceMs, status: 'unknown' });
  return { changes, covers: covers.map((row) => ({ fromMs: row.from_ms, toMs: row.to_ms })) };
}

export async function writeDay(
  db: Transaction<Tables>,
  dayMs: number,
  subject: string,
  availability: Availability,
): Promise<void> {
  const figures = {
    up_ms: availability.upMs,
    degraded_ms: availability.degradedMs,
    down_ms: availability.downMs,
    unknown_ms: availability.unknownMs,
    maintenance_ms: availability.maintenanceMs,
  };
  await db
    .insertInto('day_availability')
    .values({ day_ms: dayMs, subject, ...figures })
    .onConflict((conflict) => conflict.columns(['day_ms', 'subject']).doUpdateSet(figures))
    .execute();
}

export async function readDays(
  db: Db,
  fromMs: number,
  toMs: number,
): Promise<{ subject: string; dayMs: number; availability: Availability }[]> {
  const rows = await db
    .selectFrom('day_availability')
    .selectAll()
    .where('day_ms', '>=', fromMs)
    .where('day_ms', '<', toMs)
    .execute();
  return rows.map((row) => ({
    subject: row.subject,
    dayMs: row.day_ms,
    availability: {
      upMs: row.up_ms,
      degradedMs: row.degraded_ms,
      downMs: row.down_ms,
      unknownMs: row.unknown_ms,
      maintenanceMs: row.maintenance_ms,
    },
  }));
}

function readRow(row: {
  id: number;
  subject: string;
  subject_kind: string;
  from_status: string;
  to_status: string;
  reason: string;
  effective_at_ms: number;
  decided_at_ms: number;
  evidence: string;
}): StoredTransition {
  return {
    id: row.id,
    subject: row.subject,
    subjectKind: row.subject_kind as SubjectKind,
    from: row.from_status as Status,
    to: row.to_status as Status,
    reason: row.reason as StoredTransition['reason'],
    effectiveAtMs: row.effective_at_ms,
    decidedAtMs: row.decided_at_ms,
    evidence: JSON.parse(row.evidence) as StoredTransition['evidence'],
  };
}
