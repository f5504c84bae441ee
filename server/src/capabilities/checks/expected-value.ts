/** A value that a server is expected to give: written in the settings, compared, and put into words. Pure. */
import { z } from 'zod';

export function boundsSchema(what: string) {
  return z
    .strictObject({
      min: z.number().optional().describe(`At least this ${what}`),
      max: z.number().optional().describe(`At most this ${what}`),
    })
    .refine(({ min, max }) => min === undefined || max === undefined || min <= max, {
      error: 'min is larger than max',
    });
}

export const expectedValueSchema = z.union([z.string(), z.number(), z.boolean(), boundsSchema('as a number')]);

export type Bounds = z.output<ReturnType<typeof boundsSchema>>;
export type ExpectedValue = z.output<typeof expectedValueSchema>;

export function isWithin(actual: number, expected: number | Bounds): boolean {
  if (typeof expected === 'number') return actual === expected;
  const { min = Number.NEGATIVE_INFINITY, max = Number.POSITIVE_INFINITY } = expected;
  return actual >= min && actual <= max;
}

/** Databases print truth as `t`, `true` or `1`. */
const truths: Readonly<Record<string, boolean>> = { t: true, true: true, 1: true, f: false, false: false, 0: false };

/** Whether what came, as text, is what was expected; null and undefined are that there is nothing. */
export function valueFits(actual: string | null | undefined, expected: ExpectedValue): boolean {
  if (actual === undefined || actual === null) return false;
  if (typeof expected === 'string') return actual === expected;
  if (typeof expected === 'boolean') return truths[actual] === expected;
  // An empty text is no number, though `Number` takes it for 0.
  return actual.trim() !== '' && isWithin(Number(actual), expected);
}

const mostShown = 80;

export function quoted(value: string): string {
  return `“${value.length > mostShown ? `${value.slice(0, mostShown)}…` : value}”`;
}

export function expectedWords(value: ExpectedValue): string {
  return typeof value === 'object' ? boundWords(value) : `“${value}”`;
}

export function boundWords({ min, max }: Bounds): string {
  if (min === undefined) return max === undefined ? 'a number' : `at most ${max}`;
  return max === undefined ? `at least ${min}` : `${min} to ${max}`;
}
