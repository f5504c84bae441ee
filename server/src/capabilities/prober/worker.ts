/** The worker thread: runs checks and nothing else, so that no query or page distorts a latency. */
import { parentPort, workerData } from 'node:worker_threads';
import { processMonotonicUs, systemClock } from '../../platform/clock.ts';
import { createWayOut } from '../../platform/gate-probes.ts';
import { createNetwork } from '../../platform/resolver.ts';
import { probedKindNamed, runOnce } from '../checks/api.ts';
import { GateKeeper } from '../gates/api.ts';
import { ProbeEngine } from './engine.ts';
import { Timeline } from './timeline.ts';
import type { FromWorker, ToWorker, WorkerStart } from './worker-messages.ts';

const start = workerData as WorkerStart;
const clock = systemClock;
const network = createNetwork(start.policy, clock);
const startUs = clock.monotonicUs() - (processMonotonicUs() - start.startProcessUs);
const send = (message: FromWorker) => parentPort!.postMessage(message);
const timeline = new Timeline(start.startWallMs, startUs);
const gates = new GateKeeper({
  clock,
  network,
  wayOut: createWayOut(clock),
  onChange({ gate }) {
    const atMs = Math.floor(timeline.atMs(clock.monotonicUs()));
    send({ kind: 'event', event: { kind: 'way-out', atMs, gate } });
  },
});

const engine = new ProbeEngine({
  clock,
  network,
  timeline,
  gates,
  kindNamed: probedKindNamed,
  concurrency: start.concurrency,
  onBatch: (batch) => send({ kind: 'batch', batch, stats: engine.stats() }),
  onEvent: (event) => send({ kind: 'event', event }),
});

parentPort!.on('message', (message: ToWorker) => {
  if (message.kind === 'checks') {
    const { checks, fromMs, lastSlotMs } = message;
    engine.setChecks(checks, fromMs, lastSlotMs && ((id) => lastSlotMs.get(id)));
  } else if (message.kind === 'once') {
    void runOnce(message.check, clock, network).then((outcome) =>
      send({ kind: 'once', request: message.request, outcome }),
    );
  } else if (message.kind === 'gates') {
    gates.setTargets(message.targets);
  } else {
    engine.stop();
    gates.stop();
    send({ kind: 'stopped' });
    parentPort!.close();
  }
});
