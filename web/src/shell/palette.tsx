/** ⌘K: every service and everything that can be done from anywhere. */
import { useQuery } from '@tanstack/react-query';
import { useRouter } from '@tanstack/react-router';
import { type KeyboardEvent, type ReactNode, useMemo, useState } from 'react';
import { call } from '../api/client.ts';
import { servicesQuery } from '../api/queries.ts';
import { useWriteBlock } from '../live/use-live.ts';
import { focusAddAddress } from '../parts/add-address-focus.ts';
import { toastRun } from '../parts/next-step.tsx';
import { StatusShape } from '../parts/status-shape.tsx';
import { CentreDialog } from './dialog.tsx';
import { places } from './header.tsx';
import { overlay } from './overlays.ts';
import { toastFailed } from './toast.ts';

interface Entry {
  readonly id: string;
  readonly text: string;
  readonly kind: string;
  readonly icon?: ReactNode;
  /** Only among what was asked for: with every check in it the list would be too long to read. */
  readonly asked?: boolean;
  /** Absent where it may not be done; `kind` then says why. */
  readonly run?: () => void;
}

function useEntries(close: () => void): readonly Entry[] {
  const router = useRouter();
  const services = useQuery(servicesQuery);
  const blocked = useWriteBlock('services:write');
  return useMemo(() => {
    const go = (path: string) => () => {
      close();
      router.history.push(path);
    };
    return [
      ...(services.data?.services ?? []).map((service) => ({
        id: `service-${service.serviceId}`,
        text: service.title,
        kind: service.word,
        icon: <StatusShape status={service.status} />,
        run: go(`/services/${service.serviceId}`),
      })),
      ...(services.data?.services ?? []).flatMap((service) =>
        service.checks.flatMap(({ checkId, title, kind, status }) => [
          {
            id: `check-${service.serviceId}-${checkId}`,
            text: `${service.title}: ${title}`,
            kind: `check, ${kind}`,
            icon: <StatusShape status={status} />,
            asked: true,
            run: go(`/services/${service.serviceId}?check=${checkId}`),
          },
          {
            id: `run-${service.serviceId}-${checkId}`,
            text: `Run now: ${service.title}, ${title}`,
            kind: blocked ?? 'do',
            asked: true,
            ...(blocked === null
              ? {
                  run: () => {
                    close();
                    void runNow(service.serviceId, checkId, `${service.title}, ${title}`);
                  },
                }
              : {}),
          },
        ]),
      ),
      ...places.map(({ to, title }) => ({ id: `go-${to}`, text: `Go to ${title}`, kind: 'page', run: go(to) })),
      {
        id: 'watch',
        text: 'Watch an address',
        kind: 'do',
        run: () => {
          close();
          // After the dialog has given focus back, or it would take it from the field.
          setTimeout(() => focusAddAddress((path) => router.history.push(path)), 50);
        },
      },
      { id: 'dependencies', text: 'Go to What needs what', kind: 'page', run: go('/dependencies') },
      { id: 'told', text: 'Choose who is told', kind: 'do', run: () => overlay.set('told') },
      { id: 'keys', text: 'Show keys', kind: 'do', run: () => overlay.set('keys') },
    ];
  }, [services.data, router, close, blocked]);
}

/** More than anybody reads; one more word finds the rest. */
const mostShown = 60;

/** Where it was asked for it is answered, whatever page is open. */
async function runNow(serviceId: string, checkId: string, name: string): Promise<void> {
  try {
    toastRun(await call('checks.run', { serviceId, checkId }), name);
  } catch (error) {
    toastFailed(`${name} was not run`, error);
  }
}

export default function Palette({ close }: { close: () => void }) {
  const [text, setText] = useState('');
  const [at, setAt] = useState(0);
  const entries = useEntries(close);
  const words = text.toLowerCase().split(/\s+/).filter(Boolean);
  const found = entries
    .filter((entry) => words.every((word) => entry.text.toLowerCase().includes(word)))
    .filter((entry) => !entry.asked || words.length > 0)
    .slice(0, mostShown);
  const chosen = Math.min(at, found.length - 1);
  const onKeyDown = (event: KeyboardEvent) => {
    const by = event.key === 'ArrowDown' ? 1 : event.key === 'ArrowUp' ? -1 : 0;
    if (by !== 0 && found.length > 0) {
      event.preventDefault();
      const next = (chosen + by + found.length) % found.length;
      setAt(next);
      document.getElementById(`pal-${found[next]?.id}`)?.scrollIntoView({ block: 'nearest' });
    } else if (event.key === 'Enter') {
      event.preventDefault();
      found[chosen]?.run?.();
    }
  };
  return (
    <CentreDialog title="Find or do" close={close}>
      <div className="pal">
        <input
          data-autofocus
          role="combobox"
          aria-label="Find a service or something to do"
          aria-expanded="true"
          aria-controls="pal-list"
          aria-activedescendant={found[chosen] ? `pal-${found[chosen].id}` : undefined}
          placeholder="A service, a check, a page, or what to do"
          value={text}
          onChange={(event) => {
            setText(event.target.value);
            setAt(0);
          }}
          onKeyDown={onKeyDown}
        />
        {found.length === 0 && <p>Nothing is called that.</p>}
        <div className="pal-list" id="pal-list" role="listbox" aria-label="Found">
          {found.map((entry, index) => (
            // biome-ignore lint/a11y/useFocusableInteractive lint/a11y/useKeyWithClickEvents: keys are handled by the field
            <div
              key={entry.id}
              id={`pal-${entry.id}`}
              role="option"
              className="pal-row"
              aria-selected={index === chosen}
              aria-disabled={entry.run === undefined || undefined}
              onPointerMove={() => setAt(index)}
              onClick={entry.run}
            >
              {entry.icon}
              <span>{entry.text}</span>
              <span>{entry.kind}</span>
            </div>
          ))}
        </div>
      </div>
    </CentreDialog>
  );
}
