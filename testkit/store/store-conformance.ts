/** What every engine of the store seam must do. A new engine joins by naming how it is opened and what it can. */
import { describe } from 'node:test';
import type { StoreUnderTest } from './store-bench.ts';
import { pointTests } from './store-points.ts';
import { randomTests } from './store-random.ts';
import { retentionTests } from './store-retention.ts';
import { sealingTests } from './store-sealing.ts';
import { transactionTests } from './store-transactions.ts';

export function testStoreConformance(engine: StoreUnderTest): void {
  describe(`${engine.name} keeps the promises of the store seam`, () => {
    pointTests(engine);
    transactionTests(engine);
    sealingTests(engine);
    retentionTests(engine);
    randomTests(engine);
  });
}
