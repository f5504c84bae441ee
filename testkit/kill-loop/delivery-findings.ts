/** Deliveries against what is stored: nothing told is missing, nothing stored was kept back, no repeat is unmarked. */
import type { Finding, LoopRecord } from './record.ts';
import type { Delivery } from './told.ts';

export interface StoredChange {
  readonly subject: string;
  readonly to: string;
  readonly effectiveAtMs: number;
  readonly decidedAtMs: number;
}

function nameOf({ subject, to, effectiveAtMs, decidedAtMs }: StoredChange): string {
  return `${subject} ${to} since ${effectiveAtMs}, decided ${decidedAtMs}`;
}

function toldChange({ request }: Delivery): StoredChange {
  const { serviceId, to, effectiveAtMs, decidedAtMs } = request.message.data;
  return { subject: serviceId, to, effectiveAtMs, decidedAtMs };
}

export function toldFindings(
  deliveries: readonly Delivery[],
  stored: readonly StoredChange[],
  what: string,
): Finding[] {
  const names = new Set(stored.map(nameOf));
  return deliveries
    .map((delivery) => nameOf(toldChange(delivery)))
    .filter((name) => !names.has(name))
    .map((name) => ({ kind: 'told but not stored', evidence: `${name} has no such ${what}` }));
}

export function deliveryFindings(
  { deliveries, channels }: LoopRecord,
  changes: readonly StoredChange[],
): { findings: Finding[]; counts: Record<string, number> } {
  const services = changes.filter(({ subject }) => !subject.includes('/'));
  const due = dueMessages(services).flatMap((change) => channels.map((channel) => `${channel}: ${nameOf(change)}`));
  const taken = new Set(
    deliveries
      .filter(({ refused }) => !refused)
      .map((delivery) => `${delivery.channel}: ${nameOf(toldChange(delivery))}`),
  );
  const missing = due.filter((name) => !taken.has(name));
  const repeats = repeatsOf(deliveries);
  return {
    findings: [
      ...toldFindings(deliveries, services, 'a transition at the end'),
      ...missing.map((name) => ({ kind: 'not told' as const, evidence: name })),
      ...repeats
        .filter(({ request }) => !request.message.data.possibleRepeat)
        .map(({ channel, messageId }) => ({
          kind: 'unmarked repeat' as const,
          evidence: `${messageId} to ${channel}`,
        })),
    ],
    counts: { deliveries: deliveries.length, repeats: repeats.length, messagesDue: due.length },
  };
}

/** Deliveries of what was handed over before, unless that was clearly refused. */
function repeatsOf(deliveries: readonly Delivery[]): Delivery[] {
  const handedOver = new Set<string>();
  return deliveries.filter(({ messageId, channel, refused }) => {
    const name = `${messageId} ${channel}`;
    const isRepeat = handedOver.has(name);
    if (!refused) handedOver.add(name);
    return isRepeat;
  });
}

/** DESIGN §14: changes between up, degraded and down, and a first-ever down; not knowing is passed over. */
function dueMessages(services: readonly StoredChange[]): StoredChange[] {
  const lastKnown = new Map<string, string>();
  return services.filter(({ subject, to }) => {
    const known = lastKnown.get(subject);
    if (to === 'unknown' || to === 'maintenance') return false;
    lastKnown.set(subject, to);
    return known === undefined ? to === 'down' : to !== known;
  });
}
