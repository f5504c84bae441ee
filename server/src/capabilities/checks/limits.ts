/** Spec parts that several kinds share: limits written as durations, and what they say when they are broken. */
import { z } from 'zod';
import { parseDurationMs } from '../../core/duration.ts';

const durationPattern = /^\s*(?:\d+(?:\.\d+)?\s*(?:ms|min|[smhdw])\s*)+$/;

/** A duration as text, `800ms`, that becomes integer milliseconds. */
export function limitSchema(description: string) {
  return z
    .string({ error: 'not a duration, such as 800ms or 2s' })
    .regex(durationPattern, { error: 'not a duration, such as 800ms or 2s' })
    .meta({ description })
    .transform((text, context) => {
      const limitMs = parseDurationMs(text);
      if (limitMs !== undefined && limitMs >= 1) return limitMs;
      context.addIssue({ code: 'custom', message: 'shorter than 1ms', params: { fix: 'write at least 1ms' } });
      return z.NEVER;
    });
}

export const portSchema = z.int().min(1).max(65_535);

/**
 * The facts of `too-slow`, or undefined within the limit. Two digits, rounded up: more would make each one a new
 * failure, and “took 800 ms, limit 800 ms” would say nothing.
 */
export function slowness(
  phase: string,
  takenUs: number,
  limitMs: number | undefined,
): { readonly phase: string; readonly actualMs: number; readonly limitMs: number } | undefined {
  if (limitMs === undefined || takenUs <= limitMs * 1_000) return undefined;
  const takenMs = takenUs / 1_000;
  const step = 10 ** (Math.floor(Math.log10(takenMs)) - 1);
  return { phase, actualMs: Number((Math.ceil(takenMs / step) * step).toPrecision(3)), limitMs };
}

/** Milliseconds for a sentence: `14`, below ten `2.3`. */
export function wordsOfMs(totalUs: number): string {
  const ms = totalUs / 1_000;
  return ms < 9.95 ? String(Math.round(ms * 10) / 10) : String(Math.round(ms));
}
