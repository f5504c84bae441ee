/** Which of the things that float is open; one at a time. */
import { store } from './store.ts';

export type Overlay = 'told' | 'find' | 'keys';
export const overlay = store<Overlay | null>(null);
export const closeOverlay = (): void => overlay.set(null);
