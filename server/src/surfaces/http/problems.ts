/** From whatever was thrown to the one error that callers see. */
import { z } from 'zod';
import { errorCodes } from '../../../../contract/src/error-codes.ts';
import { PitwallError } from '../../core/errors.ts';
import { explainIssue } from '../../core/issues.ts';
import type { JsonSchema } from '../../core/schema-lookup.ts';
import { redactSecrets } from '../../core/secret.ts';
import { showPath, showValue, valueAt } from '../../core/value-path.ts';

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

/** What opens doors is not repeated, nor an address, which may hold a password or a key. */
const notRepeated: ReadonlySet<string> = new Set(['token', 'url', 'address']);

/** A request of the wrong form, in the words that a configuration file's mistakes have: place, value and fix. */
export function inputError(error: z.ZodError, input: unknown, schema: z.ZodType): PitwallError {
  const lookup = () => z.toJSONSchema(schema, { io: 'input', unrepresentable: 'any' }) as JsonSchema;
  const [first, ...others] = error.issues.flatMap((issue) => explainIssue(issue, input, lookup));
  if (first === undefined) return new PitwallError('invalid-input', 'not of the right form', { cause: error });
  const path = showPath(first.path);
  const value = valueAt(input, first.path);
  const repeated = first.showsValue && value !== undefined && !notRepeated.has(String(first.path[0]));
  const place = path === '' ? '' : `${path}${repeated ? ` = ${showValue(value)}` : ''}: `;
  const further = [...new Set(others.map((other) => showPath(other.path)))].filter((other) => other !== path);
  const more = further.length === 0 ? '' : ` (and more in ${further.slice(0, 5).join(', ')})`;
  const hint = repeated || !first.showsValue ? first.fix : redactSecrets(first.fix, [String(value)]);
  return new PitwallError('invalid-input', `${place}${first.message}${more}`, {
    ...(path === '' ? {} : { path }),
    hint,
    cause: error,
  });
}

/** What the HTTP library refuses to read, and what to do about it. */
const unread: Readonly<Record<string, readonly [message: string, hint: string]>> = {
  FST_ERR_BAD_URL: [
    'The address cannot be read: it is not UTF-8, or a % stands alone',
    'Write a % as %25, and every other letter as the bytes it has in UTF-8.',
  ],
  FST_ERR_CTP_INVALID_JSON_BODY: ['The body is not JSON', 'Send a JSON object, such as {"address":"https://…"}.'],
  FST_ERR_CTP_EMPTY_JSON_BODY: ['The body is empty', 'Send a JSON object, if only {}.'],
  FST_ERR_CTP_INVALID_MEDIA_TYPE: [
    'The body is of a type that is not read here',
    'Send JSON, with the header content-type: application/json.',
  ],
  FST_ERR_CTP_INVALID_CONTENT_LENGTH: [
    'The body is not as long as its Content-Length says',
    'Let the HTTP client count.',
  ],
};

/** Errors of the HTTP library (broken JSON, too large a body) become ours; anything else is our own mistake. */
export function asPitwallError(error: unknown): PitwallError {
  if (error instanceof PitwallError) return error;
  const { statusCode: status, code } = error as { statusCode?: unknown; code?: unknown };
  const message = error instanceof Error ? error.message : String(error);
  if (status === 413) return new PitwallError('too-large', 'The body is larger than 64 KiB', { cause: error });
  const known = unread[String(code)];
  if (known !== undefined) return new PitwallError('invalid-input', known[0], { hint: known[1], cause: error });
  if (status === 404) return new PitwallError('not-found', message, { cause: error });
  if (typeof status === 'number' && status >= 400 && status < 500) {
    // Such as a body with the key __proto__; the library's own sentence names what it met.
    return new PitwallError('invalid-input', `The request cannot be read: ${message}`, { cause: error });
  }
  return new PitwallError('internal', 'Pitwall made a mistake; its log says more', { cause: error });
}
