import type { Problem } from '../../../contract/src/error-codes.ts';

/** What a call can come back with. `no-answer` is the page's own: the request never reached Pitwall. */
export type ProblemCode = Problem['code'] | 'no-answer';

export class CallError extends Error {
  readonly code: ProblemCode;
  readonly status: number;
  readonly retryable: boolean;
  readonly path: string | undefined;
  readonly hint: string | undefined;

  constructor(
    problem: { code: ProblemCode; message: string; retryable: boolean; path?: string; hint?: string },
    status: number,
  ) {
    super(problem.message);
    this.code = problem.code;
    this.status = status;
    this.retryable = problem.retryable;
    this.path = problem.path;
    this.hint = problem.hint;
  }
}

export function asCallError(error: unknown): CallError {
  if (error instanceof CallError) return error;
  const message = error instanceof Error ? error.message : String(error);
  return new CallError({ code: 'internal', message: `The page made a mistake: ${message}`, retryable: false }, 0);
}
