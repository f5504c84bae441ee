/** `npm run generate`: writes what is made from declarations: the JSON Schema of the config and the reference pages. */
import { mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { kinds } from '../server/src/capabilities/checks/api.ts';
import { configJsonSchema } from '../server/src/capabilities/config/json-schema.ts';
import { channelKinds } from '../server/src/capabilities/outbox/api.ts';
import {
  channelsPage,
  checkOutputPage,
  configPage,
  errorsPage,
  kindsPage,
  operationsPage,
  reasonsPage,
} from './reference-pages.ts';
import { root } from './run.ts';

/** Every generated file by its path in the repository. */
export function generatedFiles(): ReadonlyMap<string, string> {
  return new Map([
    ['pitwall.schema.json', `${JSON.stringify(configJsonSchema(kinds, channelKinds), null, 2)}\n`],
    ['docs/reference/operations.md', operationsPage()],
    ['docs/reference/config.md', configPage()],
    ['docs/reference/kinds.md', kindsPage(kinds)],
    ['docs/reference/channels.md', channelsPage(channelKinds)],
    ['docs/reference/errors.md', errorsPage()],
    ['docs/reference/reasons.md', reasonsPage()],
    ['docs/reference/check-output.md', checkOutputPage()],
  ]);
}

/** The text of a file of the repository, or nothing where it is not there. */
export function readOr(file: string): string {
  try {
    return readFileSync(path.join(root, file), 'utf8');
  } catch {
    return '';
  }
}

if (import.meta.main) {
  for (const [file, text] of generatedFiles()) {
    if (readOr(file) === text) continue;
    mkdirSync(path.dirname(path.join(root, file)), { recursive: true });
    writeFileSync(path.join(root, file), text);
    console.log(`wrote ${file}`);
  }
}
