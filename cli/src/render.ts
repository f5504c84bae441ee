/** Answers as people read them: lists as tables, single values as lines. `--json` shows the same in full. */

import { inOneLine } from '../../contract/src/unseen.ts';

type Row = Readonly<Record<string, unknown>>;

const widestCell = 60;
/** Integers of this size and above under a name in `…Ms` are instants (2001 and later), smaller ones durations. */
const firstInstantMs = 1_000_000_000_000;

/** A whole answer; the lines after the first list tell what the table leaves out. */
export function renderAnswer(answer: unknown): string {
  if (typeof answer !== 'object' || answer === null) return `${renderCell('', answer)}\n`;
  const lines: string[] = [];
  const tables: string[] = [];
  for (const [key, value] of Object.entries(answer)) {
    if (isRows(value)) tables.push(`${key}:\n${renderTable(value)}`);
    else if (Array.isArray(value)) lines.push(`${key}: ${value.length === 0 ? 'none' : value.map(String).join(', ')}`);
    else if (/^next(Before|After)/.test(key)) {
      if (value !== null)
        lines.push(`${key.startsWith('nextBefore') ? 'older' : 'more'}: add ${flagOf(key)} ${String(value)}`);
    } else if (typeof value === 'object' && value !== null) lines.push(...renderNested(key, value as Row));
    else lines.push(`${key}: ${renderCell(key, value)}`);
  }
  return [...lines, ...tables].map((text) => `${text}\n`).join('');
}

function renderNested(key: string, value: Row): string[] {
  return Object.entries(value).flatMap(([inner, part]) => {
    const name = `${key}.${inner}`;
    if (isRows(part)) return [`${name}:\n${renderTable(part)}`];
    if (Array.isArray(part)) return [`${name}: ${part.length === 0 ? 'none' : `${part.length} entries`}`];
    if (typeof part === 'object' && part !== null) return renderNested(name, part as Row);
    return [`${name}: ${renderCell(inner, part)}`];
  });
}

function isRows(value: unknown): value is readonly Row[] {
  return Array.isArray(value) && value.length > 0 && value.every((item) => typeof item === 'object' && item !== null);
}

/** `nextBeforeMs` → `--before-ms`. */
function flagOf(key: string): string {
  return `--${key.replace(/^next/, '').replaceAll(/[A-Z]/g, (letter, at: number) => (at === 0 ? '' : '-') + letter.toLowerCase())}`;
}

/** Columns are the single values of the rows; nested ones are left to `--json`. */
export function renderTable(rows: readonly Row[]): string {
  const columns = [...new Set(rows.flatMap((row) => Object.keys(row)))].filter((key) =>
    rows.some((row) => row[key] !== null && row[key] !== undefined && typeof row[key] !== 'object'),
  );
  const cells = rows.map((row) => columns.map((key) => shorten(renderCell(key, row[key]))));
  const widths = columns.map((key, index) => Math.max(key.length, ...cells.map((line) => line[index]!.length)));
  const show = (line: readonly string[]) =>
    `  ${line.map((cell, index) => cell.padEnd(widths[index]!)).join('  ')}`.trimEnd();
  return [show(columns), ...cells.map(show)].join('\n');
}

function shorten(text: string): string {
  return text.length > widestCell ? `${text.slice(0, widestCell - 1)}…` : text;
}

function renderCell(key: string, value: unknown): string {
  if (value === null || value === undefined || typeof value === 'object') return '–';
  if (typeof value === 'number' && key.endsWith('Ms')) {
    return value >= firstInstantMs ? new Date(value).toISOString() : `${value} ms`;
  }
  if (typeof value === 'number' && key.endsWith('Us')) return `${Math.round(value / 100) / 10} ms`;
  if (typeof value === 'boolean') return value ? 'yes' : 'no';
  // Replies come from outside: control characters would move the cursor or colour the terminal.
  return inOneLine(String(value));
}
