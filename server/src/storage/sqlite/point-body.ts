/**
 * One point as bytes, in the journal and in memory: its code, then its values, the first of several as what the others
 * leave over (a total that its phases nearly add up to costs one byte). 10 to 12 bytes for a check's six values.
 */
import type { ByteReader, ByteWriter } from '../../core/varint.ts';

export function writeBody(
  out: ByteWriter,
  code: number,
  values: readonly number[],
  firstIndex: number,
  columns: number,
): void {
  out.varint(code);
  let rest = values[firstIndex]!;
  for (let column = 1; column < columns; column++) rest -= values[firstIndex + column]!;
  out.signed(rest);
  for (let column = 1; column < columns; column++) out.signed(values[firstIndex + column]!);
}

/** Reads the values into `values` from `firstIndex` on and returns the code. */
export function readBody(source: ByteReader, values: number[], firstIndex: number, columns: number): number {
  const code = source.varint();
  let first = source.signed();
  for (let column = 1; column < columns; column++) {
    const value = source.signed();
    values[firstIndex + column] = value;
    first += value;
  }
  values[firstIndex] = first;
  return code;
}
