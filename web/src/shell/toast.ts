/** One line about what you just did; errors stay until they are closed. Alerts never come this way. */
import { asCallError } from '../api/problem.ts';
import { store } from './store.ts';

export interface Toast {
  readonly id: number;
  readonly text: string;
  readonly bad: boolean;
  readonly link?: { readonly text: string; readonly href: string };
  readonly undo?: () => void;
}

const shownMs = 6_000;
let nextId = 1;
export const toasts = store<readonly Toast[]>([]);

export function closeToast(id: number): void {
  toasts.set(toasts.get().filter((toast) => toast.id !== id));
}

export function toastDone(text: string, more: Pick<Toast, 'link' | 'undo'> = {}): void {
  const id = nextId++;
  toasts.set([...toasts.get().slice(-2), { id, text, bad: false, ...more }]);
  setTimeout(() => closeToast(id), shownMs);
}

/** What you asked for was done, and brought bad news. */
export function toastBad(text: string): void {
  toasts.set([...toasts.get().slice(-2), { id: nextId++, text, bad: true }]);
}

export function toastFailed(what: string, error: unknown): void {
  const { message, hint } = asCallError(error);
  toastBad(`${what}: ${message}${hint ? ` ${hint}` : ''}`);
}
