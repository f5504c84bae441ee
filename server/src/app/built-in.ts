/** What Pitwall watches without being asked: itself, and the machine it runs on. */
import { kindNamed } from '../capabilities/checks/api.ts';
import type { WatchedCheck, WatchedService } from '../capabilities/services/api.ts';

export const builtInIds: ReadonlySet<string> = new Set(['pitwall', 'host']);

const every = { intervalMs: 30_000, timeoutMs: 5_000, retries: 1, downAfter: 2, upAfter: 2 } as const;

function builtIn(serviceId: string, title: string, check: { id: string; title: string; kind: string; spec: object }) {
  const watched: WatchedCheck = {
    key: `${serviceId}/${check.id}`,
    serviceId,
    checkId: check.id,
    title: check.title,
    kind: check.kind,
    ...every,
    // Often while it is all there is: the first screen should not wait half a minute for its first line.
    intervalMs: 10_000,
    spec: kindNamed(check.kind).schema.parse(check.spec),
    shownSpec: check.spec,
    secrets: [],
    missing: [],
  };
  const service: WatchedService = {
    serviceId,
    title,
    tile: undefined,
    criticality: 'P2',
    facesCustomers: false,
    dependsOn: [],
    origin: 'built-in',
    ability: undefined,
    checks: [watched],
  };
  return service;
}

export function builtInServices(port: number, dataDir: string): WatchedService[] {
  const url = `http://127.0.0.1:${port}/healthz`;
  return [
    builtIn('pitwall', 'Pitwall', { id: 'page', title: 'Page and store', kind: 'self', spec: { url } }),
    builtIn('host', 'This host', { id: 'readings', title: 'Disk and memory', kind: 'host', spec: { path: dataDir } }),
  ];
}
