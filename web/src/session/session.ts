/** Who you are here, found out once before anything is drawn. */
import { call, type Output } from '../api/client.ts';
import { CallError } from '../api/problem.ts';
import { store } from '../shell/store.ts';

type Role = Output<'session.get'>['role'];
export type Session =
  | { readonly state: 'asking' }
  | { readonly state: 'in'; readonly role: Role }
  | { readonly state: 'out'; readonly why: string | null };

export const session = store<Session>({ state: 'asking' });

/** The token is good once, so it leaves the address bar, and with it the history, before it is sent. */
function takeToken(): string | null {
  const token = new URLSearchParams(location.hash.replace(/^#/, '')).get('token');
  if (token !== null) history.replaceState(history.state, '', location.pathname + location.search);
  return token;
}

export async function enter(token: string | null = takeToken()): Promise<void> {
  try {
    const { role } = token === null ? await call('session.get', {}) : await call('session.create', { token });
    session.set({ state: 'in', role });
  } catch (error) {
    if (!(error instanceof CallError) || (error.status !== 401 && token === null)) {
      // Not reached: whoever has a session may still have one, so the page shows what it can and says so.
      session.set({ state: 'in', role: 'manager' });
      return;
    }
    // A used link and a session that still holds: no reason to ask for another.
    if (token !== null && error.code === 'unauthenticated') {
      const held = await call('session.get', {}).catch(() => null);
      if (held) return session.set({ state: 'in', role: held.role });
    }
    // What is wrong with the form of a token is no news to anybody: what to do is.
    const why = error.code === 'invalid-input' ? 'That is no start link of this Pitwall.' : error.message;
    session.set({ state: 'out', why: token === null ? null : why });
  }
}

export function leave(): void {
  session.set({ state: 'out', why: null });
}

/** The token inside a pasted link, or the token itself. */
export function tokenIn(pasted: string): string | null {
  const found = /[#?&]token=([^&\s]+)/.exec(pasted)?.[1];
  if (found !== undefined) return decodeURIComponent(found);
  return /^[\w.~-]{16,200}$/.test(pasted.trim()) ? pasted.trim() : null;
}
