/** Fetches a configuration file and what it refers to, and has it judged. */
import { createHash } from 'node:crypto';
import path from 'node:path';
import { PitwallError } from '../../core/errors.ts';
import { readTextFile, type TextFileFault } from '../../platform/text-file.ts';
import type { ChannelKinds } from '../outbox/api.ts';
import type { ConfigFault, LoadedConfig } from './api.ts';
import type { Kinds } from './check.ts';
import { readDocument } from './document.ts';
import { formatFault } from './faults.ts';
import { filesNeeded } from './fill.ts';
import { parseConfig } from './parse.ts';

export const largestConfigBytes = 16 * 1_048_576;
const largestSecretBytes = 65_536;

export interface LoadOptions {
  readonly file: string;
  readonly kinds: Kinds;
  readonly channelKinds: ChannelKinds;
  readonly environment: Readonly<Record<string, string | undefined>>;
  readonly nowMs: number;
  /** Service names that Pitwall uses itself. */
  readonly reserved?: ReadonlySet<string>;
}

/** `invalid-config`, with every mistake in the file. */
export class ConfigError extends PitwallError {
  readonly faults: readonly ConfigFault[];

  constructor(file: string, faults: readonly ConfigFault[]) {
    const [first] = faults;
    const count = faults.length === 1 ? '1 mistake' : `${faults.length} mistakes`;
    super('invalid-config', `${file} has ${count}`, {
      ...(first === undefined ? {} : { path: first.path, hint: formatFault(first) }),
    });
    this.name = 'ConfigError';
    this.faults = faults;
  }
}

/** Reads and judges the file; throws ConfigError with every mistake, also where the file cannot be read. */
export async function loadConfig(options: LoadOptions): Promise<LoadedConfig> {
  const text = await readTextFile(options.file, largestConfigBytes).catch((error: TextFileFault) => {
    const fix = 'check the path and who may read it';
    const fault = { file: options.file, line: 1, column: 1, path: '', message: `cannot be read: ${error.reason}`, fix };
    throw new ConfigError(options.file, [fault]);
  });
  const files = await fetchFiles(text, path.dirname(options.file));
  const outcome = parseConfig({ ...options, text, files });
  if (!outcome.ok) throw new ConfigError(options.file, outcome.faults);
  return { file: options.file, loadedAtMs: options.nowMs, digest: digestOf(text), ...outcome.config };
}

/** Tells one content of the file from another. */
export function digestOf(text: string): string {
  return createHash('sha256').update(text).digest('base64');
}

/** The contents of every `{file: path}`, relative to the configuration file; what cannot be read is left out. */
async function fetchFiles(text: string, folder: string): Promise<Map<string, string>> {
  const contents = new Map<string, string>();
  // Reading 10,000 checks takes a third of a second; most files refer to none.
  if (!/\bfile['"]?\s*:/.test(text)) return contents;
  const wanted = [...filesNeeded(readDocument(text).root)];
  await Promise.all(
    wanted.map(async (name) => {
      const content = await readTextFile(path.resolve(folder, name), largestSecretBytes).catch(() => undefined);
      if (content !== undefined) contents.set(name, content);
    }),
  );
  return contents;
}
