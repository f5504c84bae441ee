/** What a kind observed or compared, by its own names: `sizeBytes: 5120` reads “size 5.1 kB”. */
import { bytes, micros, nbsp, percent } from './format.ts';

const units: Readonly<Record<string, (value: number) => string>> = {
  Ms: (value) => (value < 10_000 ? `${value.toLocaleString('en')}${nbsp}ms` : `${value / 1000}${nbsp}s`),
  Us: micros,
  Bytes: bytes,
  Ratio: (value) => percent(value, 1),
};
const unitAtEnd = /(?:Ms|Us|Bytes|Ratio)$/;

export function factLabel(name: string): string {
  return name
    .replace(unitAtEnd, '')
    .replace(/([a-z])([A-Z0-9])/g, '$1 $2')
    .toLowerCase();
}

export function factValue(name: string, value: string | number | boolean): string {
  const unit = units[unitAtEnd.exec(name)?.[0] ?? ''];
  if (typeof value === 'boolean') return value ? 'yes' : 'no';
  return typeof value === 'number' && unit !== undefined ? unit(value) : String(value);
}

export const sentenceCase = (text: string): string => text.charAt(0).toUpperCase() + text.slice(1);
