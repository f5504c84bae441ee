/** What is wrong in a configuration file, where, and what to write instead. */
import { inOneLine } from '../../../../contract/src/unseen.ts';
import type { Path, Place } from './document.ts';

export interface ConfigFault {
  readonly file: string;
  readonly line: number;
  readonly column: number;
  /** Such as `services.shop.checks.page.interval`; empty for the file as a whole. */
  readonly path: string;
  /** The value as written, short; secrets masked, variables unfilled. */
  readonly value?: string;
  readonly message: string;
  readonly fix: string;
}

/** A path as people write it: `services.shop.checks.page.expect.status[0]`. */
export function showPath(path: Path): string {
  return path
    .map((step, index) => {
      if (typeof step === 'number') return `[${step}]`;
      if (!/^[A-Za-z0-9_-]+$/.test(step)) return `[${JSON.stringify(step)}]`;
      return index === 0 ? step : `.${step}`;
    })
    .join('');
}

const longestValue = 60;

/** A value in one short line. */
export function showValue(value: unknown): string {
  const text = typeof value === 'string' ? JSON.stringify(value) : (JSON.stringify(value) ?? String(value));
  return text.length > longestValue ? `${text.slice(0, longestValue - 1)}…` : text;
}

/** `file:line:column path = value`, the message and the fix: three lines. */
export function formatFault(fault: ConfigFault): string {
  const subject = fault.path === '' ? '' : ` ${fault.path}${fault.value === undefined ? '' : ` = ${fault.value}`}`;
  const words = [`${fault.file}:${fault.line}:${fault.column}${subject}`, fault.message, `fix: ${fault.fix}`];
  // A key or a value of the file may hold line breaks of its own.
  return words.map(inOneLine).join('\n  ');
}

/** Edit distance with swaps of neighbours counted once (optimal string alignment). */
function editDistance(a: string, b: string): number {
  const rows = [Array.from({ length: b.length + 1 }, (_, column) => column)];
  for (let i = 1; i <= a.length; i++) {
    const row = [i];
    for (let j = 1; j <= b.length; j++) {
      const same = a[i - 1] === b[j - 1] ? 0 : 1;
      let best = Math.min(rows[i - 1]![j]! + 1, row[j - 1]! + 1, rows[i - 1]![j - 1]! + same);
      if (i > 1 && j > 1 && a[i - 1] === b[j - 2] && a[i - 2] === b[j - 1])
        best = Math.min(best, rows[i - 2]![j - 2]! + 1);
      row.push(best);
    }
    rows.push(row);
  }
  return rows[a.length]![b.length]!;
}

/** The choice that was probably meant, or undefined where none is near. */
export function nearest(written: string, choices: readonly string[]): string | undefined {
  const plain = written.toLowerCase().replaceAll(/[-_\s]/g, '');
  let best: { choice: string; distance: number } | undefined;
  for (const choice of choices) {
    const other = choice.toLowerCase().replaceAll(/[-_\s]/g, '');
    const distance = editDistance(plain, other);
    const near = distance <= Math.max(1, Math.floor(Math.max(plain.length, other.length) / 3));
    if (near && (best === undefined || distance < best.distance)) best = { choice, distance };
  }
  return best?.choice;
}

/** “did you mean …” where one is near, and all choices in any case. */
export function fixFromChoices(written: string, choices: readonly string[], noun: string): string {
  const meant = nearest(written, choices);
  const list = choices.length === 0 ? `there is no ${noun} to choose from` : `${noun}: ${choices.join(', ')}`;
  return meant === undefined ? `use one of the ${list}` : `did you mean \`${meant}\`? (${list})`;
}

export interface FaultText {
  readonly message: string;
  readonly fix: string;
  readonly value?: string | undefined;
  /** `syntax`: not YAML from here on. `absence`: something is not there, which a broken file cannot prove. */
  readonly nature?: 'syntax' | 'absence' | undefined;
}

/** Collects faults with their places; sorted as they stand in the file. */
export class FaultList {
  readonly #file: string;
  readonly #found: { readonly fault: ConfigFault; readonly nature: FaultText['nature'] }[] = [];

  constructor(file: string) {
    this.#file = file;
  }

  /** The first word about a place counts: what follows from an unreadable value is no second mistake. */
  add(at: Place, path: Path, text: FaultText): void {
    const { message, fix, value, nature } = text;
    const fault = { file: this.#file, line: at.line, column: at.column, path: showPath(path), message, fix };
    const known = this.#found.some(
      (other) => other.fault.line === at.line && other.fault.column === at.column && other.fault.path === fault.path,
    );
    if (!known) this.#found.push({ fault: value === undefined ? fault : { ...fault, value }, nature });
  }

  get count(): number {
    return this.#found.length;
  }

  get broken(): boolean {
    return this.#found.some(({ nature }) => nature === 'syntax');
  }

  /** Where the text stops being YAML, what seems wrong after it, or seems absent, may be right: left out. */
  sorted(): ConfigFault[] {
    const syntaxLines = this.#found.filter(({ nature }) => nature === 'syntax').map(({ fault }) => fault.line);
    const firstBroken = Math.min(Number.POSITIVE_INFINITY, ...syntaxLines);
    return this.#found
      .filter(
        ({ fault, nature }) =>
          !this.broken || nature === 'syntax' || (nature !== 'absence' && fault.line < firstBroken),
      )
      .map(({ fault }) => fault)
      .sort((a, b) => a.line - b.line || a.column - b.column);
  }
}
