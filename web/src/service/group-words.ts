/** What a group says of itself, read from its spec as it was written. */
interface Member {
  readonly of: string;
  readonly weight: number;
}

interface Group {
  readonly members: readonly Member[];
  readonly needs: unknown;
}

/** As it was written, so read with care: a variable may stand in any place. */
export function groupOf(spec: unknown): Group {
  const { members, needs } = (spec ?? {}) as { members?: unknown; needs?: unknown };
  const read = (member: unknown): Member[] => {
    if (typeof member === 'string') return [{ of: member, weight: 1 }];
    const { of, weight } = (member ?? {}) as { of?: unknown; weight?: unknown };
    return typeof of === 'string' ? [{ of, weight: Number(weight) || 1 }] : [];
  };
  return { members: Array.isArray(members) ? members.flatMap(read) : [], needs: needs ?? 'all' };
}

export function needsWords({ members, needs }: Group): string {
  const total = members.reduce((sum, { weight }) => sum + weight, 0);
  if (needs === 'all') return 'all must be well';
  if (needs === 'any') return 'one well is enough';
  if (needs === 'majority') return 'more than half must be well';
  const what = members.some(({ weight }) => weight !== 1) ? ', counted by weight,' : '';
  return `${String(needs)} of ${total}${what} must be well`;
}
