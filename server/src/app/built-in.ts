/** What Pitwall watches without being asked: itself, and the machine it runs on. */
import { isDerived, kindNamed } from '../capabilities/checks/api.ts';
import type { ServiceChange } from '../capabilities/recording/api.ts';
import type { WatchedCheck, WatchedService } from '../capabilities/services/api.ts';

export const builtInIds: ReadonlySet<string> = new Set(['pitwall', 'host']);

const every = { intervalMs: 30_000, timeoutMs: 5_000, retries: 1, downAfter: 2, upAfter: 2 } as const;

/** What the message is called, where the change is about Pitwall's way out and not about Pitwall. */
export function headlineOf({ serviceId, to, evidence }: Pick<ServiceChange, 'serviceId' | 'to' | 'evidence'>) {
  if (serviceId !== 'pitwall' || evidence['check'] !== wayOutTitle) return undefined;
  return to === 'up' ? 'Pitwall has its way out again' : 'Pitwall itself has no way out';
}

const wayOutTitle = 'Way out';

interface BuiltInCheck {
  readonly id: string;
  readonly title: string;
  readonly kind: string;
  readonly spec: object;
}

function builtInCheck(serviceId: string, { id, title, kind: name, spec }: BuiltInCheck): WatchedCheck {
  const kind = kindNamed(name);
  return {
    key: `${serviceId}/${id}`,
    serviceId,
    checkId: id,
    title,
    kind: name,
    ...every,
    // Often while it is all there is: the first screen should not wait half a minute for its first line.
    intervalMs: 10_000,
    ...(isDerived(kind) ? { ...kind.timing, retries: 0 } : {}),
    spec: kind.schema.parse(spec),
    shownSpec: spec,
    secrets: [],
    missing: [],
  };
}

function builtIn(serviceId: string, title: string, ...checks: readonly BuiltInCheck[]) {
  const service: WatchedService = {
    serviceId,
    title,
    tile: undefined,
    criticality: 'P2',
    facesCustomers: false,
    dependsOn: [],
    origin: 'built-in',
    ability: undefined,
    checks: checks.map((check) => builtInCheck(serviceId, check)),
  };
  return service;
}

export function builtInServices(port: number, dataDir: string): WatchedService[] {
  const url = `http://127.0.0.1:${port}/healthz`;
  return [
    builtIn(
      'pitwall',
      'Pitwall',
      { id: 'page', title: 'Page and store', kind: 'self', spec: { url } },
      { id: 'way-out', title: wayOutTitle, kind: 'way-out', spec: {} },
    ),
    builtIn('host', 'This host', { id: 'readings', title: 'Disk and memory', kind: 'host', spec: { path: dataDir } }),
  ];
}
