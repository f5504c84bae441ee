/** Rules between services: what is needed exists, nobody needs himself, and a name has one history. */

import { fixFromChoices } from '../../core/near-choice.ts';
import { showValue } from '../../core/value-path.ts';
import type { Rename } from '../history/api.ts';
import { type Place, placeOf, type SourceValue } from './document.ts';
import type { FaultList } from './faults.ts';

interface Need {
  readonly from: string;
  readonly to: string;
  readonly at: Place;
  readonly index: number;
}

function entriesAt(root: SourceValue, key: string): [string, SourceValue][] {
  if (root.type !== 'map') return [];
  const found = root.entries.get(key)?.value;
  return found?.type === 'map' ? [...found.entries].map(([name, entry]) => [name, entry.value]) : [];
}

/** Read from the tree, not from what was accepted: a service with another fault still exists. */
function needsOf(root: SourceValue): { needs: Need[]; names: string[] } {
  const services = entriesAt(root, 'services');
  const needs: Need[] = [];
  for (const [from, service] of services) {
    const list = service.type === 'map' ? service.entries.get('dependsOn')?.value : undefined;
    if (list?.type !== 'list') continue;
    for (const [index, item] of list.items.entries()) {
      // One from a variable is judged by nobody: names of services do not belong in the environment.
      if (item.type !== 'scalar' || typeof item.value !== 'string' || item.value.includes(`\${`)) continue;
      needs.push({ from, to: item.value, at: item.at, index });
    }
  }
  return { needs, names: services.map(([name]) => name) };
}

/** Unknown names, repeats, and circles of `dependsOn`; each circle is named once. */
export function judgeDependencies(root: SourceValue, faults: FaultList): void {
  const { needs, names } = needsOf(root);
  const graph = new Map<string, Need[]>();
  for (const need of needs) {
    const path = ['services', need.from, 'dependsOn', need.index];
    const earlier = graph.get(need.from) ?? [];
    if (!names.includes(need.to)) {
      const others = names.filter((name) => name !== need.from);
      const fix = fixFromChoices(need.to, others, 'services');
      faults.add(need.at, path, { message: `there is no service \`${need.to}\``, fix, value: showValue(need.to) });
    } else if (earlier.some((other) => other.to === need.to)) {
      const message = `\`${need.to}\` is named twice`;
      faults.add(need.at, path, { message, fix: 'remove one of the two', value: showValue(need.to) });
    } else graph.set(need.from, [...earlier, need]);
  }
  const done = new Set<string>();
  const visit = (name: string, trail: readonly string[]): void => {
    for (const need of graph.get(name) ?? []) {
      const start = [...trail, name].indexOf(need.to);
      if (start >= 0) {
        const circle = [...[...trail, name].slice(start), need.to].join(' → ');
        const path = ['services', need.from, 'dependsOn', need.index];
        const message = start === trail.length ? 'a service cannot depend on itself' : `a circle: ${circle}`;
        faults.add(need.at, path, { message, fix: 'remove this dependency', value: showValue(need.to) });
      } else if (!done.has(need.to)) visit(need.to, [...trail, name]);
    }
    done.add(name);
  };
  for (const name of names) if (!done.has(name)) visit(name, []);
}

/** A `was:` that is still in use, or claimed twice, would mix two histories. */
export function judgeRenames(root: SourceValue, renames: readonly Rename[], faults: FaultList): void {
  const services = entriesAt(root, 'services');
  const inUse = new Set<string>();
  for (const [serviceId, service] of services) {
    inUse.add(serviceId);
    for (const [checkId] of entriesAt(service, 'checks')) inUse.add(`${serviceId}/${checkId}`);
  }
  const claimed = new Set<string>();
  for (const { from, to, kind } of renames) {
    const [serviceId, checkId] = to.split('/');
    const path = kind === 'check' ? ['services', serviceId!, 'checks', checkId!, 'was'] : ['services', to, 'was'];
    const value = showValue(from.split('/').at(-1));
    const fault = (message: string, fix: string) => faults.add(placeOf(root, path), path, { message, fix, value });
    if (inUse.has(from)) fault(`\`${from}\` is still in the file under that name`, 'remove `was`, or rename the other');
    else if (claimed.has(from)) fault(`another ${kind} says too that it was \`${from}\``, 'keep one of the two');
    claimed.add(from);
  }
}
