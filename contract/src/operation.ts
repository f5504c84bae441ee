/** The shape of an operation. From it come the HTTP route, the command, the typed client and the reference page. */
import type { z } from 'zod';
import type { ErrorCode } from './error-codes.ts';

export const scopes = [
  'public',
  'board:read',
  'services:write',
  'channels:write',
  'ledger:read',
  'system:read',
  'session:self',
  'access:write',
] as const;
export type Scope = (typeof scopes)[number];

/** `dangerous` waits for a person's approval; until approvals exist it is refused with `actions-disabled`. */
export type Effect = 'read' | 'write' | 'dangerous';

export interface HttpRoute {
  readonly method: 'GET' | 'POST' | 'DELETE';
  readonly path: string;
  /** Where it stands as well, at the root: addresses for programs that know nothing of the API. */
  readonly aliases?: readonly string[];
  /** GET and HEAD do the same: for callers that can only fetch an address. */
  readonly anyMethod?: boolean;
  /** The field of the input that takes a body which is not JSON. */
  readonly textField?: string;
  /** The field of the output that is answered by itself, as text of that type. */
  readonly textOutput?: { readonly field: string; readonly contentType: string };
}

/** How an agent meets an operation: as a tool, and where it reads well by itself as a resource too. */
export interface AgentTool<I extends z.ZodType = z.ZodType, O extends z.ZodType = z.ZodType> {
  readonly tool: string;
  readonly title: string;
  /** Which question it answers, and which tool goes deeper. */
  readonly description: string;
  /** A narrower form of the input, such as smaller pages: what an agent reads it pays for. */
  readonly input?: z.ZodObject;
  /** A shorter form of the output. */
  readonly concise?: {
    readonly output: z.ZodObject;
    // As a method: a tool of one operation stands in lists of tools of any.
    from(output: z.output<O>, input: z.output<I>): unknown;
  };
  /** `{x}` is filled from the input's x. */
  readonly resource?: string;
}

export interface Operation<I extends z.ZodType = z.ZodType, O extends z.ZodType = z.ZodType> {
  /** `noun.verb`; the command is `./pitwall noun verb`. */
  readonly name: string;
  readonly summary: string;
  /** Path below /api/v1; `{x}` is filled from the input's x. GET inputs travel in the query, others in the body. */
  readonly http: HttpRoute;
  readonly input: I;
  readonly output: O;
  readonly scope: Scope;
  readonly effect: Effect;
  /** The codes it can answer with, beside the ones every operation has. */
  readonly errors: readonly ErrorCode[];
  /** false: of no use to an agent, or not for one to do (docs/adr/0006). */
  readonly mcp: AgentTool<I, O> | false;
  readonly examples?: readonly z.input<I>[];
}

export function defineOperation<I extends z.ZodType, O extends z.ZodType>(operation: Operation<I, O>): Operation<I, O> {
  return operation;
}

export type OperationInput<T> = T extends Operation<infer I, z.ZodType> ? z.input<I> : never;
export type OperationOutput<T> = T extends Operation<z.ZodType, infer O> ? z.output<O> : never;
