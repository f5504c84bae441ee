/** What a simulated Pitwall stands on. */
import type { ResultBatch } from '../../server/src/capabilities/prober/api.ts';
import type { Store } from '../../server/src/storage/store.ts';
import type { SeededRandom } from '../seeded-random.ts';
import type { SimulatedThread, SimulatedTime } from '../simulated-time.ts';
import type { SimulatedDisk } from './disk.ts';
import type { Judges } from './judges.ts';
import type { PeersOptions } from './peers.ts';
import type { Script } from './script.ts';

export interface Ground {
  readonly script: Script;
  readonly time: SimulatedTime;
  readonly random: SeededRandom;
  readonly disk: SimulatedDisk;
  readonly judges: Judges;
  readonly peers: PeersOptions;
  /** A process looks at what its predecessors left. */
  reopened(store: Store): void;
  /** The recorder is given these, by whomever. */
  taken(batch: ResultBatch): void;
  /** Results on their way from the prober to the recorder, which takes them if they get there. */
  results(batch: ResultBatch, main: SimulatedThread, take: (batch: ResultBatch) => void): void;
}
