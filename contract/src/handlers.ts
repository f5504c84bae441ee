/** What carries an operation out. Surfaces call these; capabilities supply them; `app/` brings them together. */
import type { z } from 'zod';
import type { Scope } from './operation.ts';
import type { OperationName, Operations } from './operations.ts';

export interface Caller {
  readonly role: 'manager' | 'operator' | 'viewer';
  /** Who it is in the ledger: `person:manager`, `cli:manager`. */
  readonly actor: string;
}

/** What each role may do. */
export const roleScopes: Readonly<Record<Caller['role'], readonly Scope[]>> = {
  manager: [
    'board:read',
    'services:write',
    'channels:write',
    'ledger:read',
    'system:read',
    'session:self',
    'access:write',
  ],
  operator: ['board:read', 'services:write', 'ledger:read', 'system:read', 'session:self'],
  viewer: ['board:read', 'session:self'],
};

export interface CallContext {
  /** undefined only for public operations. */
  readonly caller: Caller | undefined;
  /** The caller's session, where the surface has such a thing. */
  readonly session: {
    readonly token: string | undefined;
    start(token: string, expiresAtMs: number): void;
    end(): void;
  };
  /** Where the request came from, for rate limits. */
  readonly remote: string;
}

export type Handler<N extends OperationName> = (
  input: z.output<Operations[N]['input']>,
  context: CallContext,
) => Promise<z.output<Operations[N]['output']>>;

export type Handlers = { readonly [N in OperationName]: Handler<N> };
/** What one capability supplies. */
export type SomeHandlers<N extends OperationName> = Pick<Handlers, N>;
