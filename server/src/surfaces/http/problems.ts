/** From whatever was thrown to the one error that callers see. */
import type { z } from 'zod';
import { PitwallError } from '../../core/errors.ts';

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
  const status = (error as { statusCode?: unknown }).statusCode;
  const message = error instanceof Error ? error.message : String(error);
  if (status === 413) return new PitwallError('too-large', 'The body is larger than 64 KiB', { cause: error });
  if (status === 404) return new PitwallError('not-found', message, { cause: error });
  if (typeof status === 'number' && status >= 400 && status < 500) {
    return new PitwallError('invalid-input', message, { cause: error });
  }
  return new PitwallError('internal', 'Pitwall made a mistake; its log says more', { cause: error });
}
