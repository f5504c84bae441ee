/** The other side of the network: what is watched, and where messages go. Each behaves as the script says. */
import { z } from 'zod';
import type { CheckKind, ProbeContext, ProbeResult } from '../../server/src/capabilities/checks/kind.ts';
import type { ChannelKind, Delivery } from '../../server/src/capabilities/outbox/channels/channel.ts';
import type { AttemptResult } from '../../server/src/capabilities/outbox/domain.ts';
import type { SeededRandom } from '../seeded-random.ts';
import type { SimulatedThread, SimulatedTime } from '../simulated-time.ts';
import { never } from './disk.ts';
import { moodAt, type Script } from './script.ts';

/** A message that a channel's receiver has read. */
export interface Arrival {
  readonly channelId: string;
  readonly messageId: string;
  readonly data: Delivery['message']['data'];
  readonly atMs: number;
  /** The status that reached Pitwall before it died, where one did. */
  answered: number | undefined;
}

export interface PeersOptions {
  readonly script: Script;
  readonly time: SimulatedTime;
  readonly random: SeededRandom;
  /** A check has begun. */
  readonly onProbe: () => void;
  /** A message is about to leave, and: it was read by its receiver. Answering true kills the process there. */
  readonly onHandOver: (channelId: string, delivery: Delivery) => boolean;
  readonly onArrival: (arrival: Arrival) => boolean;
}

export function simulatedCheckKind({ script, time, random, onProbe }: PeersOptions): CheckKind {
  const result = (outcome: ProbeResult['outcome'], reason: ProbeResult['reason'], totalUs: number): ProbeResult => ({
    outcome,
    reason,
    totalUs,
    phases: { waitUs: totalUs },
    observed: {},
    ...(outcome === 'pass' ? {} : { evidence: { facts: { host: 'peer', address: 'peer', code: 'SIMULATED' } } }),
  });
  return {
    kind: 'simulated',
    title: 'A peer of the simulation',
    schema: z.strictObject({ key: z.string() }),
    secretPaths: [],
    describe: () => '',
    probe(spec, context) {
      onProbe();
      const { key } = spec as { key: string };
      let mood = moodAt(script.targets.get(key)!, time.nowUs / 1_000);
      if (mood === 'flapping') mood = random.pick(['up', 'up', 'refused', 'slow'] as const);
      const ms = (least: number, most: number): number => random.int(least * 1_000, most * 1_000);
      if (mood === 'up') return after(context, ms(2, 120), (us) => result('pass', 'expectations-met', us));
      if (mood === 'slow') return after(context, ms(250, 900), (us) => result('degraded', 'too-slow', us));
      if (mood === 'refused') return after(context, ms(1, 4), (us) => result('fail', 'connection-refused', us));
      if (mood === 'hanging') return after(context, ms(60_000, 90_000), (us) => result('pass', 'expectations-met', us));
      return random.chance(0.2)
        ? Promise.reject(new Error('a mistake of ours'))
        : after(context, ms(1, 4), (us) => result('unknown', 'dns-failed', us));
    },
  };

  function after(context: ProbeContext, delayUs: number, end: (totalUs: number) => ProbeResult): Promise<ProbeResult> {
    return new Promise((resolve) => {
      const cancel = context.clock.setTimer(() => resolve(end(delayUs)), delayUs / 1_000);
      context.onDeadline(() => {
        cancel();
        resolve(result('fail', 'timeout', context.timeoutMs * 1_000));
      });
    });
  }
}

export function simulatedChannelKind(options: PeersOptions, thread: SimulatedThread): ChannelKind {
  const { script, time, random, onHandOver, onArrival } = options;
  const schema = z.strictObject({ channelId: z.string() });

  async function send(channelId: string, delivery: Delivery, timeoutMs: number): Promise<AttemptResult> {
    if (!thread.alive || onHandOver(channelId, delivery)) return await never();
    const mood = moodAt(script.channels.get(channelId)!, time.nowUs / 1_000);
    const answer = Promise.withResolvers<AttemptResult>();
    const answerAfter = (delayMs: number, result: AttemptResult): void => {
      time.plan(delayMs * 1_000, () => answer.resolve(result), thread);
    };
    if (mood === 'unreachable') {
      answerAfter(random.int(1, 3_000), { outcome: 'unsent', why: 'Nothing listens there' });
      return await answer.promise;
    }
    answerAfter(timeoutMs, { outcome: 'unclear', why: 'No answer' });
    if (mood === 'reset') answerAfter(random.int(5, 2_000), { outcome: 'unclear', why: 'Reset' });
    const isRead = mood === 'reset' ? random.chance(0.5) : mood === 'hanging' ? random.chance(0.7) : true;
    if (!isRead) return await answer.promise;
    // Once it has left, it arrives whether or not Pitwall lives to see it.
    time.plan(random.int(1, 80) * 1_000, () => {
      const arrival: Arrival = {
        channelId,
        messageId: delivery.messageId,
        data: delivery.message.data,
        atMs: time.nowUs / 1_000,
        answered: undefined,
      };
      const dies = onArrival(arrival);
      if (dies || mood === 'reset' || mood === 'hanging') return;
      const status = statusOf(mood);
      const retryAfterMs = mood === 'busy' ? random.int(0, 120) * 1_000 : undefined;
      const delayMs = mood === 'sluggish' ? random.int(1_000, 12_000) : random.int(1, 80);
      time.plan(
        delayMs * 1_000,
        () => {
          if (delayMs < timeoutMs - 80) arrival.answered = status;
          answer.resolve({ outcome: 'answered', status, retryAfterMs });
        },
        thread,
      );
    });
    return await answer.promise;
  }

  return {
    kind: 'simulated',
    title: 'A receiver of the simulation',
    schema,
    secrets: {},
    shownTarget: () => 'simulated',
    send: (settings, delivery, { timeoutMs }) =>
      send((settings as { channelId: string }).channelId, delivery, timeoutMs),
  };
}

function statusOf(mood: string): number {
  return { failing: 500, busy: 429, refusing: 400, gone: 410 }[mood] ?? 200;
}
