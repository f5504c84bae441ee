import { type ErrorCode, errorCodes, type Problem } from '../../../contract/src/error-codes.ts';

export interface ErrorDetails {
  /** Where in the input the fault is. */
  readonly path?: string;
  /** What to do about it. */
  readonly hint?: string;
  /** Overrides the code's own word where the place of failure knows better. */
  readonly retryable?: boolean;
  readonly cause?: unknown;
}

/** The one error that Pitwall's own code throws on purpose; its message never holds a secret. */
export class PitwallError extends Error {
  readonly code: ErrorCode;
  readonly path: string | undefined;
  readonly hint: string | undefined;
  readonly retryable: boolean;

  constructor(code: ErrorCode, message: string, details: ErrorDetails = {}) {
    super(message, details.cause === undefined ? undefined : { cause: details.cause });
    this.name = 'PitwallError';
    this.code = code;
    this.path = details.path;
    this.hint = details.hint;
    this.retryable = details.retryable ?? errorCodes[code].retryable;
  }

  toProblem(): Problem {
    return {
      code: this.code,
      message: this.message,
      retryable: this.retryable,
      ...(this.path === undefined ? {} : { path: this.path }),
      ...(this.hint === undefined ? {} : { hint: this.hint }),
    };
  }
}
