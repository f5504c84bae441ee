/** Where each service stands in the picture of who needs whom: users at the left, what they need to the right. Pure. */
import type { ServiceRow } from '../../../contract/src/views.ts';

type Linked = Pick<ServiceRow, 'serviceId' | 'dependsOn'>;

export interface Placed<T> {
  readonly service: T;
  /** Column, from the left. */
  readonly layer: number;
  readonly row: number;
}

export interface Edge {
  readonly from: string;
  readonly to: string;
}

export interface Picture<T> {
  readonly placed: readonly Placed<T>[];
  readonly edges: readonly Edge[];
  readonly layers: number;
  readonly rows: number;
  /** What hangs on nothing. */
  readonly alone: readonly T[];
}

/** All that can be reached from one service, one way. */
function reach(from: string, next: (id: string) => readonly string[]): Set<string> {
  const seen = new Set([from]);
  const visit = (id: string): void => {
    for (const other of next(id)) {
      if (seen.has(other)) continue;
      seen.add(other);
      visit(other);
    }
  };
  visit(from);
  return seen;
}

/** What one service needs and what needs it, by whatever way; or all of them. */
export function pictureOf<T extends Linked>(services: readonly T[], of?: string): Picture<T> {
  const byId = new Map(services.map((service) => [service.serviceId, service]));
  const needs = (id: string) => (byId.get(id)?.dependsOn ?? []).filter((other) => byId.has(other) && other !== id);
  const users = (id: string) =>
    services.filter((one) => needs(one.serviceId).includes(id)).map(({ serviceId }) => serviceId);
  const wanted = of === undefined ? undefined : new Set([...reach(of, needs), ...reach(of, users)]);
  const shown = services.filter(({ serviceId }) => wanted?.has(serviceId) ?? true);
  const isLinked = (id: string) => id === of || needs(id).length > 0 || users(id).length > 0;
  const linked = shown.filter(({ serviceId }) => isLinked(serviceId));
  const edges = linked.flatMap(({ serviceId: from }) =>
    needs(from)
      .filter((to) => wanted?.has(to) ?? true)
      .map((to) => ({ from, to })),
  );
  const placed = place(linked, layersOf(linked, edges), edges);
  return {
    placed,
    edges,
    layers: 1 + Math.max(-1, ...placed.map(({ layer }) => layer)),
    rows: 1 + Math.max(-1, ...placed.map(({ row }) => row)),
    alone: shown.filter(({ serviceId }) => !isLinked(serviceId)),
  };
}

/** The longest way from whom nobody needs; of a circle, the edge that closes it counts for nothing. */
function layersOf(linked: readonly Linked[], edges: readonly Edge[]): Map<string, number> {
  const layers = new Map<string, number>();
  const open = new Set<string>();
  const layerOf = (id: string): number => {
    const known = layers.get(id);
    if (known !== undefined) return known;
    open.add(id);
    const users = edges.filter(({ from, to }) => to === id && !open.has(from));
    const layer = Math.max(-1, ...users.map(({ from }) => layerOf(from))) + 1;
    open.delete(id);
    layers.set(id, layer);
    return layer;
  };
  for (const { serviceId } of linked) layerOf(serviceId);
  return layers;
}

/** Beside the mean of its users, so that few lines cross; where that says nothing, in the order given. */
function place<T extends Linked>(
  linked: readonly T[],
  layers: ReadonlyMap<string, number>,
  edges: readonly Edge[],
): Placed<T>[] {
  const rows = new Map<string, number>();
  const placed: Placed<T>[] = [];
  const last = Math.max(-1, ...layers.values());
  for (let layer = 0; layer <= last; layer += 1) {
    const here = linked
      .filter(({ serviceId }) => layers.get(serviceId) === layer)
      .map((service, index) => {
        const users = edges.flatMap(({ from, to }) => (to === service.serviceId ? (rows.get(from) ?? []) : []));
        const mean = users.length === 0 ? index : users.reduce((sum, row) => sum + row, 0) / users.length;
        return { service, mean };
      })
      .sort((a, b) => a.mean - b.mean);
    for (const [row, { service }] of here.entries()) {
      rows.set(service.serviceId, row);
      placed.push({ service, layer, row });
    }
  }
  return placed;
}
