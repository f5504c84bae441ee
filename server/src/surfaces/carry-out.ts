/** One operation, asked for over any protocol: the same checks in the same order. */
import { type CallContext, type Caller, type Handlers, roleScopes } from '../../../contract/src/handlers.ts';
import type { Operation, Scope } from '../../../contract/src/operation.ts';
import type { OperationName } from '../../../contract/src/operations.ts';
import { PitwallError } from '../core/errors.ts';
import { inputError } from './http/problems.ts';

export function requireScope({ role }: Caller, scope: Scope): void {
  if (scope === 'public' || roleScopes[role].includes(scope)) return;
  throw new PitwallError('forbidden', `A ${role} may not do this; it needs ${scope}`);
}

/** For a caller that may: see `requireScope`. */
export async function carryOut(
  handlers: Handlers,
  operation: Operation,
  given: unknown,
  context: CallContext,
): Promise<unknown> {
  if (operation.effect === 'dangerous') {
    const message = `${operation.name} waits for approvals, which this Pitwall does not have yet`;
    throw new PitwallError('actions-disabled', message);
  }
  const input = operation.input.safeParse(given);
  if (!input.success) throw inputError(input.error, given, operation.input);
  const handler = handlers[operation.name as OperationName] as (
    input: unknown,
    context: CallContext,
  ) => Promise<unknown>;
  return operation.output.parse(await handler(input.data, context));
}
