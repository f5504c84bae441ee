/** Server-sent events: the one stream beside the operations. A slow reader is cut off rather than buffered for. */
import type { FastifyInstance, FastifyRequest } from 'fastify';
import type { LiveEvent } from '../../../../contract/src/events.ts';
import type { EventBus } from '../../bus/events.ts';
import { PitwallError } from '../../core/errors.ts';
import type { Clock } from '../../platform/clock.ts';
import { apiPrefix } from './api-prefix.ts';

const heartbeatMs = 5_000;
const mostBufferedBytes = 256 * 1024;
const mostStreams = 100;

export interface EventStreamOptions {
  readonly bus: EventBus;
  readonly clock: Clock;
  readonly authorize: (request: FastifyRequest) => Promise<unknown>;
}

export function addEventStream(app: FastifyInstance, { bus, clock, authorize }: EventStreamOptions): void {
  app.get(`${apiPrefix}/events`, async (request, reply) => {
    await authorize(request);
    if (bus.listenerCount() >= mostStreams) {
      throw new PitwallError('unavailable', `${mostStreams} pages read the events already`, {
        hint: 'Close some, then reload this one.',
      });
    }
    reply.hijack();
    const { raw } = reply;
    raw.writeHead(200, {
      ...reply.getHeaders(),
      'content-type': 'text/event-stream; charset=utf-8',
      'cache-control': 'no-store',
      'x-accel-buffering': 'no',
    } as Record<string, string>);
    const send = (event: LiveEvent): void => {
      if (raw.writableLength > mostBufferedBytes) raw.destroy();
      else raw.write(`data: ${JSON.stringify(event)}\n\n`);
    };
    let cancel = (): void => {};
    const beat = (): void => {
      send({ type: 'heartbeat', atMs: clock.nowMs() });
      // Whoever has logged out meanwhile hears no more.
      cancel = clock.setTimer(() => void authorize(request).then(beat, () => raw.end()), heartbeatMs);
    };
    const unsubscribe = bus.subscribe(send);
    raw.on('close', () => {
      unsubscribe();
      cancel();
    });
    beat();
    return reply;
  });
}
