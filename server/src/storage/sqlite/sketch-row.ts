/**
 * The blobs of hour_sketch and day_sketch: a summary's figures, then the quantile sketch of its sampled values, absent
 * where none was. The figures are in hour_summary as well, for whoever reads all series of an hour. day_hours holds a
 * day's hour_sketch blobs of one series together, so that a chart of a month reads 30 rows instead of 720.
 */
import type { QuantileSketch } from '../../core/sketch.ts';
import { ByteReader, ByteWriter } from '../../core/varint.ts';
import type { Summary } from '../store.ts';
import { hoursPerDay, type Tally } from './tally.ts';

const float = new DataView(new ArrayBuffer(8));
const floatBytes = new Uint8Array(float.buffer);

export function encodeSketchRow(tally: Tally, sketch: () => QuantileSketch): Uint8Array<ArrayBuffer> {
  const out = new ByteWriter(256);
  const { count, degraded, fail, unknown, sampled, sum, min, max } = tally;
  for (const figure of [count, degraded, fail, unknown, sampled]) out.varint(figure);
  if (sampled === 0) return out.copy();
  out.signed(min);
  out.signed(max);
  // A sum of many values may be beyond the integers that a number holds exactly.
  float.setFloat64(0, sum);
  out.append(floatBytes);
  out.append(sketch().encode());
  return out.copy();
}

export function decodeSketchRow(blob: Uint8Array, startMs: number): Summary {
  const source = new ByteReader(blob);
  const count = source.varint();
  const degraded = source.varint();
  const fail = source.varint();
  const unknown = source.varint();
  const sampled = source.varint();
  const counts = {
    startMs,
    count,
    passCount: count - degraded - fail - unknown,
    degradedCount: degraded,
    failCount: fail,
    unknownCount: unknown,
    sampledCount: sampled,
  };
  if (sampled === 0) return { ...counts, sum: 0, min: 0, max: 0 };
  const min = source.signed();
  const max = source.signed();
  const sum = new DataView(blob.buffer, blob.byteOffset + source.offset, 8).getFloat64(0);
  return { ...counts, sum, min, max, sketch: blob.subarray(source.offset + 8) };
}

/** The sketch's own bytes, where the row has one. */
export function sketchOfRow(blob: Uint8Array): Uint8Array | undefined {
  return decodeSketchRow(blob, 0).sketch;
}

export interface HourRow {
  readonly hour: number;
  readonly blob: Uint8Array;
}

/** Hours of one day, each as its place in the day, the length of its blob, and the blob. */
export function packHours(hours: readonly HourRow[]): Uint8Array<ArrayBuffer> {
  const out = new ByteWriter(2_048);
  for (const { hour, blob } of hours) {
    out.byte(hour % hoursPerDay);
    out.varint(blob.length);
    out.append(blob);
  }
  return out.copy();
}

export function unpackHours(day: number, packed: Uint8Array): HourRow[] {
  const source = new ByteReader(packed);
  const hours: HourRow[] = [];
  while (!source.atEnd) {
    const hour = day * hoursPerDay + source.byte();
    const length = source.varint();
    hours.push({ hour, blob: packed.subarray(source.offset, source.offset + length) });
    source.offset += length;
  }
  return hours;
}
