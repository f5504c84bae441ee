/** A configuration file's text to what it says, or to every mistake in it. Pure: variables and files are given. */

import type { z } from 'zod';
import { notSet } from '../../../../contract/src/reasons.ts';
import { fixFromChoices } from '../../core/near-choice.ts';
import type { Path } from '../../core/value-path.ts';
import type { Rename } from '../history/api.ts';
import type { ChannelKinds } from '../outbox/api.ts';
import type { WatchedService } from '../services/api.ts';
import type { ConfiguredChannel, ParsedConfig } from './api.ts';
import { readChannel } from './channel.ts';
import { type CheckRead, type Kinds, readCheck } from './check.ts';
import { placeOf, readDocument, type SourceMap, type SourceValue } from './document.ts';
import { type ConfigFault, FaultList } from './faults.ts';
import type { Outside } from './fill.ts';
import { judgeMembers } from './members.ts';
import { judgeDependencies, judgeRenames } from './rules.ts';
import { defaultsSchema, gatesSchema, serverSchema, serviceSchema, topKeys } from './schema.ts';
import { type Reading, readSection } from './section.ts';
import { judgeShown } from './shown.ts';
import { checkSlug, titleFromSlug } from './slug.ts';

export interface ParseInput extends Outside {
  /** The name under which faults speak of it. */
  readonly file: string;
  readonly text: string;
  readonly kinds: Kinds;
  readonly channelKinds: ChannelKinds;
  /** Service names that Pitwall uses itself. */
  readonly reserved?: ReadonlySet<string>;
}

export type ParseOutcome =
  | { readonly ok: true; readonly config: ParsedConfig }
  | { readonly ok: false; readonly faults: readonly ConfigFault[] };

type Defaults = z.output<typeof defaultsSchema>;

interface Context {
  readonly reading: Reading;
  readonly kinds: Kinds;
  readonly channelKinds: ChannelKinds;
  readonly defaults: Defaults;
  readonly warnings: FaultList;
  readonly renames: Rename[];
  readonly reserved: ReadonlySet<string>;
}

/** Reads, fills and judges a whole file. */
export function parseConfig(input: ParseInput): ParseOutcome {
  const document = readDocument(input.text);
  const faults = new FaultList(input.file);
  const warnings = new FaultList(input.file);
  for (const { at, path, message, fix, breaksReading } of document.faults) {
    faults.add(at, path, { message, fix, nature: breaksReading ? 'syntax' : undefined });
  }
  const reading: Reading = { root: document.root, outside: input, faults };
  const root = topMap(document.root, reading);
  if (root === undefined) return { ok: false, faults: faults.sorted() };
  const defaults = readDefaults(root, reading, warnings);
  const context: Context = {
    reading,
    kinds: input.kinds,
    channelKinds: input.channelKinds,
    defaults,
    warnings,
    renames: [],
    reserved: input.reserved ?? new Set(),
  };
  const services = readServices(root, context);
  const channels = readChannels(root, context);
  const server = readServer(root, context);
  const gates = readGates(root, context);
  if (!faults.broken) {
    judgeDependencies(document.root, faults);
    judgeRenames(document.root, context.renames, faults);
    judgeMembers(document.root, services, { kinds: context.kinds, builtInIds: context.reserved, faults });
  }
  if (faults.count > 0) return { ok: false, faults: faults.sorted() };
  const { renames } = context;
  return { ok: true, config: { services, channels, gates, renames, server, warnings: warnings.sorted() } };
}

function topMap(root: SourceValue, reading: Reading): SourceMap | undefined {
  if (root.type === 'scalar' && root.value === null) return { type: 'map', at: root.at, entries: new Map() };
  if (root.type !== 'map') {
    const fix = `begin with \`services:\` (known keys: ${topKeys.join(', ')})`;
    reading.faults.add(root.at, [], { message: 'the file must be a map of keys and values', fix });
    return undefined;
  }
  for (const [key, entry] of root.entries) {
    // Keys of `x-…` are the author's own: a place for anchors.
    if (key.startsWith('x-') || (topKeys as readonly string[]).includes(key)) continue;
    const fix = fixFromChoices(key, topKeys, 'known keys');
    reading.faults.add(entry.keyAt, [key], { message: `unknown key \`${key}\``, fix });
  }
  return root;
}

/** The named maps below a key; an empty or absent one has none. */
function namedEntries(parent: SourceMap, key: string, path: Path, reading: Reading, noun: string) {
  const found = parent.entries.get(key);
  if (found === undefined || (found.value.type === 'scalar' && found.value.value === null)) return [];
  if (found.value.type === 'map') return [...found.value.entries];
  const fix = `write each ${noun} as \`name:\` with its keys below`;
  reading.faults.add(found.value.at, path, { message: `must be a map of ${noun}s by name`, fix });
  return [];
}

function readDefaults(root: SourceMap, reading: Reading, warnings: FaultList): Defaults {
  const source = root.entries.get('defaults')?.value;
  if (source === undefined) return {};
  const section = readSection(defaultsSchema, source, reading, { path: ['defaults'], missing: 'drop' });
  warnMissing(['defaults'], section.missing, 'Pitwall’s own defaults are used', { reading, warnings });
  return section.data ?? {};
}

function warnMissing(
  path: Path,
  missing: readonly string[],
  consequence: string,
  { reading, warnings }: Pick<Context, 'reading' | 'warnings'>,
): void {
  if (missing.length === 0) return;
  const message = `${notSet(missing)}: ${consequence}`;
  const fix = `set ${missing.join(' and ')} and start again, or write a default: \${NAME:-value}`;
  warnings.add(placeOf(reading.root, path, 'key'), path, { message, fix });
}

function readServices(root: SourceMap, context: Context): WatchedService[] {
  const services: WatchedService[] = [];
  for (const [serviceId, entry] of namedEntries(root, 'services', ['services'], context.reading, 'service')) {
    const path: Path = ['services', serviceId];
    checkSlug(serviceId, entry.keyAt, path, context.reading.faults);
    if (context.reserved.has(serviceId)) {
      const message = `\`${serviceId}\` is the name of a service that Pitwall makes itself`;
      context.reading.faults.add(entry.keyAt, path, { message, fix: `choose another, such as \`my-${serviceId}\`` });
    }
    if (entry.value.type !== 'map') {
      const fix = 'write its keys below it, at least `checks:`';
      context.reading.faults.add(entry.value.at, path, { message: 'a service is a map of keys and values', fix });
      continue;
    }
    const service = readService(serviceId, entry.value, context);
    if (service !== undefined) services.push(service);
  }
  return services;
}

function readService(serviceId: string, source: SourceMap, context: Context): WatchedService | undefined {
  const { reading } = context;
  const path: Path = ['services', serviceId];
  const section = readSection(serviceSchema.omit({ checks: true }), source, reading, {
    path,
    skip: ['checks'],
    alsoKnown: ['checks'],
    missing: 'drop',
  });
  warnMissing(path, section.missing, 'that key is left out', context);
  judgeShown(section.filled.outside, path, context);
  const checks: CheckRead[] = [];
  const entries = namedEntries(source, 'checks', [...path, 'checks'], reading, 'check');
  for (const [checkId, entry] of entries) {
    checkSlug(checkId, entry.keyAt, [...path, 'checks', checkId], reading.faults);
    const found = readCheck({ serviceId, checkId }, entry.value, context);
    if (found === undefined) continue;
    checks.push(found);
    if (found.was !== undefined) {
      context.renames.push({ kind: 'check', from: `${serviceId}/${found.was}`, to: found.check.key });
    }
    const checkPath = [...path, 'checks', checkId];
    warnMissing(checkPath, found.check.missing, 'the check stays `unknown: not configured`', context);
  }
  const checksValue = source.entries.get('checks')?.value;
  if (entries.length === 0 && (checksValue === undefined || checksValue.type !== 'list')) {
    const at = placeOf(reading.root, [...path, 'checks'], 'key');
    const fix = 'add `checks:` with a name and a `kind` below it, or remove the service';
    reading.faults.add(at, [...path, 'checks'], {
      message: 'the service has no checks, so nothing would be known',
      fix,
      nature: 'absence',
    });
  }
  if (section.data === undefined) return undefined;
  const { title, tile, criticality, facesCustomers, ability, dependsOn, was } = section.data;
  if (was !== undefined) context.renames.push({ kind: 'service', from: was, to: serviceId });
  return {
    serviceId,
    title: title ?? titleFromSlug(serviceId),
    tile,
    criticality: criticality ?? 'P2',
    facesCustomers: facesCustomers ?? false,
    dependsOn: dependsOn ?? [],
    origin: 'config',
    ability,
    checks: checks.map((found) => found.check),
  };
}

function readChannels(root: SourceMap, context: Context): ConfiguredChannel[] {
  const channels: ConfiguredChannel[] = [];
  for (const [channelId, entry] of namedEntries(root, 'channels', ['channels'], context.reading, 'channel')) {
    const path: Path = ['channels', channelId];
    checkSlug(channelId, entry.keyAt, path, context.reading.faults);
    const found = readChannel(channelId, entry.value, context);
    if (found === undefined) continue;
    warnMissing(path, found.missing, 'nobody is told through this channel', context);
    channels.push(found);
  }
  return channels;
}

function readServer(root: SourceMap, context: Context): ParsedConfig['server'] {
  const source = root.entries.get('server')?.value;
  if (source === undefined) return {};
  const section = readSection(serverSchema, source, context.reading, { path: ['server'], missing: 'drop' });
  warnMissing(['server'], section.missing, 'the default is used', context);
  return section.data ?? {};
}

function readGates(root: SourceMap, context: Context): readonly string[] {
  const source = root.entries.get('gates')?.value;
  if (source === undefined) return [];
  const section = readSection(gatesSchema, source, context.reading, { path: ['gates'], missing: 'drop' });
  warnMissing(['gates'], section.missing, 'that gate is not asked', context);
  judgeShown(section.filled.outside, ['gates'], context);
  return section.data?.targets ?? [];
}
