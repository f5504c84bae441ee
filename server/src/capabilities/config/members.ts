/** Rules of checks that are judged from others (kind `group`): those exist, and none waits for itself. */

import { fixFromChoices } from '../../core/near-choice.ts';
import { showValue } from '../../core/value-path.ts';
import { type AnyKind, isDerived } from '../checks/kind.ts';
import type { WatchedService } from '../services/api.ts';
import { placeOf, type SourceValue } from './document.ts';
import type { FaultList } from './faults.ts';

interface Member {
  readonly key: string;
  readonly of: string;
  readonly path: readonly (string | number)[];
}

export function judgeMembers(
  root: SourceValue,
  services: readonly WatchedService[],
  context: {
    readonly kinds: ReadonlyMap<string, AnyKind>;
    /** Services that are watched without being written. */
    readonly builtInIds: ReadonlySet<string>;
    readonly faults: FaultList;
  },
): void {
  const { faults } = context;
  const checksOf = new Map(services.map(({ serviceId, checks }) => [serviceId, checks.map(({ key }) => key)]));
  const keys = new Set([...checksOf.values()].flat());
  const members = membersOf(services, context.kinds);
  const graph = new Map<string, { member: Member; to: string }[]>();
  for (const member of members) {
    const { of, key, path } = member;
    const targets = of.includes('/') ? (keys.has(of) ? [of] : undefined) : checksOf.get(of);
    if (targets === undefined && !context.builtInIds.has(of.split('/')[0]!)) {
      const kind = of.includes('/') ? 'checks' : 'services';
      const choices = of.includes('/') ? [...keys].filter((other) => other !== key) : [...checksOf.keys()];
      const message = `there is no ${kind.slice(0, -1)} \`${of}\``;
      faults.add(placeOf(root, path), path, { message, fix: fixFromChoices(of, choices, kind), value: showValue(of) });
      continue;
    }
    graph.set(key, [...(graph.get(key) ?? []), ...(targets ?? []).map((to) => ({ member, to }))]);
  }
  const done = new Set<string>();
  const told = new Set<Member>();
  const visit = (key: string, trail: readonly string[]): void => {
    for (const { member, to } of graph.get(key) ?? []) {
      const start = [...trail, key].indexOf(to);
      if (start >= 0 && !told.has(member)) {
        told.add(member);
        const circle = [...[...trail, key].slice(start), to].join(' → ');
        const fix = 'remove this member, or name single checks as service/check';
        const message = `a circle: ${circle}`;
        faults.add(placeOf(root, member.path), member.path, { message, fix, value: showValue(member.of) });
      } else if (start < 0 && !done.has(to)) visit(to, [...trail, key]);
    }
    done.add(key);
  };
  for (const key of graph.keys()) if (!done.has(key)) visit(key, []);
}

function membersOf(services: readonly WatchedService[], kinds: ReadonlyMap<string, AnyKind>): Member[] {
  return services.flatMap(({ serviceId, checks }) =>
    checks.flatMap(({ key, checkId, kind: name, spec, missing }) => {
      const kind = kinds.get(name);
      // With a variable missing the spec is not what its schema would make of it.
      if (kind === undefined || !isDerived(kind) || missing.length > 0) return [];
      const base = ['services', serviceId, 'checks', checkId, 'members'] as const;
      return (kind.subjects?.(spec) ?? []).map((of, index) => ({ key, of, path: [...base, index] }));
    }),
  );
}
