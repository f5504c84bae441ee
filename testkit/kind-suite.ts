/** What every kind of check must do; a new kind joins by naming a few scenes: it passes, fails, is kept waiting, is echoed. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { inspect } from 'node:util';
import { z } from 'zod';
import type { CheckKind, ProbeContext } from '../server/src/capabilities/checks/kind.ts';
import { checkSchema } from '../server/src/capabilities/config/schema.ts';
import { systemClock } from '../server/src/platform/clock.ts';
import { createNetwork } from '../server/src/platform/resolver.ts';
import { openNetwork, probeKind } from './probe-once.ts';
import type { ScriptedPeer } from './scripted-peer.ts';

/** A world in which a check is probed; what is in it is taken down afterwards. */
export interface Scene {
  /** As they stand in a file. */
  readonly settings: Readonly<Record<string, unknown>>;
  /** The other side, where there is one: its connections must be gone when the result is there. */
  readonly peer?: ScriptedPeer;
  readonly secrets?: readonly string[];
  /** In place of the kind, where its surroundings must be made up. */
  readonly kind?: CheckKind;
}

export interface KindUnderTest {
  readonly kind: CheckKind;
  readonly passes: () => Promise<Scene>;
  readonly fails: readonly { readonly why: string; readonly scene: () => Promise<Scene> }[];
  /** Where it would wait for ever. */
  readonly stuck: () => Promise<Scene>;
  /** What it is told of secrets comes back in every place a peer can put it; absent where it sends nothing. */
  readonly echoed?: () => Promise<Scene & { readonly secrets: readonly string[] }>;
  readonly wrong: readonly { readonly why: string; readonly settings: unknown }[];
  /** Settings that lead to an address, for a kind that connects to where it is told. */
  readonly settingsFor?: (host: string, port: number) => Readonly<Record<string, unknown>>;
}

/** Registers the tests of one kind. */
export function testKind(given: KindUnderTest): void {
  const { kind } = given;
  const run = async (scene: Scene, timeoutMs = 5_000) => {
    await using stack = new AsyncDisposableStack();
    if (scene.peer !== undefined) stack.use(scene.peer);
    const result = await probeKind(scene.kind ?? kind, scene.settings, { timeoutMs, secrets: scene.secrets ?? [] });
    await scene.peer?.allClosed();
    return result;
  };

  test(`${kind.kind}: what is well passes, with a sentence for the page`, async () => {
    const result = await run(await given.passes());
    assert.equal(result.outcome, 'pass', inspect(result));
    assert.doesNotMatch(kind.describe(result.observed, result.totalUs), /\?|undefined|NaN/);
  });

  test(`${kind.kind}: before anything was seen there is a sentence, too`, () => {
    assert.doesNotMatch(kind.describe({}, -1), /undefined|NaN|\[object/);
  });

  for (const { why, scene } of given.fails) {
    test(`${kind.kind}: ${why}`, async () => {
      const result = await run(await scene());
      assert.notEqual(result.outcome, 'pass', inspect(result));
    });
  }

  test(`${kind.kind}: a deadline ends what would wait for ever and frees every socket`, async () => {
    const result = await run(await given.stuck(), 150);
    assert.notEqual(result.outcome, 'pass', inspect(result));
    assert.ok(result.totalUs >= 140_000, `over before its time: ${result.totalUs} µs`);
  });

  test(`${kind.kind}: a deadline that passed before it began ends it as well`, async () => {
    const scene = await given.stuck();
    await using stack = new AsyncDisposableStack();
    if (scene.peer !== undefined) stack.use(scene.peer);
    const context: ProbeContext = {
      ...{ clock: systemClock, network: openNetwork, timeoutMs: 1, secrets: [] },
      onDeadline: (release) => release(),
    };
    const result = await (scene.kind ?? kind).probe(kind.schema.parse(scene.settings), context);
    assert.notEqual(result.outcome, 'pass', inspect(result));
    await scene.peer?.allClosed();
  });

  const { echoed } = given;
  if (echoed !== undefined) {
    test(`${kind.kind}: secrets that the other side shows back are in no evidence and no sentence`, async () => {
      const scene = await echoed();
      const result = await run(scene);
      assert.notEqual(result.outcome, 'pass', inspect(result));
      assert.ok(
        (scene.peer?.heard ?? []).some(({ received }) => scene.secrets.some((text) => received.includes(text))),
      );
      const shown = inspect(result, { depth: 9 }) + JSON.stringify(result);
      for (const secret of scene.secrets) {
        for (const spelling of [
          secret,
          encodeURIComponent(secret),
          Buffer.from(secret).toString('base64').slice(0, -3),
        ])
          assert.ok(!shown.includes(spelling), `${spelling} is seen in ${shown}`);
        // A part of a secret is one, too.
        assert.ok(!shown.includes(secret.slice(0, 8)), `the beginning of ${secret} is seen in ${shown}`);
      }
    });
  }

  for (const { why, settings } of given.wrong) {
    test(`${kind.kind}: settings are refused: ${why}`, () => {
      assert.equal(kind.schema.safeParse(settings).success, false);
    });
  }

  test(`${kind.kind}: a key that does not exist is refused at every depth`, async () => {
    const { settings, peer } = await given.passes();
    await peer?.[Symbol.asyncDispose]();
    assert.equal(kind.schema.safeParse(settings).success, true);
    assert.equal(kind.schema.safeParse({ ...settings, expcet: {} }).success, false);
    assert.equal(kind.schema.safeParse({ ...settings, expect: { sttaus: 200 } }).success, false);
  });

  test(`${kind.kind}: the schema describes each setting, for the page and the reference`, () => {
    const { properties = {} } = z.toJSONSchema(kind.schema, { io: 'input' });
    assert.ok(Object.keys(properties).length > 0);
    // Such a key would be taken for the check's own, and never reach the kind.
    for (const name of Object.keys(checkSchema.shape)) assert.ok(!(name in properties), `${name} is every check’s`);
    for (const [name, property] of Object.entries(properties))
      assert.ok((property as { description?: string }).description, `${name} has no description`);
    // A path of secrets that leads nowhere protects nothing.
    for (const path of kind.secretPaths) assert.ok(properties[path.split('.')[0]!] !== undefined, path);
  });

  const { settingsFor } = given;
  if (settingsFor !== undefined) {
    test(`${kind.kind}: an address that the policy forbids is not dialled, and says nothing about the target`, async () => {
      const { peer, settings: _ } = await given.passes();
      await using server = peer!;
      const network = createNetwork({ allowPrivate: false, allow: [] }, systemClock);
      const result = await probeKind(kind, settingsFor('127.0.0.1', server.port), { network });
      assert.deepEqual([result.outcome, result.reason], ['unknown', 'address-not-allowed']);
      assert.equal(server.opened, 0);
    });

    test(`${kind.kind}: metadata addresses are never dialled, not even where private ones may be`, async () => {
      const result = await probeKind(kind, settingsFor('169.254.169.254', 80));
      assert.deepEqual([result.outcome, result.reason], ['unknown', 'address-not-allowed']);
    });

    test(`${kind.kind}: a name that does not exist is told apart from a target that is down`, async () => {
      const result = await probeKind(kind, settingsFor('no-such-host.invalid', 80));
      assert.equal(result.outcome, 'fail');
      assert.ok(result.reason === 'dns-not-found' || result.reason === 'dns-failed', inspect(result));
      assert.match(result.sentence, /no-such-host\.invalid/);
    });

    test(`${kind.kind}: a port where nothing listens is refused, not slow`, async () => {
      const { peer } = await given.passes();
      const { port } = peer!;
      await peer![Symbol.asyncDispose]();
      const result = await probeKind(kind, settingsFor('127.0.0.1', port));
      assert.deepEqual([result.outcome, result.reason], ['fail', 'connection-refused']);
      assert.equal(result.sentence, `Nothing listens at 127.0.0.1:${port}: connection refused`);
    });
  }
}
