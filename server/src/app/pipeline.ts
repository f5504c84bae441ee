/** The path of the data (DESIGN §3): the prober's results are judged and stored, and what changed is told. */
import type { EventBus } from '../bus/events.ts';
import {
  type DerivedKind,
  isDerived,
  type Knowledge,
  kindNamed,
  kinds,
  type OnceOutcome,
} from '../capabilities/checks/api.ts';
import { type AvailabilityBook, openAvailabilityBook, type WatchedSubject } from '../capabilities/history/api.ts';
import type { JobBook } from '../capabilities/jobs/api.ts';
import { appendToLedger } from '../capabilities/ledger/api.ts';
import {
  type ChannelBook,
  enqueueAgain,
  enqueueMessages,
  messageFor,
  type Outbox,
  startOutbox,
} from '../capabilities/outbox/api.ts';
import {
  type Prober,
  type ProberEvent,
  type ResultBatch,
  startDeriver,
  startProber,
} from '../capabilities/prober/api.ts';
import {
  type Aside,
  type Committed,
  createRecorder,
  type LedgerNote,
  type LiveCheck,
  type Recorder,
  restoreAside,
} from '../capabilities/recording/api.ts';
import type { WatchedCheck, WatchedService } from '../capabilities/services/api.ts';
import { judge, lapse, serviceStatus } from '../capabilities/status/api.ts';
import type { Clock, RandomSource } from '../platform/clock.ts';
import type { Network } from '../platform/network.ts';
import type { Store, WriteTransaction } from '../storage/store.ts';
import { headlineOf } from './built-in.ts';
import { missedWhileAway } from './catch-up.ts';
import { createResultTally, type ResultTally } from './result-tally.ts';

export interface PipelineOptions {
  readonly store: Store;
  /** What is told while the store cannot write, and what a process before this one left there. */
  readonly aside: Aside;
  readonly clock: Clock;
  /** The machine's, as it is set now. */
  readonly wallClock: Clock;
  readonly random: Pick<RandomSource, 'ratio'>;
  readonly bus: EventBus;
  readonly channelBook: Pick<ChannelBook, 'all'>;
  readonly jobs: Pick<JobBook, 'configure' | 'recordOf'>;
  readonly fileNetwork: Network;
  readonly pageNetwork: () => Network;
  /** Of the page, for the links in messages. */
  readonly baseUrl: string;
  /** A commit failed, or (undefined) they succeed again. */
  readonly onStoreFault: (fault: unknown) => void;
  /** Something else failed; all goes on. */
  readonly onFault: (what: string, fault: unknown) => void;
  readonly onProberEvent: (event: ProberEvent) => void;
  /** The parts that are put together; a simulation puts its network and its thread into them. */
  readonly parts?: PipelineParts;
}

export interface PipelineParts {
  readonly startProber: typeof startProber;
  readonly createRecorder: typeof createRecorder;
  readonly startOutbox: typeof startOutbox;
}

export interface Pipeline extends AsyncDisposable {
  readonly prober: Prober;
  readonly recorder: Recorder;
  readonly outbox: Outbox;
  readonly book: AvailabilityBook;
  /** Of results since the start. */
  readonly tally: Pick<ResultTally, 'of'>;
  subjects(): WatchedSubject[];
  /** One check now, recorded nowhere. */
  runOnce(check: WatchedCheck): Promise<OnceOutcome>;
  /** The operator's gates, in place of those before. */
  setGates(targets: readonly string[]): void;
  /** Since when which gate is shut; undefined while Pitwall has a way out. */
  shutGate(): ShutGate | undefined;
  /** How often the prober's worker died and was replaced. */
  restarts(): number;
  /** These are watched from now on, in place of all before. */
  watch(services: readonly WatchedService[]): Promise<void>;
}

export interface ShutGate {
  readonly gate: string;
  readonly sinceMs: number;
}

/** The page is told of new results no more often than this. */
const resultsEventMs = 1_000;

export async function startPipeline(options: PipelineOptions): Promise<Pipeline> {
  const { store, aside, clock, wallClock, random, bus, channelBook, fileNetwork, pageNetwork, baseUrl } = options;
  const { onFault, parts = { startProber, createRecorder, startOutbox } } = options;
  await using stack = new AsyncDisposableStack();
  const nowMs = (): number => clock.nowMs();
  const entryOf = { chain: 'pitwall' as const, actor: 'pitwall' };
  let resultsToldAtMs = 0;
  let isWatching = false;
  let restarts = 0;
  let shutGate: ShutGate | undefined;

  const channelIds = (): string[] => channelBook.all().map((channel) => channel.channelId);
  async function appendLedger(tx: WriteTransaction, notes: readonly LedgerNote[]): Promise<void> {
    await appendToLedger(
      tx,
      notes.map((note) => ({ ...note, ...entryOf })),
    );
  }
  const toldBefore = await restoreAside({
    store,
    aside,
    enqueueAgain: (tx, messages) => enqueueAgain(tx, messages, channelIds(), nowMs()),
    appendLedger,
  });
  const outbox = parts.startOutbox({
    store,
    clock,
    wallClock,
    random,
    networkOf: (channel) => (channel.origin === 'config' ? fileNetwork : pageNetwork()),
    channels: () => channelBook.all(),
    onFatal: (fault) => onFault('Sending messages', fault),
    onFinished: () => bus.publish({ type: 'changed', atMs: nowMs(), what: 'resources' }),
  });
  stack.defer(() => outbox.stop());
  const recorder = parts.createRecorder({
    store,
    nowMs,
    decisions: { judge, lapse, serviceStatus },
    messageOf: (change, service, needs) =>
      messageFor(change, { ...service, headline: headlineOf(change) }, { baseUrl }, needs),
    async enqueue(tx, unsent, sent) {
      await outbox.enqueueSent(tx, sent);
      // Those that were sent too: for a channel that is new since.
      await enqueueMessages(tx, [...sent, ...unsent], channelIds(), nowMs());
    },
    appendLedger,
    aside,
    sendUnrecorded: (messages) => outbox.sendUnrecorded(messages),
    onCommitted,
    onFault: options.onStoreFault,
  });
  stack.defer(() => recorder.flush().catch((fault: unknown) => onFault('Storing the last results', fault)));
  const tally = createResultTally();
  const onBatch = (batch: ResultBatch): void => {
    tally.take(batch);
    recorder.take(batch);
  };
  const deriver = startDeriver({
    clock,
    kindNamed: derivedKindNamed,
    knowledge: knowledgeOf(recorder, options.jobs, () => shutGate?.gate),
    watchedSinceMs: (key) => liveCheck(recorder, key)?.watchedSinceMs,
    onBatch,
  });
  stack.defer(() => deriver.stop());
  const book = await openAvailabilityBook(store.read, subjectOf, nowMs());
  for (const { key, change } of toldBefore) book.touch(serviceOf(key), change.effectiveAtMs, change.decidedAtMs);
  const prober = parts.startProber({
    clock,
    policy: { allowPrivate: true, allow: [] },
    onBatch,
    onEvent: (event) => void noteProberEvent(event),
  });
  stack.defer(() => prober.stop());

  function onCommitted({ serviceChanges, checkChanges, covers }: Committed): void {
    for (const { key, change } of checkChanges) {
      book.touch(serviceOf(key), change.effectiveAtMs, change.decidedAtMs);
    }
    for (const { key, fromMs, toMs } of covers) book.touch(serviceOf(key), fromMs, toMs);
    if (serviceChanges.length > 0) outbox.wake();
    const atMs = nowMs();
    if (checkChanges.length > 0) bus.publish({ type: 'changed', atMs, what: 'status' });
    else if (atMs - resultsToldAtMs >= resultsEventMs) bus.publish({ type: 'changed', atMs, what: 'results' });
    else return;
    resultsToldAtMs = atMs;
  }

  function subjects(): WatchedSubject[] {
    return recorder.live().map(({ service, checks }) => ({
      serviceId: service.serviceId,
      checks: checks.map(({ check, watchedSinceMs }) => ({ key: check.key, watchedSinceMs })),
    }));
  }

  function subjectOf(serviceId: string): WatchedSubject | undefined {
    return subjects().find((subject) => subject.serviceId === serviceId);
  }

  async function noteProberEvent(event: ProberEvent): Promise<void> {
    options.onProberEvent(event);
    if (event.kind === 'slots-missed') return;
    if (event.kind === 'restarted') {
      restarts += 1;
      // The new worker asks for itself.
      shutGate = undefined;
    }
    if (event.kind === 'way-out') noteWayOut(event.gate, event.atMs);
    const { kind, atMs, ...body } = event;
    const entry = { ...entryOf, kind: `prober.${kind}`, atMs, subject: 'prober', body };
    await store
      .write((tx) => appendToLedger(tx, [entry]))
      .catch((fault: unknown) => onFault('Recording what the prober said', fault));
  }

  function noteWayOut(gate: string | undefined, sinceMs: number): void {
    shutGate = gate === undefined ? undefined : { gate, sinceMs };
    bus.publish({ type: 'changed', atMs: nowMs(), what: 'status' });
    // What could not leave meanwhile may be minutes from its next attempt.
    if (gate === undefined) outbox.retryNow();
  }

  const running = stack.move();
  return {
    prober,
    recorder,
    outbox,
    book,
    tally,
    subjects,
    setGates: (targets) => prober.setGates(targets),
    shutGate: () => shutGate,
    restarts: () => restarts,
    async runOnce(check) {
      if (!isJudged(check)) return prober.runOnce(check);
      return { result: deriver.once(check), attempts: 1, atMs: nowMs() };
    },
    async watch(services) {
      const checks = services.flatMap((service) => service.checks);
      await options.jobs.configure(checks.filter(({ kind }) => kind === 'heartbeat').map(({ key }) => key));
      await recorder.setServices(services);
      tally.keep(checks.map(({ key }) => key));
      // One instant for both: what was due before it is missed, what is due from it on is the prober's.
      const fromMs = nowMs();
      if (!isWatching) recorder.take(missedWhileAway(recorder.live(), fromMs));
      isWatching = true;
      const judged = checks.filter(isJudged);
      const heard = new Set(
        recorder
          .live()
          .flatMap((service) => service.checks)
          .filter(({ last, sinceMs }) => last !== undefined || sinceMs !== undefined)
          .map(({ check }) => check.key),
      );
      prober.setChecks(
        checks.filter((check) => !judged.includes(check)),
        fromMs,
        {
          isNew: ({ key }) => !heard.has(key),
          isDown: ({ key }) => liveCheck(recorder, key)?.status === 'down',
        },
      );
      deriver.setChecks(judged, fromMs);
      await recorder.flush();
      bus.publish({ type: 'changed', atMs: nowMs(), what: 'resources' });
    },
    /** The last results are stored before the last messages go. */
    [Symbol.asyncDispose]: () => running.disposeAsync(),
  };
}

/** A simulation has kinds of its own, which are probed. */
function isJudged({ kind: name }: WatchedCheck): boolean {
  const kind = kinds.get(name);
  return kind !== undefined && isDerived(kind);
}

function derivedKindNamed(name: string): DerivedKind {
  const kind = kindNamed(name);
  if (isDerived(kind)) return kind;
  throw new Error(`${name} is probed, not judged`);
}

function liveCheck(recorder: Recorder, key: string): LiveCheck | undefined {
  const serviceId = serviceOf(key);
  const live = recorder.live().find(({ service }) => service.serviceId === serviceId);
  return live?.checks.find(({ check }) => check.key === key);
}

/** As committed: what a group is judged by is what people see. */
function knowledgeOf(
  recorder: Recorder,
  jobs: Pick<JobBook, 'recordOf'>,
  shutGate: () => string | undefined,
): Knowledge {
  return {
    statusOf(subject) {
      if (subject.includes('/')) {
        const found = liveCheck(recorder, subject);
        return found && { title: found.check.title, status: found.status };
      }
      const found = recorder.live().find(({ service }) => service.serviceId === subject);
      return found && { title: found.service.title, status: found.state.status };
    },
    jobOf: (key) => jobs.recordOf(key),
    shutGate,
  };
}

function serviceOf(checkKey: string): string {
  return checkKey.slice(0, checkKey.indexOf('/'));
}
