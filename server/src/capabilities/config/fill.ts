/** Fills `${NAME}`, `${NAME:-default}` and `{file: path}` into a tree, and remembers which value came from outside. */
import type { Path } from '../../core/value-path.ts';
import type { SourceValue } from './document.ts';

/** The world outside the file, read before anything is judged. */
export interface Outside {
  readonly environment: Readonly<Record<string, string | undefined>>;
  /** Contents by path as written in the file; an absent one could not be read. */
  readonly files: ReadonlyMap<string, string>;
}

/** One place in the file whose value is not in the file. */
export interface OutsideValue {
  readonly path: Path;
  readonly from: 'environment' | 'file';
  /** Variables or files that are not there. */
  readonly missing: readonly string[];
  /** What was filled in (defaults stand in the file and are not among it), each with where in the text it stood: at the start it may be an address. */
  readonly filled: readonly { readonly text: string; readonly atStart: boolean }[];
}

export interface FillFault {
  readonly path: Path;
  readonly message: string;
  readonly fix: string;
}

export interface Filled {
  /** As plain values, filled; a text whose variable is missing stays as written. */
  readonly value: unknown;
  /** As plain values, as written. */
  readonly shown: unknown;
  readonly outside: readonly OutsideValue[];
  readonly faults: readonly FillFault[];
}

const reference = /\$\$\{|\$\{([A-Za-z_][A-Za-z0-9_]*)(?::-([^}]*))?\}|\$\{/g;

/** The path in `{file: path}`, where the value is that and nothing else. */
export function fileReference(source: SourceValue): string | undefined {
  if (source.type !== 'map' || source.entries.size !== 1) return undefined;
  const file = source.entries.get('file')?.value;
  return file?.type === 'scalar' && typeof file.value === 'string' ? file.value : undefined;
}

/** Every `{file: path}` in a tree, for the reader to fetch first. */
export function filesNeeded(source: SourceValue, found = new Set<string>()): Set<string> {
  const path = fileReference(source);
  if (path !== undefined) found.add(path);
  else if (source.type === 'map') for (const { value } of source.entries.values()) filesNeeded(value, found);
  else if (source.type === 'list') for (const item of source.items) filesNeeded(item, found);
  return found;
}

/** Fills a tree. `skip` names keys of the top map that are left out (they are filled on their own). */
export function fill(source: SourceValue, outside: Outside, skip: readonly string[] = []): Filled {
  const found: OutsideValue[] = [];
  const faults: FillFault[] = [];
  const visit = (node: SourceValue, path: Path): { value: unknown; shown: unknown } => {
    const file = fileReference(node);
    if (file !== undefined) {
      const text = outside.files.get(file)?.replace(/\r?\n$/, '');
      const missing = text === undefined ? [file] : [];
      found.push({ path, from: 'file', missing, filled: text === undefined ? [] : [{ text, atStart: false }] });
      return { value: text ?? `{file: ${file}}`, shown: { file } };
    }
    if (node.type === 'list') {
      const items = node.items.map((item, index) => visit(item, [...path, index]));
      return { value: items.map((item) => item.value), shown: items.map((item) => item.shown) };
    }
    if (node.type === 'map') {
      const value: Record<string, unknown> = {};
      const shown: Record<string, unknown> = {};
      for (const [key, entry] of node.entries) {
        if (path.length === 0 && skip.includes(key)) continue;
        const inside = visit(entry.value, [...path, key]);
        value[key] = inside.value;
        shown[key] = inside.shown;
      }
      return { value, shown };
    }
    if (typeof node.value !== 'string' || !node.value.includes(`\${`)) return { value: node.value, shown: node.value };
    return { value: fillText(node.value, path, outside, found, faults), shown: node.value };
  };
  return { ...visit(source, []), outside: found, faults };
}

function fillText(text: string, path: Path, outside: Outside, found: OutsideValue[], faults: FillFault[]): string {
  const missing: string[] = [];
  const filled: { text: string; atStart: boolean }[] = [];
  let malformed = false;
  let references = 0;
  const result = text.replace(
    reference,
    (whole, name: string | undefined, fallback: string | undefined, at: number) => {
      if (whole === `$\${`) return `\${`;
      if (name === undefined) {
        malformed = true;
        return whole;
      }
      references += 1;
      const value = outside.environment[name];
      if (value !== undefined && value !== '') {
        filled.push({ text: value, atStart: at === 0 });
        return value;
      }
      if (fallback !== undefined) return fallback;
      missing.push(name);
      return whole;
    },
  );
  if (malformed) {
    const fix = `write \${NAME} or \${NAME:-default}; for a literal \${ write $\${`;
    faults.push({ path, message: 'a `${` that is not a variable', fix });
  }
  if (references > 0) found.push({ path, from: 'environment', missing, filled });
  return missing.length > 0 ? text : result;
}
