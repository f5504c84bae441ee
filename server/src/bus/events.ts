/** Live events inside one process: whoever shows something hears that it changed, after the commit. */
import type { LiveEvent } from '../../../contract/src/events.ts';

export interface EventBus {
  publish(event: LiveEvent): void;
  /** Returns the unsubscribe. */
  subscribe(listener: (event: LiveEvent) => void): () => void;
  listenerCount(): number;
}

export function createEventBus(): EventBus {
  const listeners = new Set<(event: LiveEvent) => void>();
  return {
    publish(event) {
      for (const listener of [...listeners]) listener(event);
    },
    subscribe(listener) {
      listeners.add(listener);
      return () => listeners.delete(listener);
    },
    listenerCount: () => listeners.size,
  };
}
