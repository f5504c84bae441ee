/** Every kind of check there is. A new kind is its file and its line here. */
import { PitwallError } from '../../core/errors.ts';
import type { CheckKind } from './kind.ts';
import { hostKind } from './kinds/host.ts';
import { httpKind } from './kinds/http/http.ts';
import { selfKind } from './kinds/self.ts';
import { tcpKind } from './kinds/tcp.ts';

const all: readonly CheckKind[] = [httpKind, tcpKind, hostKind, selfKind] as readonly CheckKind[];

export const kinds: ReadonlyMap<string, CheckKind> = new Map(all.map((kind) => [kind.kind, kind]));

/** The kind of that name; another name is an error that says which there are. */
export function kindNamed(name: string): CheckKind {
  const kind = kinds.get(name);
  if (kind !== undefined) return kind;
  const hint = `one of: ${[...kinds.keys()].join(', ')}`;
  throw new PitwallError('invalid-input', `There is no kind of check named ${JSON.stringify(name)}`, { hint });
}
