/** The board, the list of services and one service’s page. */
import type { SomeHandlers } from '../../../../contract/src/handlers.ts';
import type { BoardView } from '../../../../contract/src/operations/board.ts';
import type { ServicePageView } from '../../../../contract/src/operations/services.ts';
import type { ServiceRow, ServiceView } from '../../../../contract/src/views.ts';
import { PitwallError } from '../../core/errors.ts';
import { dayMs, listTransitions, startOfDay, transitionView } from '../history/api.ts';
import type { LiveService } from '../recording/api.ts';
import { bannersOf } from './banners.ts';
import { briefOf } from './brief.ts';
import { causesOf } from './causes.ts';
import { createDayReader, type DayReader, fastRows } from './fast-enough.ts';
import { serviceNext } from './service-next.ts';
import { serviceVerdict } from './service-verdict.ts';
import { checkView, serviceView } from './service-views.ts';
import type { BoardSources } from './sources.ts';
import { fastFills, fastLine, groupServices, promises, safeToLose, upLine } from './tiles.ts';
import { byUrgency, judgeBoard } from './verdict.ts';
import { whatNext } from './what-next.ts';
import { abilityTitle, count, formatInstant, isSlow } from './words.ts';

const mostAbilities = 6;
const shownTransitions = 50;

type Names = 'board.get' | 'board.brief' | 'services.list' | 'services.get' | 'system.get';

export function boardHandlers(sources: BoardSources): SomeHandlers<Names> {
  const reader = createDayReader(sources.store);
  return {
    'board.get': ({ days }) => board(sources, reader, days),
    'board.brief': async ({ limit }) => briefOf(await board(sources, reader, 1), sources.live(), limit),
    async 'services.list'({ days, status, afterId, limit }) {
      const live = sources.live();
      const all = inOrder(await serviceViews(sources, days)).map((view) => rowOf(view, live));
      return {
        atMs: sources.nowMs(),
        ...pageOf(status === undefined ? all : all.filter((view) => view.status === status), afterId, limit),
      };
    },
    'services.get': ({ serviceId, days }) => servicePage(sources, reader, serviceId, days),
    'system.get': async () => system(sources),
  };
}

async function viewOf(sources: BoardSources, live: LiveService, dayCount: number, nowMs: number): Promise<ServiceView> {
  const fromMs = startOfDay(nowMs) - (dayCount - 1) * dayMs;
  const days = await sources.book.days(live.service.serviceId, fromMs, nowMs);
  return serviceView({ live, days, dayCount, nowMs, describe: sources.describe });
}

function serviceViews(sources: BoardSources, days: number): Promise<ServiceView[]> {
  const nowMs = sources.nowMs();
  return Promise.all(sources.live().map((live) => viewOf(sources, live, days, nowMs)));
}

/** A service that has left the list meanwhile stands before all, so that nothing is missed. */
function pageOf(views: readonly ServiceRow[], afterId: string | undefined, limit: number) {
  const from = views.findIndex((view) => view.serviceId === afterId) + 1;
  const services = views.slice(from, from + limit);
  return { services, nextAfterId: from + limit < views.length ? services.at(-1)!.serviceId : null };
}

function rowOf(view: ServiceView, all: readonly LiveService[]): ServiceRow {
  const live = all.find(({ service }) => service.serviceId === view.serviceId);
  return {
    ...view,
    checks: (live?.checks ?? []).map(({ check: { checkId, title, kind }, status }) => ({
      checkId,
      title,
      kind,
      status,
    })),
    dependsOn: [...(live?.service.dependsOn ?? [])],
  };
}

/** What is in trouble first, then as declared, and what Pitwall watches of itself last. */
function inOrder(views: readonly ServiceView[]): ServiceView[] {
  const place = (view: ServiceView) => (view.status !== 'up' ? 0 : view.origin === 'built-in' ? 2 : 1);
  return [...views].sort((a, b) => place(a) - place(b) || (place(a) === 0 ? byUrgency(a, b) : 0));
}

async function board(sources: BoardSources, reader: DayReader, days: number): Promise<BoardView> {
  const nowMs = sources.nowMs();
  const live = sources.live();
  const [views, told] = await Promise.all([serviceViews(sources, days), sources.told()]);
  const { proposals, leftAlone } = sources.proposals();
  const config = sources.config();
  const firstRun = live.every(({ service }) => service.origin === 'built-in');
  const needs = live.map(({ service }) => service);
  const withCauses = views.map((view) => ({ ...view, causes: causesOf(view, views, needs) }));
  const rows = fastRows(live, reader, nowMs);
  const worth = proposals.filter((proposal) => proposal.worthIt).length;
  return {
    atMs: nowMs,
    startedAtMs: sources.startedAtMs,
    firstRun,
    demo: false,
    verdict: judgeBoard({
      nowMs,
      startedAtMs: sources.startedAtMs,
      services: withCauses.map((view, i) => ({
        ...view,
        ability: live[i]!.service.ability,
        checks: live[i]!.checks.length,
      })),
      firstRun,
      channels: told.channels,
      failingChannels: told.failingChannels,
      proposals: proposals.length,
      told: told.delivered,
    }),
    abilities: abilitiesOf(live, views),
    upNow: { line: upLine(views), groups: groupServices(views) },
    proposals: [...proposals],
    leftAlone: [...leftAlone],
    whatNext: whatNext({
      services: withCauses,
      channels: told.channels,
      failingChannels: told.failingChannels,
      failedMessages: told.failedMessages,
      proposals: worth,
      configFile: config.file,
      configFaults: config.faults.length,
      demo: false,
    }),
    fastEnough: { line: fastLine(rows), rows, fills: fastFills(rows) },
    promises: promises(nowMs, sources.version),
    safeToLose: safeToLose({
      freeBytes: sources.freeBytes(),
      diskStatus: hostStatus(views),
      version: sources.version,
    }),
    pitwall: pitwallLine(sources),
    banners: bannersOf(sources, told),
  };
}

function hostStatus(views: readonly ServiceView[]): ServiceView['status'] | null {
  return views.find((view) => view.serviceId === 'host')?.status ?? null;
}

/** What customers can do, in the words the configuration gives: the worst first where there is not room for all. */
function abilitiesOf(live: readonly LiveService[], views: readonly ServiceView[]): BoardView['abilities'] {
  const named = live.flatMap(({ service }, i) => (service.ability === undefined ? [] : [{ service, view: views[i]! }]));
  return named
    .sort((a, b) => byUrgency(a.view, b.view))
    .slice(0, mostAbilities)
    .map(({ service, view }) => ({
      title: abilityTitle(service.ability!, { status: view.status, slow: isSlow(view) }),
      status: view.status,
      // After a start nothing was seen yet, though the status is known.
      detail: view.status === 'up' && view.summary !== '' ? view.summary : view.word,
      serviceId: service.serviceId,
    }));
}

function pitwallLine(sources: BoardSources): BoardView['pitwall'] {
  const { checksPerMinute, late, missed } = sources.prober();
  const fault = sources.storeFault();
  const since = formatInstant(sources.startedAtMs, sources.nowMs());
  const well = fault === undefined ? 'Pitwall itself is well' : 'Pitwall itself is in trouble';
  return {
    line: `${well}: ${count(checksPerMinute, 'check')} a minute; ${late} late, ${missed} missed since ${since}`,
    address: sources.address,
    dataDir: sources.dataDir,
    dataBytes: sources.store.sizes().liveBytes,
    version: sources.version,
  };
}

/** All that a service needs, by whatever way. */
function needsOf(all: readonly LiveService[], serviceId: string): LiveService[] {
  const found = new Set<LiveService>();
  const visit = (id: string): void => {
    const dependsOn = all.find(({ service }) => service.serviceId === id)?.service.dependsOn ?? [];
    for (const other of all.filter(({ service }) => dependsOn.includes(service.serviceId))) {
      if (found.has(other)) continue;
      found.add(other);
      visit(other.service.serviceId);
    }
  };
  visit(serviceId);
  return [...found];
}

async function servicePage(
  sources: BoardSources,
  reader: DayReader,
  serviceId: string,
  days: number,
): Promise<ServicePageView> {
  const nowMs = sources.nowMs();
  const all = sources.live();
  const live = all.find(({ service }) => service.serviceId === serviceId);
  if (live === undefined) throw new PitwallError('not-found', `There is no service ${serviceId}`);
  const needed = needsOf(all, serviceId);
  const [service, told, others, transitions] = await Promise.all([
    viewOf(sources, live, days, nowMs),
    sources.told(),
    Promise.all(needed.map((other) => viewOf(sources, other, 1, nowMs))),
    listTransitions(sources.store.read, { subject: serviceId, beforeId: undefined, limit: shownTransitions }),
  ]);
  const brief = ({ service: other, state }: LiveService) => ({
    serviceId: other.serviceId,
    title: other.title,
    status: state.status,
  });
  const services = all.map((one) => one.service);
  const causes = causesOf(service, others, services);
  const { channels, failingChannels } = told;
  const judged = { nowMs, service, live, told: told.delivered.get(serviceId), channels, failingChannels, causes };
  return {
    atMs: nowMs,
    service,
    verdict: serviceVerdict(judged),
    whatNext: serviceNext(judged),
    checks: live.checks.map((check) =>
      checkView({
        live: check,
        nextSlotMs: sources.nextSlotMs(check.check.key) ?? null,
        last24h: { ...reader.facts(check, nowMs) },
        describe: sources.describe,
      }),
    ),
    dependencies: {
      usedBy: all.filter((other) => other.service.dependsOn.includes(serviceId)).map(brief),
      dependsOn: all.filter((other) => live.service.dependsOn.includes(other.service.serviceId)).map(brief),
    },
    transitions: transitions.map(transitionView),
    removable: service.origin === 'page',
  };
}

function system(sources: BoardSources) {
  const { file, loadedAtMs, faults } = sources.config();
  return {
    version: sources.version,
    startedAtMs: sources.startedAtMs,
    prober: { ...sources.prober() },
    store: {
      dataDir: sources.dataDir,
      liveBytes: sources.store.sizes().liveBytes,
      freeBytes: sources.freeBytes(),
      full: sources.storeFault() !== undefined,
    },
    config: { file: file ?? null, loadedAtMs: loadedAtMs ?? null, faults: faults.map((fault) => ({ ...fault })) },
  };
}
