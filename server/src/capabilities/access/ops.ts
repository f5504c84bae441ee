/** Logging in by a start link, seeing who one is, logging out. */
import type { SomeHandlers } from '../../../../contract/src/handlers.ts';
import { PitwallError } from '../../core/errors.ts';
import type { Access } from './gate.ts';

type Names = 'session.create' | 'session.get' | 'session.end' | 'session.link';

export function accessHandlers(access: Access): SomeHandlers<Names> {
  return {
    'session.create': async ({ token }, { remote, session }) => {
      const made = await access.redeem(token, remote);
      session.start(made.token, made.session.expiresAtMs);
      return { role: made.session.role, expiresAtMs: made.session.expiresAtMs };
    },
    'session.get': async (_, { caller, session }) => {
      if (caller === undefined) throw new PitwallError('unauthenticated', 'Log in first');
      const own = caller.actor.startsWith('cli:') ? undefined : await access.sessionOf(session.token);
      // The cookie is to last as long as the session behind it, which each use prolongs.
      if (own !== undefined) session.start(session.token!, own.expiresAtMs);
      return { role: caller.role, expiresAtMs: own?.expiresAtMs ?? null };
    },
    'session.end': async (_, { session }) => {
      const ended = await access.end(session.token);
      session.end();
      return { ended };
    },
    'session.link': async () => access.startLink(),
  };
}
