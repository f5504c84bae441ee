/** One check of the file: the keys every check has, its kind's own, and what follows from both. */

import type { z } from 'zod';
import { formatDuration } from '../../core/duration.ts';
import { fixFromChoices } from '../../core/near-choice.ts';
import { type Path, showValue } from '../../core/value-path.ts';
import { type AnyKind, type DerivedKind, isDerived } from '../checks/kind.ts';
import type { WatchedCheck } from '../services/api.ts';
import { placeOf, type SourceMap, type SourceValue } from './document.ts';
import type { FaultList } from './faults.ts';
import { checkDefaults, checkSchema, type defaultsSchema, timeoutRange } from './schema.ts';
import { secretTexts, showable } from './secrets.ts';
import { type Reading, readSection } from './section.ts';
import { judgeShown } from './shown.ts';
import { titleFromSlug } from './slug.ts';

export type Kinds = ReadonlyMap<string, AnyKind>;
type Defaults = z.output<typeof defaultsSchema>;

export interface CheckRead {
  readonly check: WatchedCheck;
  readonly was: string | undefined;
}

/** Of a check that asks nothing: how long its slot may wait for a busy Pitwall. */
const derivedTimeoutMs = 1_000;

const commonKeys = Object.keys(checkSchema.shape);

/** Reads one check; undefined where it has a fault. */
export function readCheck(
  ids: { readonly serviceId: string; readonly checkId: string },
  source: SourceValue,
  context: {
    readonly reading: Reading;
    readonly kinds: Kinds;
    readonly defaults: Defaults;
    readonly warnings: FaultList;
  },
): CheckRead | undefined {
  const { reading } = context;
  const path: Path = ['services', ids.serviceId, 'checks', ids.checkId];
  if (source.type !== 'map') {
    const fix = 'write at least `kind: …` below it';
    reading.faults.add(source.at, path, { message: 'a check is a map of keys and values', fix });
    return undefined;
  }
  const before = reading.faults.count;
  const kind = findKind(source, path, context);
  const ownKeys = [...source.entries.keys()].filter((key) => !commonKeys.includes(key));
  const common = readSection(checkSchema, source, reading, { path, skip: ownKeys, missing: 'drop' });
  judgeShown(common.filled.outside, path, context);
  if (kind === undefined) return undefined;
  const secretPaths = kind.secretPaths;
  const options = { path, skip: commonKeys, alsoKnown: commonKeys, secretPaths, missing: 'keep' } as const;
  const own = readSection(kind.schema, source, reading, options);
  const timing = isDerived(kind)
    ? readDerivedTiming(kind, common.data, path, source, context)
    : readTiming(common.data, path, source, {
        ...context,
        leastTimeoutMs: own.data === undefined ? undefined : kind.leastTimeoutMs?.(own.data),
      });
  if (reading.faults.count > before || common.data === undefined) return undefined;
  const missing = [...new Set([...common.missing, ...own.missing])];
  const shownSpec = showable(own.filled.shown, secretPaths);
  return {
    was: common.data.was,
    check: {
      key: `${ids.serviceId}/${ids.checkId}`,
      ...ids,
      title: common.data.title ?? titleFromSlug(ids.checkId),
      kind: kind.kind,
      ...timing,
      spec: missing.length > 0 ? own.filled.value : own.data,
      shownSpec,
      secrets: secretTexts(own.filled.value, own.filled.outside, secretPaths),
      missing,
    },
  };
}

function findKind(source: SourceMap, path: Path, context: { reading: Reading; kinds: Kinds }): AnyKind | undefined {
  const written = source.entries.get('kind')?.value;
  // Without a kind, readSection says that it is missing or no text.
  if (written?.type !== 'scalar' || typeof written.value !== 'string') return undefined;
  const kind = context.kinds.get(written.value);
  if (kind === undefined) {
    context.reading.faults.add(written.at, [...path, 'kind'], {
      message: `unknown kind \`${written.value}\``,
      fix: fixFromChoices(written.value, [...context.kinds.keys()], 'kinds'),
      value: showValue(written.value),
    });
  }
  return kind;
}

type Timing = Pick<WatchedCheck, 'intervalMs' | 'timeoutMs' | 'retries' | 'downAfter' | 'upAfter'>;

/** All attempts must fit into one slot. What nobody wrote is shortened to fit; what somebody wrote is a fault. */
function readTiming(
  common: Defaults | undefined,
  path: Path,
  source: SourceMap,
  given: { readonly reading: Reading; readonly defaults: Defaults; readonly leastTimeoutMs: number | undefined },
): Timing {
  const { reading, defaults, leastTimeoutMs = 0 } = given;
  const intervalMs = common?.interval ?? defaults.interval ?? checkDefaults.intervalMs;
  const halfMs = Math.max(timeoutRange.leastMs, Math.floor(intervalMs / 2));
  const usualTimeoutMs = defaults.timeout ?? Math.min(checkDefaults.timeoutMs, halfMs);
  // What is usual gives way to what this check says of itself.
  const timeoutMs = common?.timeout ?? Math.max(usualTimeoutMs, leastTimeoutMs);
  const attemptsThatFit = Math.floor(intervalMs / timeoutMs);
  const writtenRetries = common?.retries ?? defaults.retries;
  const retries = writtenRetries ?? Math.max(0, Math.min(checkDefaults.retries, attemptsThatFit - 1));
  const fault = (key: string, message: string, fix: string) => {
    const at = placeOf(reading.root, [...path, key]);
    const here = source.entries.get(key)?.value;
    const value = here?.type === 'scalar' ? showValue(here.value) : undefined;
    reading.faults.add(at, [...path, key], { message: here ? message : `${message} (from \`defaults\`)`, fix, value });
  };
  const show = (durationMs: number) => formatDuration(durationMs).replaceAll('\u00a0', ' ');
  if (common !== undefined && timeoutMs < leastTimeoutMs) {
    const message = `the timeout ${show(timeoutMs)} ends what may take ${show(leastTimeoutMs)} by these settings`;
    fault('timeout', message, `write a timeout of at least ${show(leastTimeoutMs)}`);
  } else if (common !== undefined && timeoutMs >= intervalMs) {
    const message = `the timeout ${show(timeoutMs)} is not shorter than the interval ${show(intervalMs)}`;
    fault('timeout', message, `write a timeout under ${show(intervalMs)}, or a longer interval`);
  } else if (common !== undefined && (retries + 1) * timeoutMs > intervalMs) {
    const message = `${retries + 1} attempts of ${show(timeoutMs)} do not fit into the interval ${show(intervalMs)}`;
    const fix = `write retries: ${attemptsThatFit - 1}, a timeout of at most ${show(Math.floor(intervalMs / (retries + 1)))}, or an interval of at least ${show((retries + 1) * timeoutMs)}`;
    fault('retries', message, fix);
  }
  return {
    intervalMs,
    timeoutMs,
    retries,
    downAfter: common?.downAfter ?? defaults.downAfter ?? checkDefaults.downAfter,
    upAfter: common?.upAfter ?? defaults.upAfter ?? checkDefaults.upAfter,
  };
}

/** Nothing is asked, so there is nothing to wait for or to try again; `defaults` are for checks that ask. */
function readDerivedTiming(
  { kind, timing }: DerivedKind,
  common: Defaults | undefined,
  path: Path,
  source: SourceMap,
  { reading }: { reading: Reading },
): Timing {
  for (const key of ['timeout', 'retries'] as const) {
    const written = source.entries.get(key)?.value;
    if (written === undefined) continue;
    const message = `a check of kind ${kind} asks nothing, so it has no ${key}`;
    reading.faults.add(written.at, [...path, key], { message, fix: `remove \`${key}\`` });
  }
  return {
    intervalMs: common?.interval ?? timing.intervalMs,
    timeoutMs: derivedTimeoutMs,
    retries: 0,
    downAfter: common?.downAfter ?? timing.downAfter,
    upAfter: common?.upAfter ?? timing.upAfter,
  };
}
