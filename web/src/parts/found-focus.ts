/** What was found on this machine: shown at first start, later when somebody asks for it. */
import { store } from '../shell/store.ts';

/** How often it was asked for; each time the list comes into view and takes the focus. */
export const foundAsked = store(0);

export function focusFound(goTo: (path: string) => void): void {
  foundAsked.set(foundAsked.get() + 1);
  if (location.pathname !== '/') goTo('/');
}
