/** What a seed stands for: who is watched, how each peer behaves when, and what goes wrong. Made before the run begins. */
import type { WatchedCheck, WatchedService } from '../../server/src/capabilities/services/api.ts';
import { SeededRandom } from '../seeded-random.ts';

export type TargetMood = 'up' | 'slow' | 'refused' | 'hanging' | 'flapping' | 'strange';
export type ChannelMood =
  | 'fine'
  | 'sluggish'
  | 'failing'
  | 'busy'
  | 'refusing'
  | 'gone'
  | 'hanging'
  | 'reset'
  | 'unreachable';

/** Behaviour from an instant on; instants of a script are milliseconds since its start. */
export interface Spell<Mood> {
  readonly fromMs: number;
  readonly mood: Mood;
}

export type CrashPoint = 'now' | 'before-commit' | 'after-commit' | 'before-arrival' | 'after-arrival';

export type Mishap =
  /** `afterMs` counts from the death to the next start; `skip` commits or hand-overs go well before it. */
  | { readonly kind: 'crash'; readonly point: CrashPoint; readonly skip: number; readonly downMs: number }
  | { readonly kind: 'worker-death' }
  | { readonly kind: 'wall-clock'; readonly stepMs: number }
  | { readonly kind: 'stall'; readonly thread: 'main' | 'prober'; readonly forMs: number }
  | { readonly kind: 'disk-full'; readonly forMs: number }
  | { readonly kind: 'results'; readonly what: 'lost' | 'repeated' | 'held'; readonly heldMs: number }
  | { readonly kind: 'reload'; readonly services: readonly WatchedService[] };

export interface Script {
  readonly seed: number;
  readonly startWallMs: number;
  /** Mishaps end here. */
  readonly troubleMs: number;
  /** Then all is well, at least until the one and at most until the other, so that what is owed can be delivered. */
  readonly leastEndMs: number;
  readonly endMs: number;
  readonly services: readonly WatchedService[];
  readonly targets: ReadonlyMap<string, readonly Spell<TargetMood>[]>;
  readonly channels: ReadonlyMap<string, readonly Spell<ChannelMood>[]>;
  readonly mishaps: readonly { readonly atMs: number; readonly mishap: Mishap }[];
}

export interface ScriptOptions {
  readonly hours: number;
  /** Leaves one kind of mishap out, for comparing a seed with itself. */
  readonly without?: readonly Mishap['kind'][];
}

const minuteMs = 60_000;
const hourMs = 60 * minuteMs;

/** Retries after a refusal come up to an hour apart; two of them and a bit are enough for everything that is owed. */
const leastQuietMs = 4 * minuteMs;
const quietMs = 2.5 * hourMs;

export function writeScript(seed: number, options: ScriptOptions): Script {
  const random = new SeededRandom(`script ${seed}`);
  const troubleMs = Math.round(options.hours * hourMs);
  const services = Array.from({ length: random.int(1, 3) }, (_, index) => writeService(random, `service-${index}`));
  // The evening before a day's end, so that a day is closed in the midst of it.
  const startWallMs = Date.UTC(2027, 2, 27, 24) - random.int(5, Math.max(6, (options.hours * 60) | 0)) * minuteMs;
  const keys = new Set(['service-0', 'service-1', 'service-2', 'service-3'].flatMap((id) => [`${id}/a`, `${id}/b`]));
  const targets = new Map([...keys].map((key) => [key, targetSpells(random, troubleMs)]));
  const channels = new Map(['desk', 'pager', 'chat'].map((id) => [id, channelSpells(random, troubleMs)]));
  const mishaps = writeMishaps(random, services, troubleMs).filter(
    ({ mishap }) => options.without?.includes(mishap.kind) !== true,
  );
  const ends = { leastEndMs: troubleMs + leastQuietMs, endMs: troubleMs + quietMs };
  return { seed, startWallMs, troubleMs, ...ends, services, targets, channels, mishaps };
}

function writeService(random: SeededRandom, serviceId: string): WatchedService {
  const checkIds = random.chance(0.5) ? ['a', 'b'] : ['a'];
  return {
    serviceId,
    title: serviceId,
    tile: undefined,
    criticality: 'P1',
    facesCustomers: true,
    dependsOn: [],
    origin: 'config',
    ability: undefined,
    checks: checkIds.map((checkId) => writeCheck(random, serviceId, checkId)),
  };
}

function writeCheck(random: SeededRandom, serviceId: string, checkId: string): WatchedCheck {
  const intervalMs = random.pick([10_000, 15_000, 30_000, 60_000]);
  return {
    key: `${serviceId}/${checkId}`,
    serviceId,
    checkId,
    title: `Check ${checkId}`,
    kind: 'simulated',
    intervalMs,
    timeoutMs: random.pick([1_000, 2_000, 5_000]),
    retries: random.int(0, 2),
    downAfter: random.int(1, 4),
    upAfter: random.int(1, 4),
    spec: { key: `${serviceId}/${checkId}` },
    shownSpec: {},
    secrets: [],
    missing: random.chance(0.03) ? ['A_VARIABLE'] : [],
  };
}

function targetSpells(random: SeededRandom, troubleMs: number): Spell<TargetMood>[] {
  const spells: Spell<TargetMood>[] = [];
  const meanMs = random.pick([2, 6, 20]) * minuteMs;
  for (let atMs = 0; atMs < troubleMs; ) {
    const mood = random.chance(0.5)
      ? 'up'
      : random.pick(['slow', 'refused', 'hanging', 'flapping', 'strange'] as const);
    spells.push({ fromMs: atMs, mood });
    atMs += random.spellMs(meanMs, 3_000);
  }
  // Something may stay broken for good: that is told once, too.
  spells.push({ fromMs: troubleMs, mood: random.chance(0.75) ? 'up' : random.pick(['refused', 'slow'] as const) });
  return spells;
}

function channelSpells(random: SeededRandom, troubleMs: number): Spell<ChannelMood>[] {
  const spells: Spell<ChannelMood>[] = [];
  for (let atMs = 0; atMs < troubleMs; ) {
    const moods = ['sluggish', 'failing', 'busy', 'refusing', 'hanging', 'reset', 'reset', 'unreachable'] as const;
    spells.push({
      fromMs: atMs,
      mood: random.chance(0.5) ? 'fine' : random.chance(0.03) ? 'gone' : random.pick(moods),
    });
    atMs += random.spellMs(6 * minuteMs, 2_000);
  }
  spells.push({ fromMs: troubleMs, mood: 'fine' });
  return spells;
}

function writeMishaps(random: SeededRandom, services: readonly WatchedService[], troubleMs: number) {
  const mishaps: { atMs: number; mishap: Mishap }[] = [];
  let estate = services;
  for (let atMs = random.spellMs(2 * minuteMs); atMs < troubleMs; atMs += random.spellMs(2 * minuteMs, 1_000)) {
    const mishap = writeMishap(random, estate, troubleMs - atMs);
    if (mishap.kind === 'reload') estate = mishap.services;
    mishaps.push({ atMs, mishap });
  }
  return mishaps;
}

function writeMishap(random: SeededRandom, estate: readonly WatchedService[], leftMs: number): Mishap {
  const kinds = [
    'crash',
    'crash',
    'crash',
    'worker-death',
    'wall-clock',
    'stall',
    'stall',
    'disk-full',
    'results',
  ] as const;
  const kind = random.pick([...kinds, 'results', 'reload'] as const);
  if (kind === 'crash') {
    const points = [
      'now',
      'before-commit',
      'after-commit',
      'before-arrival',
      'after-arrival',
      'after-arrival',
    ] as const;
    const longMs = random.chance(0.15) ? random.int(1, 40) * minuteMs : random.int(200, 20_000);
    return { kind, point: random.pick(points), skip: random.int(0, 4), downMs: Math.min(longMs, leftMs) };
  }
  if (kind === 'worker-death') return { kind };
  if (kind === 'wall-clock') {
    const stepMs = random.pick([hourMs, -hourMs, 26 * hourMs, -26 * hourMs, 100 * hourMs, 3_000, -3_000, 1_500]);
    return { kind, stepMs };
  }
  if (kind === 'stall') {
    const forMs = random.pick([30, 80, 400, 3_000, random.int(5_000, 90_000)]);
    return { kind, thread: random.pick(['main', 'prober', 'prober'] as const), forMs };
  }
  if (kind === 'disk-full') return { kind, forMs: Math.min(leftMs, random.spellMs(3 * minuteMs, 2_000)) };
  if (kind === 'results') {
    return { kind, what: random.pick(['lost', 'repeated', 'held'] as const), heldMs: random.int(100, 90_000) };
  }
  return { kind: 'reload', services: changedEstate(random, estate) };
}

/** Another file: a check altered, taken away or added, or a service. */
function changedEstate(random: SeededRandom, estate: readonly WatchedService[]): readonly WatchedService[] {
  const index = random.int(0, estate.length - 1);
  const service = estate[index]!;
  const present = service.checks.map((check) => check.checkId);
  const checks = [...service.checks];
  const at = random.int(0, checks.length - 1);
  const what = random.pick(['alter', 'alter', 'check', 'service'] as const);
  if (what === 'service') {
    const absent = ['service-1', 'service-2', 'service-3'].filter((id) => !estate.some((one) => one.serviceId === id));
    if (absent.length > 0 && random.chance(0.5)) return [...estate, writeService(random, random.pick(absent))];
    return estate.length > 1 ? estate.filter((_, place) => place !== index) : estate;
  }
  if (what === 'alter') checks[at] = writeCheck(random, service.serviceId, checks[at]!.checkId);
  else if (present.length > 1) checks.splice(at, 1);
  else checks.push(writeCheck(random, service.serviceId, present[0] === 'a' ? 'b' : 'a'));
  return estate.with(index, { ...service, checks });
}

/** The spell that holds at an instant. */
export function moodAt<Mood>(spells: readonly Spell<Mood>[], atMs: number): Mood {
  return spells.findLast((spell) => spell.fromMs <= atMs)!.mood;
}
