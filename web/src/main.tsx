import { MantineProvider } from '@mantine/core';
import { QueryClientProvider } from '@tanstack/react-query';
import { RouterProvider } from '@tanstack/react-router';
import { StrictMode, useEffect } from 'react';
import { createRoot } from 'react-dom/client';
import { queryClient } from './api/queries.ts';
import { startLive } from './live/live.ts';
import { refresher } from './live/refresh.ts';
import { router } from './router.tsx';
import { LogIn } from './session/log-in.tsx';
import { enter, leave, session } from './session/session.ts';
import '@mantine/core/styles/default-css-variables.css';
import './tokens.css';
import './shell/base.css';
import './shell/controls.css';
import './shell/frame.css';
import './shell/verdict.css';
import './shell/tile.css';
import './shell/states.css';
import './parts/parts.css';

/** The line is held only while somebody is logged in: without a session it would be refused each 5 s. */
function useLiveLine(on: boolean): void {
  useEffect(() => {
    if (!on) return;
    return startLive({ changed: refresher(queryClient), loggedOut: leave });
  }, [on]);
}

function Pitwall() {
  const who = session.use();
  useLiveLine(who.state === 'in');
  if (who.state === 'out') return <LogIn why={who.why} />;
  // Until the answer is there, nothing: the frame would show for one moment what a stranger may not know.
  if (who.state === 'asking') return null;
  return <RouterProvider router={router} />;
}

void enter();
// Who you are and what the page is made of are asked for at once: in a row they would cost a round trip more.
void router.preloadRoute({ to: location.pathname }).catch(() => {});
createRoot(document.getElementById('root')!).render(
  <StrictMode>
    <MantineProvider defaultColorScheme="auto" theme={{ fontFamily: 'var(--font)', respectReducedMotion: true }}>
      <QueryClientProvider client={queryClient}>
        <Pitwall />
      </QueryClientProvider>
    </MantineProvider>
  </StrictMode>,
);
