/** Watching an address: what is kept, what is shown of it, and what is refused. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { CallContext } from '../../../../contract/src/handlers.ts';
import { openMemoryStore } from '../../../../testkit/memory-store.ts';
import type { PitwallError } from '../../core/errors.ts';
import { kinds } from '../checks/api.ts';
import type { ProbeResult } from '../checks/kind.ts';
import type { WatchedCheck } from '../services/api.ts';
import { mostPageServices, openEstate } from './estate.ts';
import { watchingHandlers } from './ops.ts';

const operator = { caller: { role: 'operator', actor: 'person:operator' } } as unknown as CallContext;
const passed: ProbeResult = { outcome: 'pass', reason: 'expectations-met', phases: {}, totalUs: 5_000, observed: {} };

async function setUp(onProbe: (check: WatchedCheck) => void = () => {}) {
  const store = openMemoryStore();
  const estate = await openEstate({ store, kinds, builtIn: [], onChange: async () => {} });
  const handlers = watchingHandlers({
    store,
    estate,
    kinds,
    async runOnce(check) {
      onProbe(check);
      return passed;
    },
    nowMs: () => 1_000,
    forgetProposal: async () => {},
    onRemoved: () => {},
  });
  const create = (address: string) => handlers['services.create']({ address, facesCustomers: true }, operator);
  return { store, estate, handlers, create };
}

test('a token in the address of a service is asked with, and shown nowhere', async () => {
  const seen: string[][] = [];
  const { store, estate, create } = await setUp((check) => seen.push([...check.secrets]));
  await create('https://shop.example/orders?page=2&token=tok-4711-canary');
  const [check] = estate.services()[0]!.checks;
  assert.deepEqual((check!.spec as { url: string }).url, 'https://shop.example/orders?page=2&token=tok-4711-canary');
  assert.deepEqual(check!.shownSpec, { url: 'https://shop.example/orders?page=2&token=[redacted]' });
  assert.deepEqual([seen, check!.secrets], [[['tok-4711-canary']], ['tok-4711-canary']], 'hidden in evidence');
  const { secrets: _, spec: __, ...shown } = check!;
  const ledger = await store.read.selectFrom('ledger_body').selectAll().execute();
  const text = JSON.stringify([shown, estate.services()[0]!.title, ledger.map((row) => String(row.body))]);
  assert.ok(text.includes('[redacted]') && !text.includes('canary'), text);
});

test('as many services as there may be, also where the requests come at once; one removed makes room', async () => {
  const { handlers, estate, create } = await setUp();
  for (let n = 1; n < mostPageServices; n += 1) await create(`https://shop-${n}.example`);
  const ends = await Promise.allSettled([1, 2, 3].map((n) => create(`https://late-${n}.example`)));
  const refused = ends.flatMap((end) => (end.status === 'rejected' ? [end.reason as PitwallError] : []));
  assert.deepEqual(
    refused.map(({ code }) => code),
    ['limit-reached', 'limit-reached'],
  );
  assert.match(refused[0]!.message, new RegExp(`^${mostPageServices} services`));
  assert.match(refused[0]!.hint!, /Remove some.*pitwall\.yaml/);
  assert.equal(estate.services().length, mostPageServices);
  await handlers['services.remove']({ serviceId: 'shop-1-example' }, operator);
  await create('https://last.example');
});
