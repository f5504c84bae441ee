/** From whatever was thrown to the one error that callers see. */
import type { z } from 'zod';
import { errorCodes } from '../../../../contract/src/error-codes.ts';
import { PitwallError } from '../../core/errors.ts';

export const problemType = 'application/problem+json; charset=utf-8';

/** The answer that an error is: its status, and its body as RFC 9457 has it. */
export function problemOf(error: PitwallError): { readonly status: number; readonly body: string } {
  const { httpStatus: status, title } = errorCodes[error.code];
  const about = { type: `https://pitwall.invalid/errors/${error.code}`, title, status, detail: error.message };
  return { status, body: JSON.stringify({ ...about, ...error.toProblem() }) };
}

export function notFound({ method, url }: { readonly method: string; readonly url: string }): PitwallError {
  return new PitwallError('not-found', `There is no ${method} ${url.split('?')[0]}`);
}

export function inputError(error: z.ZodError): PitwallError {
  const [first] = error.issues;
  const others = error.issues.length - 1;
  const path = first?.path.join('.') ?? '';
  const message = `${path === '' ? '' : `${path}: `}${first?.message ?? 'not of the right form'}`;
  return new PitwallError('invalid-input', others > 0 ? `${message} (and ${others} more)` : message, {
    ...(path === '' ? {} : { path }),
    cause: error,
  });
}

/** Errors of the HTTP library (broken JSON, too large a body) become ours; anything else is our own mistake. */
export function asPitwallError(error: unknown): PitwallError {
  if (error instanceof PitwallError) return error;
  const { statusCode: status, code } = error as { statusCode?: unknown; code?: unknown };
  const message = error instanceof Error ? error.message : String(error);
  if (status === 413) return new PitwallError('too-large', 'The body is larger than 64 KiB', { cause: error });
  if (code === 'FST_ERR_BAD_URL') {
    return new PitwallError('invalid-input', 'The address cannot be read: it is not UTF-8, or a % stands alone', {
      hint: 'Write a % as %25, and every other letter as the bytes it has in UTF-8.',
      cause: error,
    });
  }
  if (status === 404) return new PitwallError('not-found', message, { cause: error });
  if (typeof status === 'number' && status >= 400 && status < 500) {
    return new PitwallError('invalid-input', message, { cause: error });
  }
  return new PitwallError('internal', 'Pitwall made a mistake; its log says more', { cause: error });
}
