/** What went wrong, as people and scripts read it. */
import { type ErrorCode, errorCodes, type Problem } from '../../contract/src/error-codes.ts';

/** A failure of the command itself, such as a server that does not answer. */
export class CliFailure extends Error {
  readonly problem: Problem;
  constructor(code: ErrorCode, message: string, hint?: string) {
    super(message);
    const retryable = errorCodes[code].retryable;
    this.problem = { code, message, retryable, ...(hint === undefined ? {} : { hint }) };
  }
}

/** The problem in anything thrown: our own, the server's (it has a known code), or a mistake of the program. */
export function problemOf(error: unknown): Problem {
  if (error instanceof CliFailure) return error.problem;
  const { code, message, path, hint, retryable } = error as Partial<Problem>;
  if (typeof code === 'string' && Object.hasOwn(errorCodes, code)) {
    return {
      code,
      message: message ?? errorCodes[code].title,
      retryable: retryable ?? errorCodes[code].retryable,
      ...(path === undefined ? {} : { path }),
      ...(hint === undefined ? {} : { hint }),
    };
  }
  return { code: 'internal', message: error instanceof Error ? error.message : String(error), retryable: false };
}

export function exitCodeOf(problem: Problem): number {
  return errorCodes[problem.code].exitCode;
}

/** `error: message`, where, and what to do about it. */
export function formatProblem(problem: Problem): string {
  const at = problem.path === undefined ? '' : `\n  at: ${problem.path}`;
  const hint = problem.hint === undefined ? '' : `\n  hint: ${problem.hint}`;
  return `error: ${problem.message}${at}${hint}\n`;
}
