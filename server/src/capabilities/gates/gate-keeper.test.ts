import assert from 'node:assert/strict';
import { test } from 'node:test';
import { setImmediate as turn } from 'node:timers/promises';
import { SteppedClock } from '../../../../testkit/stepped-clock.ts';
import { NetworkFault } from '../../platform/network.ts';
import { GateKeeper } from './gate-keeper.ts';

const names: Readonly<Record<string, string>> = {
  'shop.test': '44.0.0.9',
  'db.test': '10.0.0.5',
  'gate.test': '44.0.0.1',
};

/** A way out whose parts open and shut as the test says, and which counts how often each was asked. */
function world({ targets = [] as readonly string[] } = {}) {
  const clock = new SteppedClock(0);
  const open = { route: true, resolver: true, targets: true };
  const asked: string[] = [];
  const changes: (string | undefined)[] = [];
  const answer = async (part: keyof typeof open, what: string) => {
    asked.push(what);
    await turn();
    return open[part];
  };
  const keeper = new GateKeeper({
    clock,
    network: {
      forbids: () => undefined,
      async resolve(host) {
        const address = names[host];
        if (address === undefined || !open.resolver) throw new NetworkFault('dns-failed', { host });
        return { address, family: 4 };
      },
    },
    wayOut: {
      hasRoute: (address) => answer('route', `route ${address}`),
      resolverAnswers: () => answer('resolver', 'resolver'),
      accepts: (address, port) => answer('targets', `${address}:${port}`),
    },
    onChange: ({ gate }) => changes.push(gate),
  });
  keeper.setTargets(targets);
  const blamed = (host: string, reason = 'connect-timeout' as const, sinceUs = clock.monotonicUs()) =>
    keeper.blamed({ host, reason, sinceUs });
  return { clock, open, asked, changes, keeper, blamed };
}

test('twenty that fail at once ask once, and so do those of the next two seconds', async () => {
  const { clock, open, asked, blamed } = world({ targets: ['tcp://44.0.0.1:443'] });
  open.targets = false;
  const all = await Promise.all(Array.from({ length: 20 }, () => blamed('44.0.0.9')));
  assert.deepEqual(new Set(all), new Set(['tcp://44.0.0.1:443']));
  const connections = () => asked.filter((what) => what === '44.0.0.1:443').length;
  assert.equal(connections(), 1);
  await clock.advance(1_900);
  await blamed('44.0.0.9');
  assert.equal(connections(), 1);
  await clock.advance(200);
  await blamed('44.0.0.9');
  assert.equal(connections(), 2);
});

test('whose target is near, or who got an answer, is not held up by any gate', async () => {
  const { open, asked, blamed } = world();
  open.route = false;
  assert.equal(blamed('127.0.0.1'), undefined);
  assert.equal(blamed('10.1.2.3'), undefined);
  assert.equal(blamed('localhost'), undefined);
  assert.equal(blamed('44.0.0.9', 'connection-refused' as never), undefined);
  assert.equal(await blamed('db.test'), undefined, 'a name that leads to the own net is judged by where it leads');
  assert.deepEqual(asked, []);
});

test('the resolver is asked where the lookup failed, and only there', async () => {
  const { open, asked, blamed } = world();
  assert.equal(await blamed('shop.test', 'dns-failed' as never), undefined);
  assert.deepEqual(asked, ['resolver']);
  open.resolver = false;
  assert.equal(await blamed('44.0.0.9'), undefined, 'one that is given by address needs no resolver');
});

test('a resolver that fails is to blame for names', async () => {
  const { open, blamed } = world();
  open.resolver = false;
  assert.equal(await blamed('shop.test', 'dns-timeout' as never), 'the resolver of this machine');
});

test('a failure that was under way while the way was cut is not the target’s, though the way is back', async () => {
  const { clock, open, changes, blamed } = world();
  await clock.advance(10_000);
  open.route = false;
  assert.equal(await blamed('44.0.0.9'), 'the network of this machine');
  open.route = true;
  await clock.advance(2_500);
  assert.deepEqual(changes, ['the network of this machine', undefined]);
  assert.equal(await blamed('44.0.0.8', 'timeout' as never, 9_000_000), 'the network of this machine');
  assert.equal(await blamed('44.0.0.8', 'timeout' as never, 12_400_000), undefined, 'begun after: theirs');
});

test('its closing is told once however many fail, and its opening without anybody failing', async () => {
  const { clock, open, changes, blamed } = world({ targets: ['https://gate.test'] });
  open.targets = false;
  for (let second = 0; second < 30; second += 1) {
    await blamed('44.0.0.9');
    await clock.advance(1_000);
  }
  assert.deepEqual(changes, ['https://gate.test']);
  open.targets = true;
  await clock.advance(4_500);
  assert.deepEqual(changes, ['https://gate.test', undefined]);
});

test('one gate of several is enough', async () => {
  const { open, blamed } = world({ targets: ['https://nowhere.test', 'tcp://44.0.0.1:443'] });
  assert.equal(await blamed('44.0.0.9'), undefined);
  open.targets = false;
  assert.equal(await blamed('44.0.0.9'), undefined, 'for two seconds the answer serves');
});
