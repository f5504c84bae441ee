/** YAML text to a tree of values that know their line and column. Nothing is filled in or judged here. */
import {
  isAlias,
  isMap,
  isScalar,
  isSeq,
  LineCounter,
  type Node,
  parseDocument,
  type Scalar,
  type YAMLMap,
} from 'yaml';
import type { Path } from '../../core/value-path.ts';

export interface Place {
  /** From 1. */
  readonly line: number;
  /** From 1. */
  readonly column: number;
}

export interface SourceMap {
  readonly type: 'map';
  readonly at: Place;
  readonly entries: ReadonlyMap<string, { readonly keyAt: Place; readonly value: SourceValue }>;
}
export interface SourceList {
  readonly type: 'list';
  readonly at: Place;
  readonly items: readonly SourceValue[];
}
export interface SourceScalar {
  readonly type: 'scalar';
  readonly at: Place;
  readonly value: string | number | boolean | null;
}
export type SourceValue = SourceMap | SourceList | SourceScalar;

export interface DocumentFault {
  readonly at: Place;
  readonly path: Path;
  readonly message: string;
  readonly fix: string;
  /** The text is not YAML from here on: what was read after it cannot be trusted. */
  readonly breaksReading: boolean;
}

export interface SourceDocument {
  readonly root: SourceValue;
  readonly faults: readonly DocumentFault[];
}

/** A file with more values than this is a mistake or an attack by nested aliases; 10,000 checks need a third of it. */
const mostValues = 300_000;
const deepest = 40;

/** What the parser's error codes mean to somebody who edits a file. */
const syntaxFixes: Readonly<Record<string, readonly [message: string, fix: string]>> = {
  TAB_AS_INDENT: ['a tab indents this line; YAML allows spaces only', 'replace the tab by two spaces'],
  BAD_INDENT: ['this line is not indented like its neighbours', 'give all keys of one map the same indentation'],
  BLOCK_AS_IMPLICIT_KEY: [
    'a second `key:` on one line, or a line indented too far',
    'put the value in quotes if it holds “: ”, or move the key to its own line',
  ],
  MULTILINE_IMPLICIT_KEY: ['this line has no `:` after its key', 'write `key: value`'],
  MULTIPLE_DOCS: ['a second document begins here (`---`)', 'keep one document in the file'],
  BAD_SCALAR_START: ['a value may not begin with this character', 'put the value in quotes'],
  UNEXPECTED_TOKEN: ['something stands after the end of the value', 'put the whole value in quotes'],
};

function explainSyntax(code: string, message: string): readonly [message: string, fix: string] {
  if (/^Missing closing .quote/.test(message)) {
    return ['a quote is opened and never closed', 'close it where its value ends, on this line or above'];
  }
  if (/^Implicit map keys need/.test(message)) return syntaxFixes.MULTILINE_IMPLICIT_KEY!;
  return syntaxFixes[code] ?? [message, 'mend the YAML at or just before this place'];
}

/** Reads YAML text; gives a tree even where there are faults, so that every mistake can be named at once. */
export function readDocument(text: string): SourceDocument {
  const lines = new LineCounter();
  const document = parseDocument(text, {
    lineCounter: lines,
    prettyErrors: false,
    uniqueKeys: false,
    schema: 'core',
  });
  const placeAt = (offset: number): Place => {
    const { line, col } = lines.linePos(offset);
    return { line: Math.max(1, line), column: Math.max(1, col) };
  };
  const faults: DocumentFault[] = [];
  const seenLines = new Set<number>();
  for (const error of document.errors) {
    const at = placeAt(error.pos[0]);
    if (seenLines.has(at.line)) continue;
    seenLines.add(at.line);
    const [message, fix] = explainSyntax(error.code, error.message);
    faults.push({ at, path: [], message: `not valid YAML: ${message}`, fix, breaksReading: true });
  }
  for (const warning of document.warnings) {
    const fix = `remove the tag; for a value from outside write \${NAME} or {file: path}`;
    faults.push({ at: placeAt(warning.pos[0]), path: [], message: warning.message, fix, breaksReading: false });
  }
  const reader = new TreeReader(placeAt, faults);
  return { root: reader.read(document.contents, [], { line: 1, column: 1 }), faults };
}

class TreeReader {
  readonly #placeAt: (offset: number) => Place;
  readonly #faults: DocumentFault[];
  /** What stands before this place; the library's own search reads the whole file for each alias. */
  readonly #anchors = new Map<string, Node>();
  #count = 0;

  constructor(placeAt: (offset: number) => Place, faults: DocumentFault[]) {
    this.#placeAt = placeAt;
    this.#faults = faults;
  }

  read(node: Node | null | undefined, path: Path, fallback: Place): SourceValue {
    const at = node?.range ? this.#placeAt(node.range[0]) : fallback;
    this.#count += 1;
    if (this.#count === mostValues || path.length > deepest) {
      this.#fault(at, path, 'the file is too large or too deep', 'split it, or remove aliases that multiply');
    }
    if (this.#count >= mostValues || path.length > deepest) return { type: 'scalar', at, value: null };
    if (isAlias(node)) {
      const target = this.#anchors.get(node.source);
      if (target !== undefined) return this.read(target, path, at);
      this.#fault(at, path, `there is no anchor &${node.source} before this place`, `define it, or write the value`);
      return { type: 'scalar', at, value: null };
    }
    if (node?.anchor !== undefined) this.#anchors.set(node.anchor, node);
    if (isMap(node)) return this.#readMap(node, path, at);
    if (isSeq(node)) {
      const items = node.items.map((item, index) => this.read(item as Node, [...path, index], at));
      return { type: 'list', at, items };
    }
    const value = isScalar(node) ? node.value : null;
    if (value === null || typeof value === 'string' || typeof value === 'number' || typeof value === 'boolean') {
      return { type: 'scalar', at, value };
    }
    return { type: 'scalar', at, value: String((node as Scalar).source ?? value) };
  }

  #readMap(node: YAMLMap, path: Path, at: Place): SourceMap {
    const entries = new Map<string, { keyAt: Place; value: SourceValue }>();
    for (const pair of node.items) {
      const keyNode = pair.key as Node | null;
      const keyAt = keyNode?.range ? this.#placeAt(keyNode.range[0]) : at;
      if (!isScalar(keyNode) || keyNode.value === null) {
        this.#fault(keyAt, path, 'a key must be a plain word', 'write `key: value`');
        continue;
      }
      const key = typeof keyNode.value === 'string' ? keyNode.value : String(keyNode.source ?? keyNode.value);
      const earlier = entries.get(key);
      if (earlier !== undefined) {
        const message = `the key \`${key}\` is here twice; the first is on line ${earlier.keyAt.line}`;
        this.#fault(keyAt, [...path, key], message, 'keep one of the two');
        continue;
      }
      if (key === '__proto__') {
        this.#fault(keyAt, [...path, key], 'unknown key `__proto__`', 'remove it');
        continue;
      }
      entries.set(key, { keyAt, value: this.read(pair.value as Node | null, [...path, key], keyAt) });
    }
    return { type: 'map', at, entries };
  }

  #fault(at: Place, path: Path, message: string, fix: string): void {
    this.#faults.push({ at, path, message, fix, breaksReading: false });
  }
}

/** Where a path stands: its value, or its key where asked for; the nearest thing above it where it is not there. */
export function placeOf(root: SourceValue, path: Path, what: 'key' | 'value' = 'value'): Place {
  let place = root.at;
  let value = root;
  for (const [depth, step] of path.entries()) {
    const last = depth === path.length - 1;
    if (value.type === 'map') {
      const entry = value.entries.get(String(step));
      if (entry === undefined) return place;
      place = last && what === 'value' ? entry.value.at : entry.keyAt;
      value = entry.value;
    } else if (value.type === 'list') {
      const item = value.items[Number(step)];
      if (item === undefined) return place;
      place = item.at;
      value = item;
    } else return place;
  }
  return place;
}
