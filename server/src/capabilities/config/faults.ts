/** What is wrong in a configuration file, where, and what to write instead. */

import { inOneLine } from '../../../../contract/src/unseen.ts';
import { type Path, showPath } from '../../core/value-path.ts';
import type { Place } from './document.ts';

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

/** `file:line:column path = value`, the message and the fix: three lines. */
export function formatFault(fault: ConfigFault): string {
  const subject = fault.path === '' ? '' : ` ${fault.path}${fault.value === undefined ? '' : ` = ${fault.value}`}`;
  const words = [`${fault.file}:${fault.line}:${fault.column}${subject}`, fault.message, `fix: ${fault.fix}`];
  // A key or a value of the file may hold line breaks of its own.
  return words.map(inOneLine).join('\n  ');
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
