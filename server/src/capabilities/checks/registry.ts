/** Every kind of check there is. A new kind is its file and its line here. */
import { PitwallError } from '../../core/errors.ts';
import { type AnyKind, type CheckKind, isDerived } from './kind.ts';
import { dnsKind } from './kinds/dns.ts';
import { groupKind } from './kinds/group.ts';
import { heartbeatKind } from './kinds/heartbeat/heartbeat.ts';
import { hostKind } from './kinds/host.ts';
import { httpKind } from './kinds/http/http.ts';
import { icmpKind } from './kinds/icmp.ts';
import { mcpKind } from './kinds/mcp/mcp.ts';
import { mysqlKind } from './kinds/mysql.ts';
import { postgresKind } from './kinds/postgres.ts';
import { redisKind } from './kinds/redis/redis.ts';
import { selfKind } from './kinds/self.ts';
import { tcpKind } from './kinds/tcp.ts';
import { tlsKind } from './kinds/tls.ts';
import { wayOutKind } from './kinds/way-out.ts';

const all: readonly AnyKind[] = [
  httpKind,
  tcpKind,
  tlsKind,
  dnsKind,
  icmpKind,
  postgresKind,
  mysqlKind,
  redisKind,
  mcpKind,
  hostKind,
  heartbeatKind,
  groupKind,
  selfKind,
  wayOutKind,
] as readonly AnyKind[];

export const kinds: ReadonlyMap<string, AnyKind> = new Map(all.map((kind) => [kind.kind, kind]));

/** The kind of that name; another name is an error that says which there are. */
export function kindNamed(name: string): AnyKind {
  const kind = kinds.get(name);
  if (kind !== undefined) return kind;
  const hint = `one of: ${[...kinds.keys()].join(', ')}`;
  throw new PitwallError('invalid-input', `There is no kind of check named ${JSON.stringify(name)}`, { hint });
}

/** For the prober, which is given no others. */
export function probedKindNamed(name: string): CheckKind {
  const kind = kindNamed(name);
  if (!isDerived(kind)) return kind;
  throw new PitwallError('internal', `A check of kind ${name} is judged, not probed`);
}
