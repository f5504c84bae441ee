/** One channel of the file: the keys of its kind, what may be shown of them, and what is missing. */
import { fixFromChoices } from '../../core/near-choice.ts';
import { type Path, showValue } from '../../core/value-path.ts';
import type { ChannelKinds } from '../outbox/api.ts';
import type { ConfiguredChannel } from './api.ts';
import { placeOf, type SourceMap, type SourceValue } from './document.ts';
import type { FaultList } from './faults.ts';
import { channelSchema } from './schema.ts';
import { type Reading, readSection } from './section.ts';

interface Context {
  readonly reading: Reading;
  readonly channelKinds: ChannelKinds;
  readonly warnings: FaultList;
}

const commonKeys = Object.keys(channelSchema.shape);

/** Reads one channel; undefined where it has a fault. */
export function readChannel(channelId: string, source: SourceValue, context: Context): ConfiguredChannel | undefined {
  const { reading } = context;
  const path: Path = ['channels', channelId];
  if (source.type !== 'map') {
    const fix = 'write at least `kind: …` below it';
    reading.faults.add(source.at, path, { message: 'a channel is a map of keys and values', fix });
    return undefined;
  }
  const before = reading.faults.count;
  const kind = findKind(source, path, context);
  const ownKeys = [...source.entries.keys()].filter((key) => !commonKeys.includes(key));
  readSection(channelSchema, source, reading, { path, skip: ownKeys, missing: 'drop' });
  if (kind === undefined) return undefined;
  const secretPaths = Object.keys(kind.secrets);
  const options = { path, skip: commonKeys, alsoKnown: commonKeys, secretPaths, missing: 'keep' } as const;
  const { data, missing, filled } = readSection(kind.schema, source, reading, options);
  if (reading.faults.count > before) return undefined;
  const written = filled.shown as Readonly<Record<string, unknown>>;
  for (const [key, consequence] of Object.entries(kind.secrets)) warnOfLiteral(key, written[key], consequence);
  return {
    channelId,
    kind: kind.kind,
    shownTarget: kind.shownTarget(written),
    missing,
    settings: missing.length === 0 ? data : undefined,
  };

  function warnOfLiteral(key: string, value: unknown, consequence: string): void {
    if (typeof value !== 'string' || value.includes('${')) return;
    const message = `the ${key} stands in the file: whoever reads the file can ${consequence}`;
    const fix = 'write ${NAME} and set the variable, or {file: path}';
    const place = [...path, key];
    context.warnings.add(placeOf(reading.root, place), place, { message, fix });
  }
}

function findKind(source: SourceMap, path: Path, { reading, channelKinds }: Context) {
  const written = source.entries.get('kind')?.value;
  // Without a kind, readSection says that it is missing or no text.
  if (written?.type !== 'scalar' || typeof written.value !== 'string') return undefined;
  const kind = channelKinds.get(written.value);
  if (kind === undefined) {
    reading.faults.add(written.at, [...path, 'kind'], {
      message: `unknown kind \`${written.value}\``,
      fix: fixFromChoices(written.value, [...channelKinds.keys()], 'kinds'),
      value: showValue(written.value),
    });
  }
  return kind;
}
