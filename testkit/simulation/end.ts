/** What must hold once all is quiet again: everything owed was told, and every figure can be counted again. */
import { type Status, statuses } from '../../contract/src/vocabulary.ts';
import { dayMs } from '../../server/src/capabilities/history/api.ts';
import { readTimeline } from '../../server/src/capabilities/history/transitions.ts';
import { verifyLedger } from '../../server/src/capabilities/ledger/api.ts';
import { overtakenError } from '../../server/src/capabilities/outbox/domain.ts';
import { type Availability, availabilityOf, foldTimelines } from '../../server/src/capabilities/status/api.ts';
import type { Ground } from './ground.ts';
import { type TransitionRow, worstOf } from './judges.ts';
import type { SimulatedPitwall } from './pitwall.ts';
import type { CheckRecount } from './recount.ts';

export async function judgeTheEnd(world: Ground, pitwall: SimulatedPitwall): Promise<void> {
  const { judges } = world;
  if (judges.transitions.length === 0) judges.fault('nothing happened', 'no change of status in the whole run');
  judgeTold(world);
  // Once a second for each channel, for the recorder and for tidying up.
  const allowed = 10 * (judges.fullForMs / 1_000) + 20;
  if (world.disk.refused > allowed) judges.fault('hot loop', `${world.disk.refused} writes tried on a full disk`);
  judgeChanges(world);
  await judgeUptime(world, pitwall);
  await judgeLedger(world, pitwall);
}

/** Of a service's changes, those that people are told of: between up, degraded and down, and a first-ever down. */
export function toldChanges(rows: readonly TransitionRow[]): TransitionRow[] {
  const told: TransitionRow[] = [];
  let known: Status | undefined;
  for (const row of rows) {
    if (row.to_status === 'unknown' || row.to_status === known) continue;
    if (known !== undefined || row.to_status === 'down') told.push(row);
    known = row.to_status;
  }
  return told;
}

export function judgeTold({ judges, disk, script }: Ground): void {
  const outbox = disk.observer.prepare('SELECT channel_id, message_id, state, last_error, payload FROM outbox').all();
  const stateOf = new Map(outbox.map((row) => [`${row.channel_id} ${row.message_id}`, row]));
  const owed = new Set<string>();
  for (const serviceRows of byService(judges.transitions)) {
    for (const row of toldChanges(serviceRows)) {
      for (const channelId of script.channels.keys()) {
        const same = outbox.filter((message) => {
          const { data } = JSON.parse(String(message.payload));
          return (
            message.channel_id === channelId &&
            data.serviceId === row.subject &&
            data.to === row.to_status &&
            data.decidedAtMs === row.decided_at_ms &&
            data.effectiveAtMs === row.effective_at_ms
          );
        });
        const name = `${channelId}: ${row.subject} ${row.from_status} → ${row.to_status} (${row.reason})`;
        if (same.length !== 1) {
          judges.fault('told once', `${name} has ${same.length} messages`);
          continue;
        }
        const message = same[0]!;
        owed.add(`${channelId} ${message.message_id}`);
        const arrived = judges.arrivals.filter(
          (arrival) => arrival.channelId === channelId && arrival.messageId === message.message_id,
        );
        const overtaken = message.last_error === overtakenError && judges.unrecorded.size > 0;
        const wanted = !overtaken && !arrived.some(({ answered }) => answered === 410);
        if (wanted && message.state !== 'delivered')
          judges.fault('told once', `${name} is ${message.state}: ${message.last_error}`);
        if (wanted && arrived.length === 0) judges.fault('told once', `${name} never arrived`);
      }
    }
  }
  for (const { channelId, messageId, data } of judges.arrivals) {
    if (owed.has(`${channelId} ${messageId}`) || judges.unrecorded.has(messageId)) continue;
    judges.fault(
      'told of nothing',
      `${channelId} heard ${data.serviceId} ${data.to} (${messageId}), which no stored change says`,
    );
  }
  for (const key of stateOf.keys()) {
    if (!owed.has(key) && !judges.unrecorded.has(key.split(' ')[1]!))
      judges.fault('told of nothing', `the outbox holds ${key}`);
  }
  judgeLastWord(judges);
}

/** No page after the resolution: what a channel heard last is what the service is. */
export function judgeLastWord(judges: Ground['judges']): void {
  const { transitions, arrivals } = judges;
  for (const rows of byService(transitions)) {
    const told = toldChanges(rows);
    const last = told.at(-1);
    if (last === undefined) continue;
    const heard = Map.groupBy(
      arrivals.filter(({ data }) => data.serviceId === last.subject),
      ({ channelId }) => channelId,
    );
    for (const [channelId, messages] of heard) {
      const word = messages.at(-1)!;
      if (messages.some(({ answered }) => answered === 410)) continue;
      if (word.data.to !== last.to_status)
        judges.fault('last word', `${channelId} last heard ${last.subject} ${word.data.to}, it is ${last.to_status}`);
    }
  }
}

function byService(transitions: readonly TransitionRow[]): TransitionRow[][] {
  const rows = transitions.filter((row) => row.subject_kind === 'service');
  return [...Map.groupBy(rows, (row) => row.subject).values()];
}

/** Each check changed exactly as its results say. */
export function judgeChanges({ judges }: Ground): void {
  const stored = Map.groupBy(judges.transitions, (row) => row.subject);
  for (const [key, recount] of judges.recounts) {
    const rows = stored.get(key) ?? [];
    const said = rows.map((row) => `${row.from_status} → ${row.to_status} since ${row.effective_at_ms}`);
    const expected = recount.changes.map((change) => `${change.from} → ${change.to} since ${change.effectiveAtMs}`);
    const at = said.findIndex((line, index) => line !== expected[index]);
    const place = at >= 0 ? at : said.length;
    if (at < 0 && said.length === expected.length) continue;
    judges.fault(
      'changes follow from results',
      `${key} change ${place}: stored ${said[place]}, recounted ${expected[place]}`,
    );
  }
}

async function judgeUptime(world: Ground, pitwall: SimulatedPitwall): Promise<void> {
  const { judges, random } = world;
  const { store, pipeline } = pitwall;
  const nowMs = pitwall.nowMs();
  for (const { key, watchedSinceMs } of pipeline.subjects().flatMap(({ checks }) => checks)) {
    const recount = judges.recounts.get(key)!;
    for (let window = 0; window < 4; window += 1) {
      const fromMs = window === 0 ? watchedSinceMs : random.int(watchedSinceMs - 60_000, nowMs);
      const toMs = window === 0 ? nowMs : random.int(fromMs, nowMs);
      const timeline = await readTimeline(store.read, key, watchedSinceMs, fromMs, toMs);
      const counted = availabilityOf(foldTimelines([timeline], fromMs, toMs));
      compare(world, `${key} ${fromMs}…${toMs}`, counted, recountOf([[watchedSinceMs, recount]], fromMs, toMs));
    }
  }
  for (const { serviceId, checks } of pipeline.subjects()) {
    const recounts = checks.map(({ key, watchedSinceMs }) => [watchedSinceMs, judges.recounts.get(key)!] as const);
    if (judges.regrouped.has(serviceId)) continue;
    for (const { dayMs: fromMs, availability } of await pipeline.book.days(serviceId, 0, nowMs)) {
      compare(
        world,
        `${serviceId} on day ${fromMs}`,
        availability,
        recountOf(recounts, fromMs, Math.min(fromMs + dayMs, nowMs)),
      );
    }
  }
}

export function compare({ judges }: Ground, name: string, counted: Availability, expected: Availability): void {
  if (statuses.every((status) => counted[`${status}Ms`] === expected[`${status}Ms`])) return;
  judges.fault('uptime', `${name}: reckoned ${JSON.stringify(counted)}, recounted ${JSON.stringify(expected)}`);
}

/** Time by status of the worst of some checks, one stretch between two edges after another. */
export function recountOf(
  checks: readonly (readonly [watchedSinceMs: number, recount: CheckRecount])[],
  fromMs: number,
  toMs: number,
): Availability {
  const total = { upMs: 0, degradedMs: 0, downMs: 0, unknownMs: 0, maintenanceMs: 0 };
  const inside = checks.flatMap(([sinceMs, recount]) => [sinceMs, ...recount.edgesMs()]);
  const edges = [...new Set([fromMs, toMs, ...inside.filter((edge) => edge > fromMs && edge < toMs)])].sort(
    (a, b) => a - b,
  );
  for (const [index, edge] of edges.entries()) {
    const next = edges[index + 1];
    const watched = checks.filter(([sinceMs]) => sinceMs <= edge);
    if (next === undefined || watched.length === 0) continue;
    total[`${worstOf(watched.map(([, recount]) => recount.statusAt(edge)))}Ms`] += next - edge;
  }
  return total;
}

export async function judgeLedger({ judges, disk }: Ground, pitwall: SimulatedPitwall): Promise<void> {
  const verdict = await verifyLedger(pitwall.store.read);
  if (!verdict.ok) judges.fault('ledger', JSON.stringify(verdict.fault));
  const entries = disk.observer
    .prepare('SELECT meta, body FROM ledger JOIN ledger_body ON digest = body_digest ORDER BY seq')
    .all()
    .map(({ meta, body }) => ({ ...JSON.parse(String(meta)), ...JSON.parse(String(body)) }))
    .filter(({ kind }) => /^(check|service)\.changed$/.test(kind))
    .map(({ subject, from, to, effectiveAtMs, decidedAtMs }) =>
      [subject, from, to, effectiveAtMs, decidedAtMs].join(' '),
    );
  const changes = judges.transitions.map((row) =>
    [row.subject, row.from_status, row.to_status, row.effective_at_ms, row.decided_at_ms].join(' '),
  );
  const missing = changes.find((change) => !entries.includes(change));
  if (missing !== undefined || entries.length !== changes.length) {
    judges.fault('ledger', `${entries.length} entries for ${changes.length} changes; without one: ${missing}`);
  }
}
